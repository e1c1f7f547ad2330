// Package child runs one incarnation of a child process: its group, its death
// with its parent, its signals and how it ended. It knows nothing of restarts.
package child
