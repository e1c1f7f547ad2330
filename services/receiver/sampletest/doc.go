// Package sampletest makes samples for tests: real ones, by FFmpeg, and decodes what became
// of them.
package sampletest
