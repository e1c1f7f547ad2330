package mpegts

import (
	"os"
	"slices"
	"testing"
)

func load(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".ts")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The segments are the first packets of FFmpeg's.
func TestStreamsOfSegments(t *testing.T) {
	for _, c := range []struct {
		file          string
		codecs        []string
		width, height int
		rate          float64
	}{
		{"avc", []string{"avc1.42c00c", "mp4a.40.2"}, 320, 180, 25},
		{"hevc", []string{"hvc1.1.6.L60.90", "ac-3"}, 320, 180, 0},
		{"mp3", []string{"avc1.42c028", "mp4a.40.34"}, 1920, 1080, 29.97},
	} {
		p, ok := Parse(load(t, c.file))
		var codecs []string
		for _, s := range p.Streams {
			codecs = append(codecs, s.Codec)
		}
		rate := float64(int(100*p.Picture.Rate+.5)) / 100
		if !ok || !slices.Equal(codecs, c.codecs) || p.Picture.Width != c.width || p.Picture.Height != c.height || rate != c.rate {
			t.Errorf("%s: got %v, %v, %+v, want %v, %dx%d at %v", c.file, ok, codecs, p.Picture, c.codecs, c.width, c.height, c.rate)
		}
	}
}

func TestWhatIsNoProgramHasNoStreams(t *testing.T) {
	b := load(t, "avc")
	for name, body := range map[string][]byte{"nothing": nil, "text": []byte("#EXTM3U"), "no map": b[:188], "another size": b[1:]} {
		if p, ok := Parse(body); ok {
			t.Errorf("%s: got %+v", name, p)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"avc", "hevc", "mp3"} {
		f.Add(load(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, _ := Parse(b)
		if p.Picture.Width < 0 || p.Picture.Height < 0 || p.Picture.Rate < 0 {
			t.Errorf("got %+v", p.Picture)
		}
	})
}
