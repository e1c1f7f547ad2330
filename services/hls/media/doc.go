// Package media holds the media types that every service shares: the grid on which
// a signal is cut into segments, a segment with its parts, and the names under
// which a playlist, an initialization section and a segment are published. It is
// pure and knows of no file and no connection.
package media
