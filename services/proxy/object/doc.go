// Package object holds resources in memory, whole or as they arrive, and accounts for the
// memory that they take.
package object
