package container

import (
	"bytes"
	"fmt"

	"livestream-tui/services/hls/m3u8"
)

// Format is the format of a body.
type Format int

// The formats of segments (RFC 8216, 3), and those of bodies that come in their place.
const (
	FormatUnknown Format = iota
	FormatMPEGTS
	FormatMP4
	FormatPackedAudio // ADTS, MP3, AC-3, or ID3 in front of one
	FormatWebVTT
	FormatHTML
	FormatPlaylist
)

func (f Format) String() string {
	switch f {
	case FormatUnknown:
		return "unknown"
	case FormatMPEGTS:
		return "MPEG-TS"
	case FormatMP4:
		return "MP4"
	case FormatPackedAudio:
		return "packed audio"
	case FormatWebVTT:
		return "WebVTT"
	case FormatHTML:
		return "HTML"
	case FormatPlaylist:
		return "playlist"
	}
	return fmt.Sprintf("format %d", int(f))
}

// packetSize is the size of a transport stream packet (ISO/IEC 13818-1, 2.4.3.2).
const packetSize = 188

// Sniff returns the format of a body regardless of its name and type: some packagers name
// fMP4 .ts, or give errors the status 200. The first 600 bytes are enough.
func Sniff(body []byte) Format {
	switch {
	case isMPEGTS(body):
		return FormatMPEGTS
	case isMP4(body):
		return FormatMP4
	case isPackedAudio(body):
		return FormatPackedAudio
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n")
	switch {
	case m3u8.Begins(text):
		return FormatPlaylist
	case bytes.HasPrefix(text, []byte("WEBVTT")):
		return FormatWebVTT
	case isHTML(text):
		return FormatHTML
	}
	return FormatUnknown
}

// isMPEGTS requires the sync bytes of the first three packets, or of all when there are
// fewer: a single sync byte could be the letter G.
func isMPEGTS(b []byte) bool {
	if len(b) < packetSize {
		return false
	}
	for i := 0; i < len(b) && i <= 2*packetSize; i += packetSize {
		if b[i] != 0x47 {
			return false
		}
	}
	return true
}

func isMP4(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	switch string(b[4:8]) {
	case "ftyp", "styp", "moov", "moof", "mdat", "sidx", "ssix", "emsg", "prft", "free", "skip":
		return true
	}
	return false
}

func isPackedAudio(b []byte) bool {
	switch {
	case len(b) < 4:
		return false
	case string(b[:3]) == "ID3", b[0] == 0x0b && b[1] == 0x77: // AC-3 and E-AC-3
		return true
	case b[0] != 0xff || b[1]&0xe0 != 0xe0:
		return false
	case b[1]&0xf6 == 0xf0: // ADTS
		return b[2]>>2&0xf != 0xf
	}
	// Layers II and III of MPEG audio, with a version, a bit rate and a sample rate.
	layer := b[1] >> 1 & 3
	return (layer == 1 || layer == 2) && b[1]>>3&3 != 1 && b[2]>>4 != 0xf && b[2]>>2&3 != 3
}

func isHTML(text []byte) bool {
	start := bytes.ToLower(text[:min(len(text), 16)])
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<title"} {
		if bytes.HasPrefix(start, []byte(tag)) {
			return true
		}
	}
	return false
}
