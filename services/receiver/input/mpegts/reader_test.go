package mpegts

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/inputtest"
	"livestream-tui/services/receiver/sample"
)

// film makes a film and returns its bytes and its path.
func film(t testing.TB, s inputtest.Signal) ([]byte, string) {
	t.Helper()
	if s.Length == 0 {
		s.Length = 4 * time.Second
	}
	path := inputtest.Film(t, "film.ts", s)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b, path
}

// read reads a stream, and returns what came of it and what was said of it.
func read(t testing.TB, b []byte) (*inputtest.Connection, []error) {
	t.Helper()
	sink := inputtest.NewSink()
	sink.Open(input.About{})
	c := sink.Connections()[0]
	if err := Copy(c, bytes.NewReader(b), sink.Failed); err != nil {
		t.Fatal(err)
	}
	return c, sink.Failures()
}

func TestEverySampleComesOnceInOrderAtItsTime(t *testing.T) {
	for name, s := range map[string]inputtest.Signal{
		"H.264 and AAC":           {},
		"H.264 with B-frames":     {BFrames: 2},
		"HEVC":                    {Codec: "libx265", Rate: 50},
		"HEVC with B-frames":      {Codec: "libx265", BFrames: 3},
		"Opus":                    {Audio: "libopus"},
		"no sound":                {Audio: "none"},
		"one frame of sound each": {Extra: []string{"-pes_payload_size", "0"}},
	} {
		t.Run(name, func(t *testing.T) {
			b, path := film(t, s)
			c, failures := read(t, b)
			inputtest.SameTimes(t, c.Of(sample.Video), inputtest.Probe(t, path, sample.Video))
			if s.Audio != "none" {
				inputtest.SameTimes(t, c.Of(sample.Audio), inputtest.Probe(t, path, sample.Audio))
			}
			if len(failures) > 0 {
				t.Errorf("got %v, want no failures", failures)
			}
			formats, at := c.Formats()
			if len(formats) != 1 || at[0] != 0 {
				t.Fatalf("got %d formats at %v, want one before all samples", len(formats), at)
			}
			wellFormed(t, formats[0], c.Samples())
		})
	}
}

// wellFormed checks that samples are as package sample says.
func wellFormed(t *testing.T, f sample.Format, samples []sample.Sample) {
	t.Helper()
	for i, s := range samples {
		if s.Track == sample.Audio {
			if len(s.Data) > 1 && s.Data[0] == 0xff && s.Data[1]&0xf6 == 0xf0 && f.Audio.Codec == sample.AAC {
				t.Fatalf("sample %d has an ADTS header", i)
			}
			continue
		}
		var kinds []byte
		for b := s.Data; len(b) > 0; {
			n := int(binary.BigEndian.Uint32(b))
			unit := b[4 : 4+n]
			kind := unit[0] & 0x1f
			if f.Video.Codec == sample.HEVC {
				kind = unit[0] >> 1
			}
			kinds = append(kinds, kind)
			b = b[4+n:]
		}
		sets, delimiter := []byte{7, 8}, byte(9)
		if f.Video.Codec == sample.HEVC {
			sets, delimiter = []byte{32, 33, 34}, 35
		}
		if bytes.IndexByte(kinds, delimiter) >= 0 {
			t.Fatalf("sample %d has a delimiter: %v", i, kinds)
		}
		if s.Sync != bytes.HasPrefix(kinds, sets) || bytes.Count(kinds, sets[:1]) > 1 {
			t.Fatalf("sample %d has the units %v, key frame %t", i, kinds, s.Sync)
		}
	}
}

func TestTheFormatSaysWhatTheStreamIs(t *testing.T) {
	b, _ := film(t, inputtest.Signal{Size: "320x180", Rate: 50, Length: time.Second})
	c, _ := read(t, b)
	formats, _ := c.Formats()
	v, a := formats[0].Video, formats[0].Audio
	if v.Codec != sample.H264 || v.Width != 320 || v.Height != 180 || v.FPS != 50 || v.SPS == nil || v.PPS == nil {
		t.Errorf("got %+v", v)
	}
	if a == nil || a.Codec != sample.AAC || a.Rate != 48000 || a.Channels != 2 || !bytes.Equal(a.Config, []byte{0x11, 0x90}) {
		t.Errorf("got %+v", a)
	}
}

func TestBytesMayComeInAnyPieces(t *testing.T) {
	b, _ := film(t, inputtest.Signal{Length: 2 * time.Second})
	whole, _ := read(t, b)
	sink := inputtest.NewSink()
	sink.Open(input.About{})
	c := sink.Connections()[0]
	if err := Copy(c, iotest.OneByteReader(bytes.NewReader(b)), nil); err != nil {
		t.Fatal(err)
	}
	if got, want := len(c.Samples()), len(whole.Samples()); got != want {
		t.Errorf("byte by byte: got %d samples, want %d", got, want)
	}
}

// packets cuts a stream into its packets.
func packets(b []byte) [][]byte {
	var list [][]byte
	for ; len(b) >= packetSize; b = b[packetSize:] {
		list = append(list, bytes.Clone(b[:packetSize]))
	}
	return list
}

func pidOf(p []byte) int { return int(p[1]&0x1f)<<8 | int(p[2]) }

func TestAStreamMayBeginAnywhere(t *testing.T) {
	b, path := film(t, inputtest.Signal{GOP: 25})
	list := packets(b)
	c, _ := read(t, bytes.Join(list[len(list)/2:], nil)[77:])
	got := c.Of(sample.Video)
	if len(got) == 0 || !got[0].Sync {
		t.Fatalf("got %d pictures, want some, the first one a key frame", len(got))
	}
	want := inputtest.Probe(t, path, sample.Video)
	inputtest.SameTimes(t, got, want[len(want)-len(got):])
}

func TestGarbageBetweenPacketsCostsNoMoreThanAPictureEach(t *testing.T) {
	b, path := film(t, inputtest.Signal{})
	var dirty []byte
	for i, p := range packets(b) {
		if i%200 == 150 {
			dirty = append(dirty, bytes.Repeat([]byte{syncByte, 0x1f}, 50)...)
		}
		dirty = append(dirty, p...)
	}
	c, _ := read(t, dirty)
	got, want := len(c.Samples()), len(inputtest.Probe(t, path, sample.Video))+len(inputtest.Probe(t, path, sample.Audio))
	// The packet before the garbage is lost, and with it at most one picture and one packet of
	// sound, which has several frames.
	if places := len(packets(b)) / 200; got < want-10*places || got > want {
		t.Errorf("got %d of %d samples with garbage at %d places", got, want, places)
	}
	inOrder(t, c.Samples())
}

func inOrder(t *testing.T, samples []sample.Sample) {
	t.Helper()
	last := map[sample.Track]time.Duration{}
	for i, s := range samples {
		if before, ok := last[s.Track]; ok && s.DTS <= before {
			t.Fatalf("sample %d of %s is decoded at %s, the one before at %s", i, s.Track, s.DTS, before)
		}
		last[s.Track] = s.DTS
	}
}

func TestADamagedPictureIsLeftOutAndTheOthersCome(t *testing.T) {
	b, path := film(t, inputtest.Signal{Audio: "none", Size: "640x360", GOP: 25})
	want := inputtest.Probe(t, path, sample.Video)
	var kept []byte
	pictures, dropped := 0, 0
	for _, p := range packets(b) {
		if pidOf(p) == 256 {
			if p[1]&0x40 != 0 {
				pictures++
			} else if pictures == 10 && dropped == 0 {
				dropped++
				continue // in the middle of the tenth picture
			}
		}
		kept = append(kept, p...)
	}
	if dropped != 1 {
		t.Fatal("the tenth picture has one packet alone")
	}
	c, _ := read(t, kept)
	inputtest.SameTimes(t, c.Of(sample.Video), append(want[:9:9], want[10:]...))
}

func TestTimestampsGoOnPastTheirWrap(t *testing.T) {
	// Three seconds before 2^33 / 90 kHz.
	b, _ := film(t, inputtest.Signal{BFrames: 2, Length: 6 * time.Second, Extra: []string{"-muxdelay", "0", "-muxpreload", "0", "-output_ts_offset", "95440.717"}})
	c, _ := read(t, b)
	video := c.Of(sample.Video)
	if len(video) != 150 {
		t.Fatalf("got %d pictures, want 150", len(video))
	}
	inOrder(t, c.Samples())
	if span := video[149].DTS - video[0].DTS; (span - 149*40*time.Millisecond).Abs() > time.Millisecond {
		t.Errorf("got pictures over %s, want 5.96s", span)
	}
	if wrap := 26*time.Hour + 30*time.Minute + 43*time.Second; video[0].DTS > wrap || video[149].DTS < wrap {
		t.Errorf("the film from %s to %s does not pass the wrap at %s", video[0].DTS, video[149].DTS, wrap)
	}
	for _, s := range video {
		if d := s.PTS - s.DTS; d < 0 || d > time.Second {
			t.Fatalf("a picture is decoded at %s and shown at %s", s.DTS, s.PTS)
		}
	}
}

func TestSoundThatIsAnnouncedAndDoesNotComeIsNotAwaitedForLong(t *testing.T) {
	b, _ := film(t, inputtest.Signal{})
	var mute []byte
	for _, p := range packets(b) {
		if pidOf(p) != 257 {
			mute = append(mute, p...)
		}
	}
	sink := inputtest.NewSink()
	sink.Open(input.About{})
	c := sink.Connections()[0]
	r := New(c, nil)
	for _, p := range packets(mute) {
		_, _ = r.Write(p)
		if len(c.Samples()) > 0 {
			break
		}
	}
	video := c.Of(sample.Video)
	if len(video) == 0 {
		t.Fatal("got no pictures")
	}
	if held := video[len(video)-1].DTS - video[0].DTS; held > 1100*time.Millisecond || held < 900*time.Millisecond {
		t.Errorf("pictures came after %s, want a second", held)
	}
	if formats, _ := c.Formats(); len(formats) != 1 || formats[0].Audio != nil {
		t.Errorf("got %+v, want one format without sound", formats)
	}
}

func TestPicturesComeAtOnceWhereSoundIsThere(t *testing.T) {
	b, _ := film(t, inputtest.Signal{})
	sink := inputtest.NewSink()
	sink.Open(input.About{})
	c := sink.Connections()[0]
	r := New(c, nil)
	var pictures int
	for _, p := range packets(b) {
		_, _ = r.Write(p)
		if pidOf(p) == 256 && p[1]&0x40 != 0 {
			pictures++
		}
		if len(c.Of(sample.Video)) > 0 {
			break
		}
	}
	// FFmpeg puts the first packet of sound behind some pictures.
	if pictures > 15 {
		t.Errorf("the first picture came after %d, want within 15", pictures)
	}
}

func TestSoundThatAppearsLaterChangesTheFormat(t *testing.T) {
	b, _ := film(t, inputtest.Signal{})
	var late []byte
	for i, p := range packets(b) {
		if pidOf(p) != 257 || i > len(b)/packetSize/2 {
			late = append(late, p...)
		}
	}
	c, _ := read(t, late)
	formats, at := c.Formats()
	if len(formats) != 2 || formats[0].Audio != nil || formats[1].Audio == nil {
		t.Fatalf("got %+v, want one format without and one with sound", formats)
	}
	for i, s := range c.Samples() {
		if s.Track == sample.Audio && i < at[1] {
			t.Fatal("sound came before its format")
		}
	}
}

func TestAChangeOfResolutionIsAFormatBeforeItsPictures(t *testing.T) {
	a, _ := film(t, inputtest.Signal{Length: 2 * time.Second})
	b, _ := film(t, inputtest.Signal{Size: "320x180", Length: 2 * time.Second})
	c, _ := read(t, append(a, b...))
	formats, at := c.Formats()
	if len(formats) != 2 || formats[1].Video.Width != 320 {
		t.Fatalf("got %+v, want two formats", formats)
	}
	first := c.Samples()[at[1]]
	if first.Track != sample.Video || !first.Sync || !bytes.Contains(first.Data, formats[1].Video.SPS) {
		t.Errorf("the first sample after the change is %s, key frame %t", first.Track, first.Sync)
	}
}

func TestTheProgramMapMayChange(t *testing.T) {
	a, _ := film(t, inputtest.Signal{Length: 2 * time.Second, Audio: "none"})
	b, _ := film(t, inputtest.Signal{Codec: "libx265", Length: 2 * time.Second, Extra: []string{"-mpegts_start_pid", "700", "-mpegts_pmt_start_pid", "800"}})
	c, failures := read(t, append(a, b...))
	formats, _ := c.Formats()
	if len(formats) < 2 || formats[0].Video.Codec != sample.H264 || formats[len(formats)-1].Video.Codec != sample.HEVC || formats[len(formats)-1].Audio == nil {
		t.Fatalf("got %+v, want H.264 without sound, then HEVC with sound", formats)
	}
	if got := len(c.Of(sample.Video)); got != 100 || len(failures) > 0 {
		t.Errorf("got %d pictures, %v, want 100", got, failures)
	}
}

func TestADamagedTableIsIgnored(t *testing.T) {
	b, _ := film(t, inputtest.Signal{})
	list := packets(b)
	tables := 0
	for _, p := range list {
		if pid := pidOf(p); (pid == 0 || pid == 4096) && tables%4 < 2 {
			p[20] ^= 0x13 // the PID that the table names
			tables++
		} else if pid == 0 || pid == 4096 {
			tables++
		}
	}
	if tables < 8 {
		t.Fatalf("the film has %d tables", tables)
	}
	c, failures := read(t, bytes.Join(list, nil))
	formats, _ := c.Formats()
	if len(formats) != 1 || len(failures) > 0 || len(c.Of(sample.Video)) < 50 {
		t.Errorf("got %d formats, %v, %d pictures, want the 50 from the second key frame on", len(formats), failures, len(c.Of(sample.Video)))
	}
}

func TestWhatIsNotTakenIsNamed(t *testing.T) {
	for _, c := range []struct {
		name   string
		signal inputtest.Signal
		says   string
		video  bool
	}{
		{"MPEG-2 pictures", inputtest.Signal{Codec: "mpeg2video"}, "its pictures are MPEG-2: set the encoder to H.264 or HEVC", false},
		{"MPEG audio", inputtest.Signal{Audio: "mp2"}, "its sound is MPEG-1 audio: set the encoder to AAC or Opus", true},
		{"AC-3", inputtest.Signal{Audio: "ac3"}, "its sound is AC-3: set the encoder to AAC or Opus", true},
		{"no pictures", inputtest.Signal{Extra: []string{"-vn"}}, "it has no pictures", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, _ := film(t, c.signal)
			got, failures := read(t, b)
			if len(failures) != 1 || !strings.Contains(failures[0].Error(), c.says) {
				t.Errorf("got %v, want %q", failures, c.says)
			}
			if video := len(got.Of(sample.Video)); (video > 0) != c.video {
				t.Errorf("got %d pictures", video)
			}
		})
	}
}
