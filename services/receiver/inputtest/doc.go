// Package inputtest is for tests of inputs: an FFmpeg that sends as an encoder does, films to
// send, what ffprobe says of them, and a sink that keeps what arrives.
package inputtest
