// Package follow follows streams at all packagers at once, for as long as players ask for
// them. Each stream has one goroutine, which takes events one after the other, steps the
// state of package stream, and does what the step asks for: load playlists, fetch media,
// publish a snapshot for players, keep what the next incarnation of the proxy needs. Since each
// kind of effect has a file, the package has more than 15 files.
package follow
