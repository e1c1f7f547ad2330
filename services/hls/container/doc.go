// Package container detects the format of a segment by its first bytes and reads its first
// timestamp: MPEG-TS, fragmented MP4 and packed audio (RFC 8216, 3).
package container
