// Package ffmpeg runs FFmpeg and ffprobe as children: it starts and ends them, keeps
// the line of theirs that tells what went wrong, and tells whether the FFmpeg of this
// machine works at all.
package ffmpeg
