// Package live is the input that airs the live signals of a receiver. It publishes their
// segments as they are, or has FFmpeg encode them where the receiver says so (package
// hls/feed).
package live
