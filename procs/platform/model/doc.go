// Package model folds what happens to a platform into its snapshot. It is pure: it has no
// clock, no processes and no connections.
package model
