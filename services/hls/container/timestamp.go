package container

import (
	"bytes"
	"encoding/binary"
	"math"

	"livestream-tui/services/hls/fmp4"
)

// Timestamp is a time within a segment's media.
type Timestamp struct {
	Ticks int64
	// Scale is ticks per second; 0 when only the initialization section has it.
	Scale int64
}

// presentationScale is the scale of MPEG-2 timestamps (ISO/IEC 13818-1, 2.4.3.7).
const presentationScale = 90_000

// searched is how many transport stream packets are searched for a first timestamp: in
// usual segments, a video stream begins within them.
const searched = 200

// FirstTimestamp returns the first timestamp of a segment or of its beginning: in MPEG-TS
// that of the first picture, or of another stream when no picture comes soon; in
// fragmented MP4 the decode time of the first fragment; in packed audio that of the ID3
// tag (RFC 8216, 3.2 to 3.4). It tells apart different segments of the same name. body
// may be any bytes; false when there is no timestamp, or encryption hides it.
func FirstTimestamp(body []byte) (Timestamp, bool) {
	switch {
	case isMPEGTS(body):
		return firstPacketTime(body)
	case isMP4(body):
		ticks, ok := fmp4.FirstDecodeTime(body)
		return Timestamp{Ticks: ticks}, ok
	case isPackedAudio(body):
		return audioTime(body)
	}
	return Timestamp{}, false
}

func firstPacketTime(b []byte) (t Timestamp, found bool) {
	for n := 0; n < searched && len(b) >= packetSize && b[0] == 0x47; n++ {
		ticks, video, ok := packetTime(b[:packetSize])
		if ok && (video || !found) {
			t, found = Timestamp{ticks, presentationScale}, true
			if video {
				break
			}
		}
		b = b[packetSize:]
	}
	return t, found
}

// packetTime returns the presentation time of the PES packet that begins in a transport
// stream packet (ISO/IEC 13818-1, 2.4.3.2 and 2.4.3.6).
func packetTime(b []byte) (ticks int64, video, ok bool) {
	const unitStart, adaptation, payload = 0x40, 0x20, 0x10
	if b[1]&unitStart == 0 || b[3]&payload == 0 || b[3]&0xc0 != 0 { // the last: scrambled
		return 0, false, false
	}
	at := 4
	if b[3]&adaptation != 0 {
		at += 1 + int(b[4])
	}
	if len(b) < at+14 {
		return 0, false, false
	}
	p := b[at:]
	stream := p[3]
	media := stream >= 0xc0 && stream <= 0xef || stream == 0xbd || stream == 0xfd
	const hasTime = 0x80
	if p[0] != 0 || p[1] != 0 || p[2] != 1 || !media || p[6]&0xc0 != 0x80 || p[7]&hasTime == 0 {
		return 0, false, false
	}
	p = p[9:]
	ticks = int64(p[0]>>1&7)<<30 | int64(p[1])<<22 | int64(p[2]>>1)<<15 | int64(p[3])<<7 | int64(p[4]>>1)
	return ticks, stream >= 0xe0 && stream <= 0xef, true
}

// audioTime returns the timestamp in a private frame of the ID3 tag that packed audio begins
// with (RFC 8216, 3.4).
func audioTime(b []byte) (Timestamp, bool) {
	const header = 10
	if len(b) < header || string(b[:3]) != "ID3" {
		return Timestamp{}, false
	}
	version := b[3]
	if end := header + syncSafe(b[6:10]); end < len(b) {
		b = b[:end]
	}
	for b = b[header:]; len(b) >= header; {
		size := syncSafe(b[4:8])
		if version < 4 {
			size = int(min(binary.BigEndian.Uint32(b[4:8]), math.MaxInt32))
		}
		if size > len(b)-header {
			break
		}
		frame := b[header : header+size]
		if string(b[:4]) == "PRIV" {
			if v, ok := bytes.CutPrefix(frame, []byte("com.apple.streaming.transportStreamTimestamp\x00")); ok && len(v) >= 8 {
				const bits = 1<<33 - 1
				return Timestamp{int64(binary.BigEndian.Uint64(v) & bits), presentationScale}, true
			}
		}
		b = b[header+size:]
	}
	return Timestamp{}, false
}

// syncSafe reads four bytes of seven bits each (ID3v2.4, 6.2).
func syncSafe(b []byte) int {
	return int(b[0]&0x7f)<<21 | int(b[1]&0x7f)<<14 | int(b[2]&0x7f)<<7 | int(b[3]&0x7f)
}
