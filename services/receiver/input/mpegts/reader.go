package mpegts

import (
	"bytes"
	"io"
	"time"

	"livestream-tui/services/receiver/input/tracks"
	"livestream-tui/services/receiver/sample"
)

const (
	packetSize = 188
	syncByte   = 0x47
	// unitMost bounds a PES packet: no picture is larger.
	unitMost = 16 << 20
)

// Reader reads one connection. Not safe for concurrent use.
type Reader struct {
	tracks *tracks.Tracks
	says   func(error)
	rest   []byte // of a packet that came in part

	programs, program section
	programPID        int    // of the program map, -1 before it is known
	applied           []byte // the program map that is in force
	streams           map[int]*stream
	last              int64 // the last timestamp, unwrapped
	timed             bool
	lost              int64
}

// New returns a reader that gives its samples to out. It tells says what is wrong with the
// stream as such, for people; nil means that nobody wants to know.
func New(out tracks.Out, says func(error)) *Reader {
	if says == nil {
		says = func(error) {}
	}
	return &Reader{tracks: tracks.New(out), says: says, programPID: -1, streams: map[int]*stream{}}
}

// Copy reads in to its end. The error is that of in; its end is none.
func Copy(out tracks.Out, in io.Reader, says func(error)) error {
	r := New(out, says)
	defer r.Close()
	b := make([]byte, 64<<10)
	for {
		n, err := in.Read(b)
		_, _ = r.Write(b[:n]) // it takes everything
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Write takes the next bytes, which need not be whole packets. It always takes all of them.
func (r *Reader) Write(p []byte) (int, error) {
	b := p
	if len(r.rest) > 0 {
		b = append(r.rest, p...)
	}
	for len(b) >= packetSize {
		if !inSync(b) {
			b = b[1+resync(b[1:]):]
			continue
		}
		r.packet(b[:packetSize])
		b = b[packetSize:]
	}
	r.rest = append([]byte(nil), b...)
	return len(p), nil
}

// Close gives what is complete but for the next packet, which does not come any more.
func (r *Reader) Close() {
	for _, s := range r.streams {
		r.finish(s)
	}
	r.tracks.End()
}

// Lost is how many packets were missing or damaged so far.
func (r *Reader) Lost() int64 { return r.lost }

// inSync reports whether b begins with a packet, behind which there is another as far as can
// be seen.
func inSync(b []byte) bool {
	return b[0] == syncByte && (len(b) == packetSize || b[packetSize] == syncByte)
}

// resync is how many bytes stand before what may be the next packet.
func resync(b []byte) int {
	for skipped := 0; ; skipped++ {
		i := bytes.IndexByte(b[skipped:], syncByte)
		if i < 0 {
			return len(b)
		}
		skipped += i
		if skipped+packetSize >= len(b) || b[skipped+packetSize] == syncByte {
			return skipped
		}
	}
}

// packet takes one packet (2.4.3.2).
func (r *Reader) packet(b []byte) {
	pid := int(b[1]&0x1f)<<8 | int(b[2])
	damaged := b[1]&0x80 != 0
	s := r.streams[pid]
	if damaged || b[3]&0xc0 != 0 { // an error on the way, or scrambled
		if s != nil {
			r.damage(s)
		}
		return
	}
	at, jump := 4, false
	if b[3]&0x20 != 0 {
		at += 1 + int(b[4])
		jump = b[4] > 0 && b[5]&0x80 != 0
	}
	if b[3]&0x10 == 0 || at >= packetSize {
		return // no payload
	}
	starts, counter, payload := b[1]&0x40 != 0, b[3]&0xf, b[at:]
	switch {
	case s != nil:
		r.elementary(s, payload, starts, counter, jump)
	case pid == 0:
		r.programs.add(payload, starts, counter, r.association)
	case pid == r.programPID:
		r.program.add(payload, starts, counter, r.programMap)
	}
}

// unwrap makes of a timestamp of 33 bits one that goes on where the last one was.
func (r *Reader) unwrap(ts int64) int64 {
	if !r.timed {
		r.timed, r.last = true, ts
		return ts
	}
	r.last += difference(ts, r.last)
	return r.last
}

// difference is a - b modulo 2^33, between -2^32 and 2^32.
func difference(a, b int64) int64 {
	const wrap = 1 << 33
	d := (a - b) & (wrap - 1)
	if d >= wrap/2 {
		d -= wrap
	}
	return d
}

// duration is a number of ticks of the 90 kHz clock.
func duration(ticks int64) time.Duration { return time.Duration(ticks * 100_000 / 9) }

// stream is one elementary stream that is read.
type stream struct {
	track sample.Track
	codec sample.Codec
	data  []byte
	want  int  // the length of the PES packet with its header, 0 where it does not say
	open  bool // a PES packet has begun, and nothing of it is missing
	next  int  // the counter that is due, -1 before it is known
	adts  tracks.ADTS
	opus  sample.AudioFormat
	heard time.Duration // when the next packet of Opus is to be heard
	timed bool          // a timestamp has come
}

// elementary takes a packet of a stream that is read.
func (r *Reader) elementary(s *stream, payload []byte, starts bool, counter byte, jump bool) {
	if s.next >= 0 && int(counter) != s.next && !jump {
		if int(counter) == (s.next+15)&15 {
			return // sent twice, which is allowed (2.4.3.3)
		}
		r.damage(s)
	}
	s.next = (int(counter) + 1) & 15
	if starts {
		r.finish(s)
		s.open, s.want = true, 0
	}
	if !s.open {
		return
	}
	s.data = append(s.data, payload...)
	if s.want == 0 && len(s.data) >= 6 {
		if n := int(s.data[4])<<8 | int(s.data[5]); n > 0 {
			s.want = 6 + n
		}
	}
	switch {
	case s.want > 0 && len(s.data) >= s.want:
		s.data = s.data[:s.want]
		r.finish(s)
	case len(s.data) > unitMost:
		r.damage(s)
	}
}

// damage drops the PES packet that has begun.
func (r *Reader) damage(s *stream) {
	r.lost++
	s.data, s.open = s.data[:0], false
	if s.track == sample.Video {
		r.tracks.Lost()
	}
	s.adts.Lost()
}
