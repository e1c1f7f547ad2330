package verdict

import (
	"mime"
	"path"
	"strings"

	"livestream-tui/services/hls/container"
)

// TypeOf is the Content-Type to serve a body with. It is what the packager says if that
// is meaningful, else what the bytes show, else what the name suggests.
func TypeOf(target, said string, body []byte) string {
	if telling(said) {
		return said
	}
	p, _, _ := strings.Cut(target, "?")
	ext := strings.ToLower(path.Ext(p))
	switch container.Sniff(body) {
	case container.FormatMPEGTS:
		return "video/mp2t"
	case container.FormatMP4:
		if ext == ".m4a" || ext == ".cmfa" {
			return "audio/mp4"
		}
		return "video/mp4"
	case container.FormatWebVTT:
		return "text/vtt"
	case container.FormatPlaylist:
		return "application/vnd.apple.mpegurl"
	case container.FormatHTML:
		return "text/html"
	case container.FormatPackedAudio:
		if kind := audioTypes[ext]; kind != "" {
			return kind
		}
		return "audio/aac"
	}
	if kind := nameTypes[ext]; kind != "" {
		return kind
	}
	if said == "" {
		return "application/octet-stream"
	}
	return said
}

// telling reports whether a Content-Type says what media are. A text type does not: to
// many servers .ts is a translator's file.
func telling(said string) bool {
	t, _, err := mime.ParseMediaType(said)
	if err != nil {
		return false
	}
	kind, _, _ := strings.Cut(t, "/")
	return t == "text/vtt" || kind != "text" && t != "application/octet-stream" && t != "binary/octet-stream"
}

// nameTypes are the types of bytes that show nothing, mostly enciphered ones, by the
// extension of their name.
var nameTypes = map[string]string{
	".ts": "video/mp2t", ".m2ts": "video/mp2t", ".mts": "video/mp2t",
	".m4s": "video/mp4", ".mp4": "video/mp4", ".m4v": "video/mp4", ".cmfv": "video/mp4", ".m4f": "video/mp4",
	".m4a": "audio/mp4", ".cmfa": "audio/mp4", ".aac": "audio/aac", ".vtt": "text/vtt", ".webvtt": "text/vtt",
	".mp3": "audio/mpeg", ".ac3": "audio/ac3", ".ec3": "audio/eac3",
}

var audioTypes = map[string]string{".mp3": "audio/mpeg", ".ac3": "audio/ac3", ".ec3": "audio/eac3"}
