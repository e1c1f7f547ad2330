// Package m3u8 is the pure model of playlists (RFC 8216 and
// draft-pantos-hls-rfc8216bis): their parsers, their writers, and the rewriting of
// foreign playlists, which are read no further than necessary. No HTTP, no files, no
// goroutines.
package m3u8
