// Package container tells what a segment's body is by its first bytes, and the
// timestamp that it begins with: MPEG-TS, fragmented MP4 and packed audio (RFC 8216, 3).
package container
