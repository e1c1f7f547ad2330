// Package playlisttest checks playlists against the rules of docs/FAILURES.md, for the
// proxy's tests.
package playlisttest
