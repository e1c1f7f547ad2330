// Package streamtest builds small fragmented MP4 streams for tests: a sound and a picture
// without content, with correct times.
package streamtest
