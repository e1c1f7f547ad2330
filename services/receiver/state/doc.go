// Package state keeps on disk what a signal needs to go on after a restart: where its timeline
// ends, the number of its next segment, and the format.
package state
