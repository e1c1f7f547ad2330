package mpegts

import (
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"

	"livestream-tui/services/receiver/input/tracks"
	"livestream-tui/services/receiver/sample"
)

// pes is a PES packet without its header (2.4.3.6).
type pes struct {
	data     []byte
	pts, dts int64
	timed    bool
}

// parsePES reads a PES packet. false means that it is none, or damaged.
func parsePES(b []byte) (pes, bool) {
	if len(b) < 9 || b[0] != 0 || b[1] != 0 || b[2] != 1 || b[6]&0xc0 != 0x80 {
		return pes{}, false
	}
	header := 9 + int(b[8])
	if header > len(b) {
		return pes{}, false
	}
	p := pes{data: b[header:]}
	switch flags := b[7] >> 6; {
	case flags == 2 && b[8] >= 5, flags == 3 && b[8] >= 5 && b[8] < 10:
		p.pts = timestamp(b[9:])
		p.dts, p.timed = p.pts, true
	case flags == 3:
		p.pts, p.dts, p.timed = timestamp(b[9:]), timestamp(b[14:]), true
	}
	return p, true
}

// timestamp is one of 33 bits in five bytes.
func timestamp(b []byte) int64 {
	return int64(b[0]>>1&7)<<30 | int64(b[1])<<22 | int64(b[2]>>1)<<15 | int64(b[3])<<7 | int64(b[4]>>1)
}

// finish takes the PES packet that a stream has gathered.
func (r *Reader) finish(s *stream) {
	whole := s.open && (s.want == 0 || len(s.data) >= s.want)
	if s.open && !whole {
		r.damage(s)
	}
	p, ok := parsePES(s.data)
	s.open = false
	if whole && ok {
		if s.track == sample.Video {
			r.picture(s, p)
		} else {
			r.sound(s, p)
		}
	}
	s.data = s.data[:0]
}

func (r *Reader) picture(s *stream, p pes) {
	if !p.timed {
		return // a picture without a time cannot be placed
	}
	dts := r.unwrap(p.dts)
	pts := dts + difference(p.pts, p.dts)
	r.tracks.Picture(s.codec, tracks.ByteStream(p.data), duration(dts), duration(pts))
}

func (r *Reader) sound(s *stream, p pes) {
	var at time.Duration
	switch {
	case p.timed:
		at, s.timed = duration(r.unwrap(p.pts)), true
	case !s.timed:
		return
	case s.codec == sample.AAC:
		at = s.adts.Due()
	default:
		at = s.heard
	}
	if s.codec == sample.AAC {
		if err := s.adts.Write(p.data, at, r.tracks); err != nil {
			r.mute(s, err)
		}
		return
	}
	r.tracks.Sound(s.opus)
	s.heard = at
	for b := p.data; len(b) > 0; {
		packet, rest, ok := opusPacket(b)
		if !ok {
			return
		}
		r.tracks.Frame(packet, s.heard)
		s.heard += opus.PacketDuration(packet)
		b = rest
	}
}

// mute gives up sound that cannot be used.
func (r *Reader) mute(s *stream, why error) {
	for pid, other := range r.streams {
		if other == s {
			delete(r.streams, pid)
		}
	}
	r.tracks.ExpectSound(false)
	r.says(why)
}

// opusPacket is the first packet behind its control header, and what follows it (ETSI's draft
// for Opus in MPEG-TS, 6.2).
func opusPacket(b []byte) (packet, rest []byte, ok bool) {
	if len(b) < 3 || b[0] != 0x7f || b[1]&0xe0 != 0xe0 {
		return nil, nil, false
	}
	flags, at, size := b[1], 2, 0
	for more := true; more; at++ {
		if at >= len(b) {
			return nil, nil, false
		}
		size += int(b[at])
		more = b[at] == 0xff
	}
	if flags&0x10 != 0 { // start trim
		at += 2
	}
	if flags&0x08 != 0 { // end trim
		at += 2
	}
	if flags&0x04 != 0 { // extension
		if at >= len(b) {
			return nil, nil, false
		}
		at += 1 + int(b[at])
	}
	if size == 0 || at+size > len(b) {
		return nil, nil, false
	}
	return b[at : at+size], b[at+size:], true
}
