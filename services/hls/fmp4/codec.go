package fmp4

import (
	"fmt"

	"livestream-tui/services/hls/codec"
)

const (
	// videoEntry and audioEntry are how much of a sample entry is before its boxes
	// (ISO/IEC 14496-12, 12.1.3 and 12.2.3).
	videoEntry = 78
	audioEntry = 28
)

// codecOf names the format of a sample entry as CODECS does (RFC 6381); empty when it is
// unknown.
func codecOf(entry Box, handler string) string {
	body := entry.body()
	format, before := entry.Type, 8
	switch handler {
	case "vide":
		before = videoEntry
	case "soun":
		before = audioEntry
	}
	if len(body) < before {
		return ""
	}
	inner := body[before:]
	if format == "encv" || format == "enca" {
		original, ok := firstBox(inner, "sinf")
		if original, ok = firstBox(original, "frma"); !ok || len(original) < 4 {
			return ""
		}
		format = string(original[:4])
	}
	switch format {
	case "mp4a":
		b, _ := firstBox(inner, "esds")
		return audioOf(b)
	case "ac-3", "ec-3", "Opus", "fLaC", "alac", "wvtt":
		return format
	}
	return videoOf(format, inner)
}

// videoOf names a format of pictures by its configuration.
func videoOf(format string, boxes []byte) string {
	config := func(kind string, least int) []byte {
		if b, ok := firstBox(boxes, kind); ok && len(b) >= least {
			return b
		}
		return nil
	}
	switch format {
	case "avc1", "avc3":
		if b := config("avcC", 4); b != nil {
			return codec.AVC(format, b[1], b[2], b[3])
		}
	case "hvc1", "hev1":
		if b := config("hvcC", 13); b != nil {
			return codec.HEVC(format, b[1:])
		}
	case "vp09":
		if b := config("vpcC", 7); b != nil {
			return fmt.Sprintf("vp09.%02d.%02d.%02d", b[4], b[5], b[6]>>4)
		}
	case "av01":
		if b := config("av1C", 3); b != nil {
			tier, depth := 'M', 8
			if b[2]&0x80 != 0 {
				tier = 'H'
			}
			if b[2]&0x40 != 0 {
				if depth = 10; b[2]&0x20 != 0 {
					depth = 12
				}
			}
			return fmt.Sprintf("av01.%d.%02d%c.%02d", b[1]>>5, b[1]&0x1f, tier, depth)
		}
	}
	return ""
}

// audioOf names a format by its elementary stream descriptor (ISO/IEC 14496-1, 7.2.6.5).
func audioOf(esds []byte) string {
	const stream, decoder, specific = 3, 4, 5
	if len(esds) < 4 {
		return ""
	}
	b := descriptor(esds[4:], stream)
	if len(b) < 3 {
		return ""
	}
	flags := b[2]
	b = b[3:]
	for _, has := range [...]struct {
		flag byte
		size int
	}{{0x80, 2}, {0x40, -1}, {0x20, 2}} {
		size := has.size
		if flags&has.flag == 0 {
			continue
		}
		if size < 0 && len(b) > 0 {
			size = 1 + int(b[0])
		}
		if size < 0 || len(b) < size {
			return ""
		}
		b = b[size:]
	}
	config := descriptor(b, decoder)
	if len(config) < 13 {
		return ""
	}
	const mpeg4 = 0x40
	if config[0] != mpeg4 {
		return fmt.Sprintf("mp4a.%02X", config[0])
	}
	audio := descriptor(config[13:], specific)
	if len(audio) < 2 {
		return ""
	}
	object := int(audio[0] >> 3)
	if object == 31 {
		object = 32 + int(audio[0]&7)<<3 + int(audio[1]>>5)
	}
	return codec.MPEG4Audio(object)
}

// descriptor is the contents of the descriptor that b begins with; nil when it is of
// another kind or cut short.
func descriptor(b []byte, tag byte) []byte {
	if len(b) < 2 || b[0] != tag {
		return nil
	}
	size, at := 0, 1
	for ; at < len(b) && at <= 4; at++ {
		size = size<<7 | int(b[at]&0x7f)
		if b[at]&0x80 == 0 {
			break
		}
	}
	at++
	if at+size > len(b) {
		return nil
	}
	return b[at : at+size]
}
