// Package rtmp takes inputs over RTMP and RTMPS: one server for all of them, in which the
// stream key decides whose input a connection is. It takes H.264, HEVC, AAC and Opus, the new
// ones as enhanced RTMP has them. A connection with a key that is in use supersedes the one
// before at once.
package rtmp
