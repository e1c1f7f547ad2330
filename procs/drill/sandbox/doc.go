// Package sandbox keeps the platform of a drill apart from any other that runs on this
// machine: its folders, its ports, its film, and a small disk where that is possible.
package sandbox
