// Package machine knows whether this machine's FFmpeg works. While it does not, no source
// is to blame, and trying goes on only by a check from time to time.
package machine
