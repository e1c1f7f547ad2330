package worker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"livestream-tui/services/hls"
)

// box builds a box of what it holds.
func box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
}

// numbers are 32 bits each.
func numbers(list ...uint32) []byte {
	var b []byte
	for _, n := range list {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

func trackBox(id, scale uint32, handler string) []byte {
	return box("trak", box("tkhd", numbers(0, 0, 0, id)), box("mdia",
		box("mdhd", numbers(0, 0, 0, scale, 0)),
		box("hdlr", numbers(0, 0), []byte(handler), numbers(0, 0, 0)),
		box("minf", box("stbl", box("stsd", numbers(0, 0))))))
}

// initBox is an init with sound as track 1 and a picture as track 2.
func initBox(scale uint32) []byte {
	return append(box("ftyp", []byte("isom")), box("moov", trackBox(1, 48000, "soun"), trackBox(2, scale, "vide"))...)
}

// fragmentBox is a fragment whose picture begins at that time; sync says that it
// begins with a key frame.
func fragmentBox(at uint64, duration uint32, sync bool) []byte {
	flags := uint32(0x10000)
	if sync {
		flags = 0
	}
	moof := box("moof", box("mfhd", numbers(0, 77)),
		box("traf", box("tfhd", numbers(0, 1)), box("tfdt", numbers(0, 5)), box("trun", numbers(0, 0))),
		box("traf", box("tfhd", numbers(0x28, 2, duration/2, flags)), box("tfdt", numbers(1<<24), binary.BigEndian.AppendUint64(nil, at)), box("trun", numbers(0, 2))))
	return append(moof, box("mdat", []byte("media"))...)
}

const fifth = uint32(segmentUnits / 5) // the length of a fragment

// stream is an init and fragments from that time on, n of them, with a key frame
// where a segment begins.
func stream(at uint64, n int) []byte {
	b := initBox(timescale)
	for range n {
		b = append(b, fragmentBox(at, fifth, at%segmentUnits == 0)...)
		at += uint64(fifth)
	}
	return b
}

func TestCutter(t *testing.T) {
	const n = uint64(860000000) // a segment of our days: its times need 64 bits
	start := n * segmentUnits
	gap := append(stream(start, 2), fragmentBox(start+3*uint64(fifth), fifth, false)...)
	long := append(stream(start, 4), fragmentBox(start+4*uint64(fifth), fifth+2, false)...)
	for _, c := range []struct {
		name string
		in   []byte
		want []int64 // segments
		err  string  // io.EOF where empty
	}{
		{"whole segments", stream(start, 10), []int64{int64(n), int64(n) + 1}, ""},
		{"a segment not yet whole", stream(start, 9), []int64{int64(n)}, ""},
		{"beginning within a segment", stream(start+uint64(fifth), 9), []int64{int64(n) + 1}, ""},
		{"no fragment", initBox(timescale), nil, ""},
		{"a gap", gap, nil, "fragment 77 begins at "},
		{"a fragment across the end", long, nil, "fragment 77 crosses the end of segment 860000000"},
		{"no key frame at the start", append(initBox(timescale), fragmentBox(start, uint32(segmentUnits), false)...), nil, ""},
		{"something else", append(initBox(timescale), box("mdat")...), nil, `box "mdat", a moof was due`},
		{"no picture", append(initBox(timescale), append(box("moof", box("mfhd", numbers(0, 9))), box("mdat")...)...), nil, "fragment 9 has no video"},
		{"cut in a fragment", stream(start, 6)[:len(stream(start, 6))-3], []int64{int64(n)}, io.ErrUnexpectedEOF.Error()},
		{"cut after a moof", stream(start, 6)[:len(stream(start, 6))-13], []int64{int64(n)}, io.ErrUnexpectedEOF.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			cut, err := newCutter(iotest.OneByteReader(bytes.NewReader(c.in)))
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for err == nil {
				var done *segment
				var end time.Time
				if end, done, err = cut.next(); done != nil {
					got = append(got, done.MSN)
					check(t, done)
					if !end.Equal(startOf(done.MSN + 1)) {
						t.Errorf("segment %d ends at %s, want %s", done.MSN, end, startOf(done.MSN+1))
					}
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("segments: got %v, want %v", got, c.want)
			}
			if c.err == "" && !errors.Is(err, io.EOF) || !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want %q", err, c.err)
			}
			if ended := c.err == "" || c.err == io.ErrUnexpectedEOF.Error(); ended != isEnd(err) {
				t.Errorf("%v: an end: %t", err, isEnd(err))
			}
		})
	}
}

// check checks that a segment is whole, and its parts and numbers are its own.
func check(t *testing.T, s *segment) {
	t.Helper()
	fragments, err := hls.CheckSegment(s.Data)
	if err != nil || len(fragments) != 5 || len(s.Parts) != 5 {
		t.Fatalf("segment %d: %d fragments, %d parts, %v", s.MSN, len(fragments), len(s.Parts), err)
	}
	at := 0
	for i, p := range s.Parts {
		if want := uint32(s.MSN*5 + int64(i) + 1); fragments[i].Sequence != want {
			t.Errorf("sequence number: got %d, want %d", fragments[i].Sequence, want)
		}
		if p.Offset != at || p.Duration != 400*time.Millisecond || p.Independent != (i == 0) {
			t.Errorf("part %d: got %+v", i, p)
		}
		at += p.Length
	}
	if at != len(s.Data) {
		t.Errorf("the parts hold %d bytes of %d", at, len(s.Data))
	}
}

func TestCutterKeepsAPublishedSegmentAsItIs(t *testing.T) {
	cut, err := newCutter(bytes.NewReader(stream(0, 10)))
	if err != nil {
		t.Fatal(err)
	}
	var first *segment
	var copied []byte
	for err == nil {
		var done *segment
		if _, done, err = cut.next(); done != nil && first == nil {
			first, copied = done, bytes.Clone(done.Data)
		}
	}
	if !bytes.Equal(first.Data, copied) {
		t.Error("the fragments after a segment overwrote it")
	}
}

func TestCutterRefusesAnInit(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		want string
	}{
		{"nothing", nil, "EOF"},
		{"no moov", box("ftyp"), "EOF"},
		{"no ftyp", box("moov"), "ftyp"},
		{"another timescale", initBox(12800), "no video track with timescale 90000"},
		{"a box too large", append(numbers(1<<30), "moov"...), "size 1073741824"},
	} {
		if _, err := newCutter(bytes.NewReader(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestTheInitsNameIsItsContents(t *testing.T) {
	name := func(b []byte) string {
		c, err := newCutter(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(c.Init, b) {
			t.Error("the init is not what was read")
		}
		return c.InitName
	}
	one := initBox(timescale)
	other := append(box("ftyp", []byte("iso6")), one[12:]...)
	if name(one) != name(bytes.Clone(one)) || name(one) == name(other) {
		t.Error("want one name for one content, another for another")
	}
}

func TestASequenceNumberWrapsAround(t *testing.T) {
	for n, want := range map[int64]uint32{0: 1, 1: 6, 858993458: 4294967291, 858993459: 0, 858993460: 5} {
		if got := sequence(n, 0); got != want {
			t.Errorf("segment %d: got %d, want %d", n, got, want)
		}
	}
}
