package mpegts

import (
	"bytes"
	"errors"

	"livestream-tui/services/receiver/input/tracks"
	"livestream-tui/services/receiver/sample"
)

// section gathers the sections of one PID (2.4.4).
type section struct {
	data []byte
	next int // the counter that is due
	open bool
}

// sectionMost is the greatest length of a section of the tables that are read.
const sectionMost = 1024

// add takes a packet and passes on each section that is complete and whole.
func (s *section) add(payload []byte, starts bool, counter byte, to func([]byte)) {
	if s.open && int(counter) != s.next {
		if int(counter) == (s.next+15)&15 {
			return // sent twice
		}
		s.open = false
	}
	s.next = (int(counter) + 1) & 15
	if starts {
		if len(payload) < 1 || 1+int(payload[0]) > len(payload) {
			s.open = false
			return
		}
		if s.open {
			s.data = append(s.data, payload[1:1+int(payload[0])]...)
			s.take(to)
		}
		s.data, s.open = s.data[:0], true
		payload = payload[1+int(payload[0]):]
	}
	if s.open {
		s.data = append(s.data, payload...)
		s.take(to)
	}
}

// take passes on the sections that s.data begins with.
func (s *section) take(to func([]byte)) {
	for len(s.data) >= 3 && s.data[0] != 0xff { // 0xff is stuffing
		size := 3 + int(s.data[1]&0xf)<<8 + int(s.data[2])
		if size > sectionMost {
			break
		}
		if size > len(s.data) {
			return
		}
		if whole := s.data[:size]; size >= 12 && checksum(whole) == 0 {
			to(whole)
		}
		s.data = s.data[:copy(s.data, s.data[size:])]
	}
	if len(s.data) > 0 && s.data[0] == 0xff || len(s.data) >= 3 {
		s.open = false
	}
}

// checksum is zero for a section that is whole (annex A).
func checksum(b []byte) uint32 {
	sum := ^uint32(0)
	for _, c := range b {
		sum ^= uint32(c) << 24
		for range 8 {
			if sum&(1<<31) != 0 {
				sum = sum<<1 ^ 0x04c11db7
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}

// association takes the table that says where the program map is (2.4.4.3).
func (r *Reader) association(b []byte) {
	if b[0] != 0 || b[5]&1 == 0 {
		return
	}
	for list := b[8 : len(b)-4]; len(list) >= 4; list = list[4:] {
		if list[0] == 0 && list[1] == 0 {
			continue // the network's
		}
		if pid := int(list[2]&0x1f)<<8 | int(list[3]); pid != r.programPID {
			r.programPID, r.program = pid, section{}
		}
		return
	}
}

// announced is a stream in a program map.
type announced struct {
	pid  int
	name string // as people call it
	stream
}

// programMap takes the table of the program's streams (2.4.4.8).
func (r *Reader) programMap(b []byte) {
	if b[0] != 2 || b[5]&1 == 0 || bytes.Equal(b, r.applied) {
		return
	}
	r.applied = bytes.Clone(b)
	var video, audio, refused *announced
	for _, a := range announcements(b[8 : len(b)-4]) {
		first := &video
		if a.track == sample.Audio {
			first = &audio
		}
		switch {
		case a.codec == "" && refused == nil:
			refused = &a
		case a.codec != "" && *first == nil:
			*first = &a
		}
	}
	streams := map[int]*stream{}
	for _, a := range []*announced{video, audio} {
		if a == nil {
			continue
		}
		s := r.streams[a.pid]
		if s == nil || s.track != a.track || s.codec != a.codec || s.opus.Channels != a.opus.Channels {
			s = &a.stream
		}
		streams[a.pid] = s
	}
	for pid, s := range r.streams {
		if streams[pid] != s {
			r.finish(s)
		}
	}
	r.streams = streams
	r.tracks.ExpectSound(audio != nil)
	switch {
	case refused != nil && (refused.track == sample.Video && video == nil || refused.track == sample.Audio && audio == nil):
		r.says(tracks.Unsupported{Track: refused.track, Codec: refused.name})
	case video == nil:
		r.says(errors.New("it has no pictures"))
	}
}

// named are the stream types that are not taken (table 2-34).
var named = map[byte]struct {
	track sample.Track
	name  string
}{
	0x01: {sample.Video, "MPEG-1"}, 0x02: {sample.Video, "MPEG-2"}, 0x10: {sample.Video, "MPEG-4 part 2"},
	0x21: {sample.Video, "JPEG 2000"}, 0x33: {sample.Video, "VVC"}, 0xea: {sample.Video, "VC-1"},
	0x03: {sample.Audio, "MPEG-1 audio"}, 0x04: {sample.Audio, "MPEG-2 audio"}, 0x11: {sample.Audio, "AAC in LATM"},
	0x81: {sample.Audio, "AC-3"}, 0x87: {sample.Audio, "E-AC-3"},
}

// announcements are the streams of pictures and sound in a program map.
func announcements(b []byte) []announced {
	if len(b) < 4 {
		return nil
	}
	skip := 4 + int(b[2]&0xf)<<8 + int(b[3])
	if skip > len(b) {
		return nil
	}
	var list []announced
	for b = b[skip:]; len(b) >= 5; {
		size := 5 + int(b[3]&0xf)<<8 + int(b[4])
		if size > len(b) {
			break
		}
		if a, ok := announcement(b[0], b[5:size]); ok {
			a.pid, a.next = int(b[1]&0x1f)<<8|int(b[2]), -1
			list = append(list, a)
		}
		b = b[size:]
	}
	return list
}

// announcement is a stream by its type and its descriptors; false when it is neither pictures
// nor sound.
func announcement(kind byte, descriptors []byte) (announced, bool) {
	switch kind {
	case 0x1b:
		return announced{stream: stream{track: sample.Video, codec: sample.H264}}, true
	case 0x24:
		return announced{stream: stream{track: sample.Video, codec: sample.HEVC}}, true
	case 0x0f:
		return announced{stream: stream{track: sample.Audio, codec: sample.AAC}}, true
	case 0x06:
		return private(descriptors)
	}
	n, ok := named[kind]
	return announced{name: n.name, stream: stream{track: n.track}}, ok
}

// private is a stream of private data by its descriptors (ETSI EN 300 468, 6.1).
func private(b []byte) (announced, bool) {
	var isOpus bool
	channels := 2
	for len(b) >= 2 && len(b) >= 2+int(b[1]) {
		body := b[2 : 2+int(b[1])]
		switch {
		case b[0] == 0x05 && string(body) == "Opus":
			isOpus = true
		case b[0] == 0x05 && string(body) == "AV01":
			return announced{name: "AV1", stream: stream{track: sample.Video}}, true
		case b[0] == 0x6a:
			return announced{name: "AC-3", stream: stream{track: sample.Audio}}, true
		case b[0] == 0x7a:
			return announced{name: "E-AC-3", stream: stream{track: sample.Audio}}, true
		case b[0] == 0x7f && len(body) >= 2 && body[0] == 0x80:
			if channels = int(body[1]); channels == 0 {
				channels = 2 // two languages
			}
		}
		b = b[2+int(b[1]):]
	}
	if !isOpus {
		return announced{}, false
	}
	f, err := tracks.OpusFormat(channels)
	if err != nil {
		return announced{name: "Opus with more than two channels", stream: stream{track: sample.Audio}}, true
	}
	return announced{stream: stream{track: sample.Audio, codec: sample.Opus, opus: f}}, true
}
