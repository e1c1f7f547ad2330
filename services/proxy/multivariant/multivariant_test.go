package multivariant

import (
	"os"
	"strings"
	"testing"
	"time"
)

const second = time.Second

func TestPeak(t *testing.T) {
	for _, c := range []struct {
		name     string
		segments []Segment
		target   time.Duration
		want     int64
	}{
		{"nothing", nil, 2 * second, 0},
		{"one", []Segment{{1, 1000, 2 * second}}, 2 * second, 4000},
		{"the largest", []Segment{{1, 1000, 2 * second}, {2, 3000, 2 * second}, {3, 500, 2 * second}}, 2 * second, 12000},
		{"one too short counts with its neighbour", []Segment{{1, 1000, 2 * second}, {2, 1000, second / 2}}, 2 * second, 6400},
		{"short ones together", []Segment{{1, 100, second}, {2, 300, second}, {3, 300, second}, {4, 10, second}}, 4 * second, 2400},
		{"none is contiguous", []Segment{{1, 100, second}, {3, 300, second}}, 4 * second, 0},
		{"longer than one may be", []Segment{{1, 10000, 10 * second}}, 4 * second, 0},
		{"no target", []Segment{{1, 100, second}}, 0, 0},
	} {
		if got := Peak(c.segments, c.target); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
	if got := Average([]Segment{{1, 1000, 2 * second}, {2, 3000, 2 * second}}); got != 8000 {
		t.Errorf("average: got %d, want 8000", got)
	}
}

// Players keep what they were told, so it changes only where it was wrong.
func TestBitRatesDoNotJitter(t *testing.T) {
	avc := Media{Codecs: []string{"avc1.640020"}, Width: 1280, Height: 720, FrameRate: 25}
	p := Playlist{}.Next(avc, 5_123_456, 4_011_000)
	if p.Peak != 5_200_000 || p.Average != 4_100_000 {
		t.Fatalf("got %+v, want rates rounded up to two digits", p)
	}
	for _, c := range []struct {
		name          string
		peak, average int64
		want, wanted  int64
	}{
		{"a little less", 4_900_000, 3_700_000, 5_200_000, 4_100_000},
		{"a higher peak", 6_000_001, 4_100_000, 6_100_000, 4_100_000},
		{"another average", 5_000_000, 2_000_000, 5_200_000, 2_000_000},
	} {
		if got := p.Next(avc, c.peak, c.average); got.Peak != c.want || got.Average != c.wanted {
			t.Errorf("%s: got %d and %d, want %d and %d", c.name, got.Peak, got.Average, c.want, c.wanted)
		}
	}
	if got := p.Next(Media{}, 1, 1); got.Width != 1280 || got.Codecs == nil || got.FrameRate != 25 {
		t.Errorf("nothing to look at: got %+v, want what was known", got)
	}
	if got := p.Next(Media{Codecs: []string{"hvc1.1.6.L60.90"}}, 1000, 1000); got.Peak != 1000 || got.Width != 0 {
		t.Errorf("another format: got %+v, want all anew", got)
	}
	if got := p.Next(Media{FrameRate: 24.9}, 1, 1); got.FrameRate != 25 {
		t.Errorf("measured again: got frame rate %v, want 25", got.FrameRate)
	}
}

func TestEncode(t *testing.T) {
	p := Playlist{Media: Media{Codecs: []string{"avc1.640020", "mp4a.40.2"}, Width: 1280, Height: 720, FrameRate: 30000. / 1001, Independent: true}, Peak: 5e6, Average: 4e6}
	want := "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n" +
		"#EXT-X-STREAM-INF:BANDWIDTH=5000000,AVERAGE-BANDWIDTH=4000000,CODECS=\"avc1.640020,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=29.970\nplaylist.m3u8?t=1\n"
	if got := string(p.Encode("playlist.m3u8?t=1")); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	bare := string(Playlist{Peak: 1000, Average: 1000}.Encode("playlist.m3u8"))
	for _, name := range []string{"CODECS", "RESOLUTION", "FRAME-RATE"} {
		if strings.Contains(bare, name) {
			t.Errorf("got %s, want no %s", bare, name)
		}
	}
}

func TestLook(t *testing.T) {
	read := func(name string) []byte {
		b, err := os.ReadFile("../../hls/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		name          string
		init, segment []byte
		want          string
		width         int
		rate          float64
	}{
		{"nothing", nil, nil, "", 0, 0},
		{"a word", nil, []byte("oops"), "", 0, 0},
		{"fMP4, its init alone", read("fmp4/testdata/codecs/avc.mp4"), nil, "avc1.64000c,mp4a.40.2", 320, 0},
		{"MPEG-TS", nil, read("mpegts/testdata/mp3.ts"), "avc1.42c028,mp4a.40.34", 1920, 30000. / 1001},
		{"MPEG-TS that does not say its rate", nil, read("mpegts/testdata/hevc.ts"), "hvc1.1.6.L60.90,ac-3", 320, 1},
		{"packed audio", nil, append([]byte("ID3\x04\x00\x00\x00\x00\x00\x01x"), 0xff, 0xf1, 0x50, 0x80, 0, 0), "mp4a.40.2", 0, 0},
	} {
		m := Look(c.init, c.segment, second)
		if got := strings.Join(m.Codecs, ","); got != c.want || m.Width != c.width || max(m.FrameRate-c.rate, c.rate-m.FrameRate) > .001 {
			t.Errorf("%s: got %q, width %d at %v, want %q, %d at %v", c.name, got, m.Width, m.FrameRate, c.want, c.width, c.rate)
		}
	}
}
