// Package trouble keeps the record that a packager has with segments, as opposed to
// playlists, which services/hls/health judges. It is pure.
package trouble
