// Package m3u8 is the pure model of playlists (RFC 8216 and
// draft-pantos-hls-rfc8216bis), with their parsers, their writers and what rewrites a
// foreign one without reading more of it than it must. No HTTP, no files, no
// goroutines.
//
// Its files are more than most packages have, since each tag of the RFC has a parser
// and a writer, side by side.
package m3u8
