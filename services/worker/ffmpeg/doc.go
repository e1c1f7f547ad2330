// Package ffmpeg runs FFmpeg and ffprobe as children: it starts and ends them, finds the
// line that says what went wrong, and checks whether the FFmpeg of this machine works at
// all.
package ffmpeg
