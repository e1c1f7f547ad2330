// Package folder reads the input folder: which of its files are films, what signal each of
// them becomes, and which are still being written.
package folder
