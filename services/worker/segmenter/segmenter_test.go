package segmenter

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"livestream-tui/services/hls/fmp4"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/worker/streamtest"
)

// plainUnits is the length of a segment of the plain grid.
const plainUnits = uint64(2 * streamtest.Timescale)

const fifth = uint32(plainUnits / 5) // the length of a fragment

// stream is an initialization section and fragments of the plain grid.
func stream(at uint64, n int) []byte { return streamtest.Stream(media.Grid{}, at, n) }

func TestFragmentsAreCutOnTheGrid(t *testing.T) {
	const n = uint64(860000000) // a segment of our days: its times need 64 bits
	start := n * plainUnits
	gap := append(stream(start, 2), streamtest.Fragment(start+3*uint64(fifth), fifth, false)...)
	long := append(stream(start, 4), streamtest.Fragment(start+4*uint64(fifth), fifth+2, false)...)
	for _, c := range []struct {
		name string
		in   []byte
		want []int64 // segments
		err  string  // io.EOF where empty
	}{
		{"whole segments", stream(start, 10), []int64{int64(n), int64(n) + 1}, ""},
		{"a segment not yet whole", stream(start, 9), []int64{int64(n)}, ""},
		{"beginning within a segment", stream(start+uint64(fifth), 9), []int64{int64(n) + 1}, ""},
		{"no fragment", streamtest.Init(streamtest.Timescale), nil, ""},
		{"a gap", gap, nil, "fragment 77 begins at "},
		{"a fragment across the end", long, nil, "fragment 77 crosses the end of segment 860000000"},
		{"no key frame at the start", append(streamtest.Init(streamtest.Timescale), streamtest.Fragment(start, uint32(plainUnits), false)...), nil, ""},
		{"something else", append(streamtest.Init(streamtest.Timescale), streamtest.Box("mdat")...), nil, `box "mdat", a moof was due`},
		{"no picture", append(streamtest.Init(streamtest.Timescale), append(streamtest.Box("moof", streamtest.Box("mfhd", streamtest.Numbers(0, 9))), streamtest.Box("mdat")...)...), nil, "fragment 9 has no video"},
		{"cut in a fragment", stream(start, 6)[:len(stream(start, 6))-3], []int64{int64(n)}, io.ErrUnexpectedEOF.Error()},
		{"cut after a moof", stream(start, 6)[:len(stream(start, 6))-13], []int64{int64(n)}, io.ErrUnexpectedEOF.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			cut, err := New(iotest.OneByteReader(bytes.NewReader(c.in)), media.Grid{})
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for err == nil {
				var done *media.Segment
				var end time.Time
				if end, done, err = cut.Next(); done != nil {
					got = append(got, done.MSN)
					check(t, done)
					if !end.Equal(media.Grid{}.Start(done.MSN + 1)) {
						t.Errorf("segment %d ends at %s, want %s", done.MSN, end, media.Grid{}.Start(done.MSN+1))
					}
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("segments: got %v, want %v", got, c.want)
			}
			if c.err == "" && !errors.Is(err, io.EOF) || !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want %q", err, c.err)
			}
			if ended := c.err == "" || c.err == io.ErrUnexpectedEOF.Error(); ended != IsEnd(err) {
				t.Errorf("%v: an end: %t", err, IsEnd(err))
			}
		})
	}
}

// check checks that a segment is whole, and its parts and numbers are its own.
func check(t *testing.T, s *media.Segment) {
	t.Helper()
	fragments, err := fmp4.CheckSegment(s.Data)
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

func TestSegmenterKeepsAPublishedSegmentAsItIs(t *testing.T) {
	cut, err := New(bytes.NewReader(stream(0, 10)), media.Grid{})
	if err != nil {
		t.Fatal(err)
	}
	var first *media.Segment
	var copied []byte
	for err == nil {
		var done *media.Segment
		if _, done, err = cut.Next(); done != nil && first == nil {
			first, copied = done, bytes.Clone(done.Data)
		}
	}
	if !bytes.Equal(first.Data, copied) {
		t.Error("the fragments after a segment overwrote it")
	}
}

func TestSegmenterRefusesAnInit(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		want string
	}{
		{"nothing", nil, "EOF"},
		{"no moov", streamtest.Box("ftyp"), "EOF"},
		{"no ftyp", streamtest.Box("moov"), "ftyp"},
		{"no picture", append(streamtest.Box("ftyp", []byte("isom")), streamtest.Box("moov", streamtest.Box("mvhd"))...), "track"},
		{"a box too large", append(streamtest.Numbers(1<<30), "moov"...), "size 1073741824"},
	} {
		if _, err := New(bytes.NewReader(c.in), media.Grid{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestTheInitsNameIsItsContents(t *testing.T) {
	name := func(b []byte) string {
		c, err := New(bytes.NewReader(b), media.Grid{})
		if err != nil {
			t.Fatal(err)
		}
		name, init := c.Init()
		if !bytes.Equal(init, b) {
			t.Error("the init is not what was read")
		}
		return name
	}
	one := streamtest.Init(streamtest.Timescale)
	other := append(streamtest.Box("ftyp", []byte("iso6")), one[12:]...)
	if name(one) != name(bytes.Clone(one)) || name(one) == name(other) {
		t.Error("want one name for one content, another for another")
	}
}

func TestASequenceNumberWrapsAround(t *testing.T) {
	for n, want := range map[int64]uint32{0: 1, 1: 6, 858993458: 4294967291, 858993459: 0, 858993460: 5} {
		if got := (&Segmenter{}).sequence(n, 0); got != want {
			t.Errorf("segment %d: got %d, want %d", n, got, want)
		}
	}
}

func TestAnotherGrid(t *testing.T) {
	grid := media.Grid{Segment: 2002 * time.Millisecond, Offset: 44}
	const units, fifth = 180180, 36036
	const index = uint64(900_000_000)
	b := streamtest.Init(streamtest.Timescale)
	for i := range uint64(10) {
		b = append(b, streamtest.Fragment(index*units+i*fifth, fifth, i%5 == 0)...)
	}
	cut, err := New(bytes.NewReader(b), grid)
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for err == nil {
		var done *media.Segment
		var end time.Time
		if end, done, err = cut.Next(); done == nil {
			continue
		}
		got = append(got, done.MSN)
		if !end.Equal(grid.Start(done.MSN + 1)) {
			t.Errorf("segment %d ends at %s, want %s", done.MSN, end, grid.Start(done.MSN+1))
		}
		if !IsWhole(streamtest.Init(streamtest.Timescale), done.Data, grid, done.MSN) || IsWhole(streamtest.Init(streamtest.Timescale), done.Data, grid, done.MSN+1) {
			t.Errorf("segment %d is not known to be whole", done.MSN)
		}
		if IsWhole(streamtest.Init(streamtest.Timescale), done.Data, media.Grid{}, done.MSN) {
			t.Error("it is taken for a segment of the plain grid")
		}
	}
	if want := []int64{900_000_044, 900_000_045}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAGridThatDoesNotFitTheTimescaleIsRefused(t *testing.T) {
	if _, err := New(bytes.NewReader(stream(0, 1)), media.Grid{Segment: time.Second + time.Microsecond}); err == nil || !strings.Contains(err.Error(), "1/90000 s") {
		t.Errorf("got %v, want the timescale named", err)
	}
}
