// Package feed is the contract between the receiver, which makes one timeline of the inputs of
// a live signal and cuts it, and the workers that publish it: paths, types and what they mean.
//
// A feed is plain HLS (RFC 8216): a media playlist with blocking reload (rfc8216bis, 6.2.5.2)
// whose segments are finished and have the names of package media. A worker publishes these
// segments as they are. Where the signal is to be encoded, FFmpeg reads the feed's stream, one
// fragmented MP4 without an end.
package feed
