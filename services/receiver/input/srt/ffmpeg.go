package srt

import (
	"fmt"
	"strconv"

	"livestream-tui/services/receiver/input/process"
)

// ffmpeg is FFmpeg. Without a passphrase it passes on the bytes as they are. With one it has
// to read a list of inputs from its standard input, because its arguments are for all to see;
// that takes streams apart, and costs most of a second at the beginning.
func ffmpeg(l *listener, address string) process.Command {
	address += "&transtype=live"
	latency := strconv.FormatInt(l.Latency.Microseconds(), 10)
	argv := []string{l.FFmpeg, "-hide_banner", "-nostats", "-loglevel", "error"}
	if l.Passphrase == "" {
		address += "&latency=" + latency
		return process.Command{Argv: append(argv, "-nostdin", "-f", "data", "-i", address, "-map", "0", "-c", "copy", "-flush_packets", "1", "-f", "data", "pipe:1")}
	}
	return process.Command{
		Argv: append(argv, "-protocol_whitelist", "pipe,fd,srt,udp", "-f", "concat", "-safe", "0", "-i", "pipe:0",
			"-map", "0:v?", "-map", "0:a?", "-c", "copy", "-flush_packets", "1", "-muxdelay", "0", "-f", "mpegts", "pipe:1"),
		Stdin: fmt.Sprintf("ffconcat version 1.0\nfile '%s'\noption latency %s\noption passphrase '%s'\noption probesize 200000\noption analyzeduration 300000\n",
			address, latency, l.Passphrase),
	}
}
