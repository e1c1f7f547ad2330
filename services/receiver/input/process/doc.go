// Package process reads inputs from programs that write MPEG-TS to their standard output, such
// as FFmpeg: each run of the program is one connection at most, which opens with its first
// bytes. A program lives in our process group and dies with us.
package process
