// Package worker is the service that turns sources, such as films, into live signals: HLS
// media on the clock, the same from every worker.
//
// The inputs (package input) are looked at again and again. What they find they air through
// their Host, which is made of the airings: an encoder has FFmpeg write the source as
// fragments, cuts them into segments (package segmenter) and publishes these through the
// signal's output (package output), each when its last frame is over. A signal goes on under
// its numbers whatever ends: FFmpeg, the worker, or the film's version.
package worker
