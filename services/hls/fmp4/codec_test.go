package fmp4

import (
	"os"
	"testing"
)

// The init sections are FFmpeg's.
func TestCodecsOfInitSections(t *testing.T) {
	for _, c := range []struct{ file, video, audio string }{
		{"avc", "avc1.64000c", "mp4a.40.2"},
		{"hevc", "hvc1.1.6.L60.90", "ac-3"},
		{"hev1", "hev1.2.4.L60.90", "ec-3"},
		{"vp9", "vp09.00.11.08", "Opus"},
		{"av1", "av01.0.00M.08", "fLaC"},
		{"mp3", "avc1.42c00c", "mp4a.6B"},
	} {
		b, err := os.ReadFile("testdata/codecs/" + c.file + ".mp4")
		if err != nil {
			t.Fatal(err)
		}
		in, err := ParseInit(b)
		if err != nil || len(in.Tracks) != 2 {
			t.Errorf("%s: got %+v, %v, want two tracks", c.file, in, err)
			continue
		}
		if v, a := in.Tracks[0], in.Tracks[1]; v.Codec != c.video || a.Codec != c.audio || v.Width != 320 || v.Height != 180 {
			t.Errorf("%s: got %q of %dx%d and %q, want %q of 320x180 and %q", c.file, v.Codec, v.Width, v.Height, a.Codec, c.video, c.audio)
		}
	}
}

// Every byte may be wrong: nothing panics, and what is not known has no name.
func FuzzCodecs(f *testing.F) {
	for _, name := range []string{"avc", "hevc", "vp9", "av1", "mp3"} {
		b, err := os.ReadFile("testdata/codecs/" + name + ".mp4")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		in, err := ParseInit(b)
		if err != nil {
			return
		}
		for _, track := range in.Tracks {
			for _, c := range track.Codec {
				if c <= ' ' || c > '~' || c == '"' || c == ',' {
					t.Errorf("got codec %q", track.Codec)
				}
			}
		}
	})
}
