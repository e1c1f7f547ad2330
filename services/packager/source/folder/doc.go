// Package folder is the source of signals that a worker writes to a folder, each to a
// subfolder of its own.
package folder
