package mpegts

import (
	"encoding/binary"

	"livestream-tui/services/hls/codec"
)

const packetSize = 188

// Program is what a segment has.
type Program struct {
	Streams []Stream
	// Picture is what the first video stream says of its pictures.
	Picture codec.Picture
	// Pictures is how many units the first video stream has: most muxers put one picture
	// into each.
	Pictures int
}

// Stream is one elementary stream of pictures or sound.
type Stream struct {
	PID  uint16
	Kind byte // the stream_type of the program map
	// Codec is as in CODECS (RFC 6381); empty when it is unknown.
	Codec string
}

// The types of streams (ISO/IEC 13818-1, table 2-34; ATSC A/52, annex A; ETSI EN 300 468).
const (
	kindMPEG1Audio, kindMPEG2Audio = 0x03, 0x04
	kindPrivate                    = 0x06
	kindADTS                       = 0x0f
	kindAVC, kindHEVC              = 0x1b, 0x24
	kindAC3, kindEAC3              = 0x81, 0x87
	kindMetadata                   = 0x15
)

// unitMost is how much of the beginning of each stream is read.
const unitMost = 64 << 10

// Parse reads a segment, which begins with a packet. false when it has no program map.
func Parse(b []byte) (Program, bool) {
	var p Program
	r := reader{maps: -1, begin: map[uint16][]byte{}}
	for ; len(b) >= packetSize && b[0] == 0x47; b = b[packetSize:] {
		pid := binary.BigEndian.Uint16(b[1:]) & 0x1fff
		payload := payloadOf(b[:packetSize])
		starts := b[1]&0x40 != 0
		switch {
		case payload == nil:
		case pid == 0 && r.maps < 0 && starts:
			r.maps = mapOf(payload)
		case int(pid) == r.maps && p.Streams == nil && starts:
			p.Streams = streamsOf(payload)
		case p.Streams != nil:
			r.keep(pid, payload, starts)
			if starts && pid == p.video() {
				p.Pictures++
			}
		}
	}
	for i := range p.Streams {
		p.name(&p.Streams[i], r.begin[p.Streams[i].PID])
	}
	return p, p.Streams != nil
}

// reader keeps the beginning of each stream.
type reader struct {
	maps  int // the PID of the program map, -1 before it is known
	begin map[uint16][]byte
}

func (r *reader) keep(pid uint16, payload []byte, starts bool) {
	b, begun := r.begin[pid]
	if !begun && !starts || len(b) >= unitMost {
		return
	}
	if starts {
		payload = elementary(payload)
	}
	r.begin[pid] = append(b, payload...)
}

// payloadOf is the payload of a packet; nil when it has none, or is scrambled.
func payloadOf(b []byte) []byte {
	at := 4
	if b[3]&0x20 != 0 {
		at += 1 + int(b[4])
	}
	if b[3]&0x10 == 0 || b[3]&0xc0 != 0 || at >= len(b) {
		return nil
	}
	return b[at:]
}

// elementary is the contents of a PES packet behind its header (2.4.3.6).
func elementary(b []byte) []byte {
	if len(b) < 9 || b[0] != 0 || b[1] != 0 || b[2] != 1 || len(b) < 9+int(b[8]) {
		return nil
	}
	return b[9+int(b[8]):]
}

// section is a table's contents behind its header, without its CRC (2.4.4); nil when it
// does not fit into one packet, or is another table.
func section(b []byte, table byte) []byte {
	if len(b) < 1 || len(b) < 1+int(b[0])+8 {
		return nil
	}
	b = b[1+int(b[0]):]
	size := int(binary.BigEndian.Uint16(b[1:]) & 0xfff)
	if b[0] != table || size < 9 || 3+size > len(b) {
		return nil
	}
	return b[8 : 3+size-4]
}

// mapOf is the PID of the first program's map; -1 when there is none.
func mapOf(b []byte) int {
	for list := section(b, 0); len(list) >= 4; list = list[4:] {
		if binary.BigEndian.Uint16(list) != 0 { // not the network's
			return int(binary.BigEndian.Uint16(list[2:]) & 0x1fff)
		}
	}
	return -1
}

// streamsOf are the streams of pictures and sound in a program map.
func streamsOf(b []byte) []Stream {
	list := section(b, 2)
	if len(list) < 4 {
		return nil
	}
	skip := 4 + int(binary.BigEndian.Uint16(list[2:])&0xfff)
	if skip > len(list) {
		return nil
	}
	var streams []Stream
	for list = list[skip:]; len(list) >= 5; {
		size := 5 + int(binary.BigEndian.Uint16(list[3:])&0xfff)
		if size > len(list) {
			break
		}
		s := Stream{PID: binary.BigEndian.Uint16(list[1:]) & 0x1fff, Kind: list[0]}
		if s.Kind == kindPrivate {
			s.Kind = privateKind(list[5:size])
		}
		if s.Kind != kindMetadata {
			streams = append(streams, s)
		}
		list = list[size:]
	}
	return streams
}

// privateKind is the kind of private data by its descriptors (ETSI EN 300 468, 6.1):
// sound, or data that is no sound.
func privateKind(list []byte) byte {
	for len(list) >= 2 && len(list) >= 2+int(list[1]) {
		switch list[0] {
		case 0x6a:
			return kindAC3
		case 0x7a:
			return kindEAC3
		case 0x56, 0x59: // teletext, subtitles
			return kindMetadata
		}
		list = list[2+int(list[1]):]
	}
	return kindPrivate
}

func (p *Program) video() uint16 {
	for _, s := range p.Streams {
		if s.Kind == kindAVC || s.Kind == kindHEVC {
			return s.PID
		}
	}
	return 0
}

// name finds a stream's codec in its beginning.
func (p *Program) name(s *Stream, begin []byte) {
	switch s.Kind {
	case kindAC3:
		s.Codec = "ac-3"
	case kindEAC3:
		s.Codec = "ec-3"
	case kindMPEG1Audio, kindMPEG2Audio:
		s.Codec = codec.MPEG4Audio(34)
	case kindADTS:
		if len(begin) >= 3 && begin[0] == 0xff && begin[1]&0xf6 == 0xf0 {
			s.Codec = codec.MPEG4Audio(int(begin[2]>>6) + 1)
		}
	case kindAVC, kindHEVC:
		parse := codec.ParseAVC
		if s.Kind == kindHEVC {
			parse = codec.ParseHEVC
		}
		if picture, ok := pictureOf(begin, parse); ok {
			s.Codec = picture.Codec
			if s.PID == p.video() {
				p.Picture = picture
			}
		}
	}
}

// pictureOf looks for a parameter set in a byte stream (H.264, annex B).
func pictureOf(b []byte, parse func([]byte) (codec.Picture, bool)) (codec.Picture, bool) {
	for at := next(b, 0); at < len(b); {
		end := next(b, at)
		unit := b[at:]
		if end < len(b) {
			unit = b[at : end-3]
		}
		if p, ok := parse(unit); ok {
			return p, true
		}
		at = end
	}
	return codec.Picture{}, false
}

// next is the position behind the next start code; len(b) when there is none.
func next(b []byte, at int) int {
	for ; at+3 <= len(b); at++ {
		if b[at] == 0 && b[at+1] == 0 && b[at+2] == 1 {
			return at + 3
		}
	}
	return len(b)
}
