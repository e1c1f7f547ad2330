// Package statefile keeps playlists on disk, so that a proxy goes on where the one before it
// was killed.
package statefile
