// Package playlisttest holds playlists to the rules of docs/FAILURES.md, for the proxy's
// tests.
package playlisttest
