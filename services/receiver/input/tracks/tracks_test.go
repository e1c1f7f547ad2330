package tracks

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"livestream-tui/services/receiver/sample"
)

// Parameter sets as x264 writes them, of 160x90 pixels, and other NAL units.
var (
	spsSmall = []byte{0x67, 0x42, 0xc0, 0x0b, 0xda, 0x0a, 0x37, 0xe4, 0xc0, 0x44, 0, 0, 3, 0, 4, 0, 0, 3, 0, 0xc8, 0x3c, 0x50, 0xaa, 0x80}
	pps      = []byte{0x68, 0xce, 0x0f, 0xc8}
	idr      = []byte{0x65, 1, 2, 3}
	slice    = []byte{0x41, 4, 5, 6}
	aud      = []byte{0x09, 0xf0}
	sei      = []byte{0x06, 5, 1, 1, 0x80}
	filler   = []byte{0x0c, 0xff, 0x80}
)

// kept keeps what tracks give.
type kept struct {
	formats []sample.Format
	samples []sample.Sample
	order   []string
}

func (k *kept) Format(f sample.Format) {
	k.formats, k.order = append(k.formats, f), append(k.order, "format")
}

func (k *kept) Write(s sample.Sample) {
	k.samples, k.order = append(k.samples, s), append(k.order, s.Track.String())
}

var stereo = sample.AudioFormat{Codec: sample.AAC, Config: []byte{0x11, 0x90}, Rate: 48000, Channels: 2}

func at(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }

func units(t *testing.T, s sample.Sample) [][]byte {
	t.Helper()
	list, ok := Lengths(s.Data, 4)
	if !ok {
		t.Fatalf("%x has no lengths", s.Data)
	}
	return list
}

func TestAKeyFrameBeginsWithItsParameterSetsOnce(t *testing.T) {
	for name, given := range map[string][][]byte{
		"within":       {aud, spsSmall, pps, sei, idr},
		"twice within": {aud, spsSmall, pps, spsSmall, pps, sei, idr},
		"at the end":   {sei, spsSmall, pps, filler, idr},
	} {
		var k kept
		tr := New(&k)
		tr.Sound(stereo)
		tr.Picture(sample.H264, given, 0, 0)
		if len(k.samples) != 1 {
			t.Fatalf("%s: got %d samples", name, len(k.samples))
		}
		if got, want := units(t, k.samples[0]), [][]byte{spsSmall, pps, sei, idr}; !slices.EqualFunc(got, want, bytes.Equal) {
			t.Errorf("%s: got %x, want %x", name, got, want)
		}
	}
}

func TestParameterSetsFromOutsideArePutBeforeEachKeyFrame(t *testing.T) {
	var k kept
	tr := New(&k)
	tr.Sound(stereo)
	tr.Parameters(sample.H264, [][]byte{spsSmall, pps})
	if len(k.formats) != 1 || k.formats[0].Video.Width != 160 || k.formats[0].Video.Height != 90 || k.formats[0].Video.FPS != 25 {
		t.Fatalf("got %+v", k.formats)
	}
	tr.Picture(sample.H264, [][]byte{slice}, at(0), at(0)) // before the first key frame
	tr.Picture(sample.H264, [][]byte{idr}, at(40), at(40))
	tr.Picture(sample.H264, [][]byte{slice}, at(80), at(80))
	if len(k.samples) != 2 || !k.samples[0].Sync || k.samples[1].Sync {
		t.Fatalf("got %+v, want a key frame and another picture", k.samples)
	}
	if got := len(units(t, k.samples[0])); got != 3 {
		t.Errorf("the key frame has %d units, want 3", got)
	}
}

func TestSoundIsAwaitedForASecondOfMedia(t *testing.T) {
	var k kept
	tr := New(&k)
	tr.Parameters(sample.H264, [][]byte{spsSmall, pps})
	tr.Picture(sample.H264, [][]byte{idr}, at(0), at(0))
	for ms := 40; ms < 1000; ms += 40 {
		tr.Picture(sample.H264, [][]byte{slice}, at(ms), at(ms))
	}
	if len(k.order) > 0 {
		t.Fatalf("got %v before a second had passed", k.order)
	}
	tr.Picture(sample.H264, [][]byte{slice}, at(1000), at(1000))
	if len(k.samples) != 26 || len(k.formats) != 1 || k.formats[0].Audio != nil {
		t.Fatalf("got %d samples and %+v, want all, without sound", len(k.samples), k.formats)
	}
	tr.Sound(stereo)
	tr.Frame([]byte{1}, at(1000))
	if len(k.formats) != 2 || k.formats[1].Audio == nil || k.order[len(k.order)-1] != "audio" {
		t.Errorf("sound that comes later: got %+v", k.formats)
	}
}

func TestSoundThatIsNotExpectedIsNotAwaited(t *testing.T) {
	var k kept
	tr := New(&k)
	tr.ExpectSound(false)
	tr.Parameters(sample.H264, [][]byte{spsSmall, pps})
	tr.Picture(sample.H264, [][]byte{idr}, 0, 0)
	if len(k.samples) != 1 {
		t.Errorf("got %v, want the picture at once", k.order)
	}
}

func TestSoundThatIsAnnouncedNoLongerLeavesTheFormat(t *testing.T) {
	var k kept
	tr := New(&k)
	tr.Sound(stereo)
	tr.Parameters(sample.H264, [][]byte{spsSmall, pps})
	tr.ExpectSound(false)
	if len(k.formats) != 2 || k.formats[1].Audio != nil {
		t.Errorf("got %+v", k.formats)
	}
}

func TestTheEndGivesWhatIsHeld(t *testing.T) {
	var k kept
	tr := New(&k)
	tr.Parameters(sample.H264, [][]byte{spsSmall, pps})
	tr.Picture(sample.H264, [][]byte{idr}, 0, 0)
	tr.End()
	if len(k.samples) != 1 || len(k.formats) != 1 {
		t.Errorf("got %v", k.order)
	}
}

func TestSoundWithoutPicturesIsBounded(t *testing.T) {
	var k kept
	tr := New(&k)
	tr.Sound(stereo)
	for i := range 3 * heldMost {
		tr.Frame([]byte{1}, at(21*i))
	}
	if len(tr.held) > heldMost || len(k.order) > 0 {
		t.Errorf("%d are held, got %v", len(tr.held), k.order)
	}
	tr.Parameters(sample.H264, [][]byte{spsSmall, pps})
	if k.samples[0].DTS != at(21*2*heldMost) {
		t.Errorf("the first frame is of %s, want the last ones kept", k.samples[0].DTS)
	}
}

func TestDamagedParameterSetsChangeNothing(t *testing.T) {
	var k kept
	tr := New(&k)
	tr.ExpectSound(false)
	tr.Parameters(sample.H264, [][]byte{spsSmall, pps})
	tr.Picture(sample.H264, [][]byte{{0x67, 0x42}, {0x68, 9}, idr}, 0, 0)
	if len(k.formats) != 1 || !slices.EqualFunc(units(t, k.samples[0]), [][]byte{spsSmall, pps, idr}, bytes.Equal) {
		t.Errorf("got %d formats, %x", len(k.formats), k.samples[0].Data)
	}
}

func TestANewPictureParameterSetBetweenKeyFramesIsKept(t *testing.T) {
	var k kept
	tr := New(&k)
	tr.ExpectSound(false)
	tr.Picture(sample.H264, [][]byte{spsSmall, pps, idr}, 0, 0)
	tr.Picture(sample.H264, [][]byte{pps, slice}, at(40), at(40)) // known
	other := []byte{0x68, 0xce, 0x38, 0x80}
	tr.Picture(sample.H264, [][]byte{other, slice}, at(80), at(80))
	if got := len(units(t, k.samples[1])); got != 1 {
		t.Errorf("a set that is known: got %d units, want 1", got)
	}
	if got := units(t, k.samples[2]); len(got) != 2 || !bytes.Equal(got[0], other) {
		t.Errorf("a set that is new: got %x", got)
	}
	if len(k.formats) != 2 || !bytes.Equal(k.formats[1].Video.PPS, other) {
		t.Errorf("got %d formats, want the new one told", len(k.formats))
	}
}

// The pictures that lead a key frame of an open GOP need those before it.
func TestLeadingPicturesAreLeftOutWhereTheyCannotBeDecoded(t *testing.T) {
	unit := func(kind byte) []byte { return []byte{kind << 1, 1, 2, 3} }
	cra, rasl, radl, trail := unit(21), unit(9), unit(7), unit(1)
	p := &pictures{codec: sample.HEVC, format: &sample.VideoFormat{}}
	p.sets = [3][][]byte{{unit(32)}, {unit(33)}, {unit(34)}}
	for i, c := range []struct {
		unit []byte
		lost bool
		want bool
	}{
		{cra, false, true}, {rasl, false, false}, {radl, false, true}, {trail, false, true}, // the first one
		{cra, false, true}, {rasl, false, true}, {trail, false, true}, // all there
		{cra, true, true}, {rasl, false, false}, {trail, false, true}, // after a loss
		{unit(19), true, true}, {trail, false, true}, // a closed one
	} {
		p.broken = p.broken || c.lost
		u := p.assemble([][]byte{c.unit})
		if (u.data != nil) != c.want || u.sync != (c.unit[0] == cra[0] || c.unit[0] == 19<<1) {
			t.Errorf("picture %d of kind %d: got %t, key frame %t, want %t", i, c.unit[0]>>1, u.data != nil, u.sync, c.want)
		}
	}
}

func TestByteStreamsAndLengths(t *testing.T) {
	for name, c := range map[string]struct {
		b    []byte
		want [][]byte
	}{
		"four and three bytes": {[]byte{0, 0, 0, 1, 9, 0xf0, 0, 0, 1, 0x65, 1, 2}, [][]byte{{9, 0xf0}, {0x65, 1, 2}}},
		"zeros behind":         {[]byte{0, 0, 1, 5, 6, 0, 0, 0, 0, 0, 1, 7, 8, 0}, [][]byte{{5, 6}, {7, 8}}},
		"something before":     {[]byte{1, 2, 3, 0, 0, 1, 7}, [][]byte{{7}}},
		"nothing":              {[]byte{0, 0, 1}, nil},
		"no start code":        {[]byte{1, 2, 3}, nil},
	} {
		if got := ByteStream(c.b); !slices.EqualFunc(got, c.want, bytes.Equal) {
			t.Errorf("%s: got %x, want %x", name, got, c.want)
		}
	}
	for name, c := range map[string]struct {
		b    []byte
		size int
		want [][]byte
		ok   bool
	}{
		"four":    {[]byte{0, 0, 0, 2, 5, 6, 0, 0, 0, 1, 7}, 4, [][]byte{{5, 6}, {7}}, true},
		"two":     {[]byte{0, 1, 7}, 2, [][]byte{{7}}, true},
		"cut off": {[]byte{0, 0, 0, 9, 5}, 4, nil, false},
		"no size": {[]byte{1, 1}, 0, nil, false},
	} {
		if got, ok := Lengths(c.b, c.size); ok != c.ok || !slices.EqualFunc(got, c.want, bytes.Equal) {
			t.Errorf("%s: got %x, %t, want %x, %t", name, got, ok, c.want, c.ok)
		}
	}
}

// frame is an ADTS frame of AAC-LC at 48 kHz in stereo, with a payload of n bytes.
func frame(n int, fill byte) []byte {
	b := []byte{0xff, 0xf1, 0x4c, 0x80, 0, 0x1f, 0xfc}
	size := n + 7
	b[3] |= byte(size >> 11)
	b[4] = byte(size >> 3)
	b[5] |= byte(size << 5)
	return append(b, bytes.Repeat([]byte{fill}, n)...)
}

func TestFramesOfAACMayComeInPieces(t *testing.T) {
	var k kept
	tr := New(&k)
	tr.Parameters(sample.H264, [][]byte{spsSmall, pps})
	var a ADTS
	stream := slices.Concat(frame(10, 1), frame(20, 2), frame(30, 3))
	for i, piece := range [][]byte{stream[:25], stream[25:]} {
		if err := a.Write(piece, at(1000*i), tr); err != nil {
			t.Fatal(err)
		}
	}
	want := []struct {
		n  int
		at time.Duration
	}{{10, 0}, {20, stereo.Frame()}, {30, at(1000)}} // the third begins in the second piece
	if len(k.samples) != 3 {
		t.Fatalf("got %d frames, want 3", len(k.samples))
	}
	for i, w := range want {
		if s := k.samples[i]; len(s.Data) != w.n || s.DTS != w.at {
			t.Errorf("frame %d: got %d bytes at %s, want %d at %s", i, len(s.Data), s.DTS, w.n, w.at)
		}
	}
}

func TestGarbageBetweenFramesOfAACIsSkipped(t *testing.T) {
	var k kept
	tr := New(&k)
	tr.Parameters(sample.H264, [][]byte{spsSmall, pps})
	var a ADTS
	// What stands before the second frame looks like the header of a longer one.
	pieces := [][]byte{slices.Concat([]byte{1, 2, 0xff, 3}, frame(10, 1), []byte{0xff, 0xf1, 0}, frame(20, 2)), slices.Repeat(frame(1000, 3), 9)}
	for _, b := range pieces {
		if err := a.Write(b, 0, tr); err != nil {
			t.Fatal(err)
		}
	}
	if len(k.samples) != 11 || len(k.samples[1].Data) != 20 || len(k.samples[10].Data) != 1000 {
		t.Errorf("got %d frames, want 11", len(k.samples))
	}
}

func TestFormatsOfSound(t *testing.T) {
	for name, c := range map[string]struct {
		config []byte
		want   []byte
	}{
		"plain":                            {[]byte{0x11, 0x90}, []byte{0x11, 0x90}},
		"with FFmpeg's note about no SBR":  {[]byte{0x11, 0x90, 0x56, 0xe5, 0x00}, []byte{0x11, 0x90}},
		"44.1 kHz":                         {[]byte{0x12, 0x10}, []byte{0x12, 0x10}},
		"frames of 960":                    {[]byte{0x11, 0x94}, nil},
		"no channels":                      {[]byte{0x11, 0x80}, nil},
		"another object type (AAC main)":   {[]byte{0x09, 0x90}, nil},
		"nothing":                          {nil, nil},
		"a rate that is given as a number": {binary.BigEndian.AppendUint64(nil, 0x1780_00c8_1000_0000), nil},
	} {
		f, err := AACFormat(c.config)
		if (err == nil) != (c.want != nil) || err == nil && !bytes.Equal(f.Config, c.want) {
			t.Errorf("%s: got %x, %v, want %x", name, f.Config, err, c.want)
		}
	}
	if _, err := OpusFormat(6); !errors.As(err, new(Unsupported)) {
		t.Errorf("six channels of Opus: got %v", err)
	}
}

func FuzzADTS(f *testing.F) {
	f.Add(slices.Concat(frame(10, 1), frame(20, 2)), 5)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		var k kept
		tr := New(&k)
		var a ADTS
		cut = min(max(cut, 0), len(b))
		_ = a.Write(b[:cut], 0, tr)
		_ = a.Write(b[cut:], at(100), tr)
		if len(a.rest) > adtsMost {
			t.Errorf("%d bytes are held", len(a.rest))
		}
	})
}

func FuzzPictures(f *testing.F) {
	f.Add(slices.Concat([]byte{0, 0, 1}, spsSmall, []byte{0, 0, 1}, pps, []byte{0, 0, 1}, idr), false)
	f.Fuzz(func(t *testing.T, b []byte, hevc bool) {
		var k kept
		tr := New(&k)
		codec := sample.H264
		if hevc {
			codec = sample.HEVC
		}
		tr.Picture(codec, ByteStream(b), 0, 0)
		tr.End()
		for _, s := range k.samples {
			if _, ok := Lengths(s.Data, 4); !ok {
				t.Errorf("%x has no lengths", s.Data)
			}
		}
	})
}
