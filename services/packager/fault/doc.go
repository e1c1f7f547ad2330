// Package fault makes a packager misbehave on purpose, for drills: a switch, and the
// middleware around the routes that does what the switch says. A new fault is a line in
// modes and its function in the file of what it changes: answer.go for whole answers,
// playlist.go for playlists, body.go for bodies.
package fault
