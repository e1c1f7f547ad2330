// Package srt takes inputs over SRT. It supervises one program for each input, which listens
// on the input's port: srt-live-transmit where there is one, since it knows the figures of the
// link, or else FFmpeg. Each run of the program takes one connection.
//
// A program gets its passphrase in its arguments, where every user of the machine sees it in
// the list of processes: srt-live-transmit reads it from nowhere else. FFmpeg reads it from
// its standard input.
package srt
