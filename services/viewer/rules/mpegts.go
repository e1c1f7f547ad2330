package rules

import (
	"fmt"
	"time"
)

// MPEG-TS (ISO/IEC 13818-1, 2.4.3): packets of 188 bytes that begin with a sync
// byte, and timestamps of 33 bits at 90 kHz.
const (
	packetSize  = 188
	syncByte    = 0x47
	ptsWraps    = 1 << 33
	maxPID      = 0x1fff
	streamVideo = 0xe0 // to 0xef
	streamAudio = 0xc0 // to 0xdf
)

// elementary collects the timestamps of a stream of pictures or sound.
type elementary struct {
	first int64 // PTS of the first PES packet
	// low and high are the earliest and the latest PTS, from first: pictures come
	// in decoding order.
	low, high int64
	count     int64
}

// transportStream checks the packets of a segment and returns when its streams begin and
// how long they last.
func transportStream(b []byte) ([]track, error) {
	for at := 0; at < len(b); at += packetSize {
		if b[at] != syncByte {
			return nil, fmt.Errorf("MPEG-TS packet %d begins with %#x, the sync byte is 0x47", at/packetSize, b[at])
		}
	}
	if len(b)%packetSize != 0 {
		return nil, fmt.Errorf("%d bytes are no whole number of MPEG-TS packets: %w", len(b), errTruncated)
	}
	streams := make(map[uint16]*elementary)
	var order []uint16
	for ; len(b) > 0; b = b[packetSize:] {
		pid := (uint16(b[1])<<8 | uint16(b[2])) & maxPID
		pts, ok := presentation(payload(b[:packetSize]))
		if !ok {
			continue
		}
		s, known := streams[pid]
		if !known {
			streams[pid] = &elementary{first: pts, count: 1}
			order = append(order, pid)
			continue
		}
		s.add(pts)
	}
	tracks := make([]track, 0, len(order))
	for _, pid := range order {
		s := streams[pid]
		tracks = append(tracks, track{id: uint32(pid), begins: clock90(s.first + s.low), length: clock90(s.length()), wraps: clock90(ptsWraps), slack: loose})
	}
	return tracks, nil
}

func (s *elementary) add(pts int64) {
	off := (pts - s.first + ptsWraps) % ptsWraps
	if off > ptsWraps/2 {
		off -= ptsWraps
	}
	s.low, s.high = min(s.low, off), max(s.high, off)
	s.count++
}

// length takes the last PES packet to be as long as the others are on average.
func (s *elementary) length() int64 {
	span := s.high - s.low
	if s.count < 2 {
		return span
	}
	return span + span/(s.count-1)
}

// clock90 is n ticks of 90 kHz.
func clock90(n int64) time.Duration { return time.Duration(n) * time.Second / 90_000 }

// payload returns what a packet carries where it begins a PES packet, otherwise nil.
func payload(packet []byte) []byte {
	if packet[1]&0x40 == 0 || packet[3]&0x10 == 0 {
		return nil
	}
	start := 4
	if packet[3]&0x20 != 0 {
		start += 1 + int(packet[4])
	}
	if start >= len(packet) {
		return nil
	}
	return packet[start:]
}

// presentation is the PTS of a PES packet of pictures or sound.
func presentation(b []byte) (int64, bool) {
	if len(b) < 14 || b[0] != 0 || b[1] != 0 || b[2] != 1 || b[7]&0x80 == 0 {
		return 0, false
	}
	if id := b[3]; id < streamAudio || id >= streamVideo+16 {
		return 0, false
	}
	p := b[9:14]
	return int64(p[0]>>1&7)<<30 | int64(p[1])<<22 | int64(p[2]>>1)<<15 | int64(p[3])<<7 | int64(p[4]>>1), true
}
