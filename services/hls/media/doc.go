// Package media holds the media types that services share: the grid on which a signal is
// cut into segments, a segment with its parts, and the names of playlists,
// initialization sections and segments. It is pure: no files, no connections.
package media
