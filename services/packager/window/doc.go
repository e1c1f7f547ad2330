// Package window is what a packager lists and holds of one signal: the entries of its
// playlist, the rule for missing media, the media in memory, and the snapshot that is
// served. It is pure: no clock, no files, no connections.
package window
