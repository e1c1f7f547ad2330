// Package model folds what happens to a platform into its snapshot. It is pure: it knows
// no clock, no process and no connection.
package model
