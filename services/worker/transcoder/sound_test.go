package transcoder

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"livestream-tui/services/worker/mezzanine"
)

func TestSoundIsTheDefaultTrackElseTheNextElseSilence(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	f := film(t, "film.mp4", "25", "2", "2")
	b, err := os.ReadFile(f.File)
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.LastIndex(b, []byte("mp4a"))
	copy(b[i:], "apac") // a codec that FFmpeg does not know
	copy(b[i+bytes.Index(b[i:], []byte("esds")):], "dapa")
	if err := os.WriteFile(f.File, b, 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := tr.Make(t.Context(), fileOf(t, f.File))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Remarks) != 2 || !strings.Contains(m.Remarks[0], "cannot be decoded") || m.Remarks[1] != "the film is silent" {
		t.Errorf("got remarks %q, want what is missing", m.Remarks)
	}
}

func TestLoudnessStays(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	tone := "0.1*sin(2*PI*1000*t)"
	for _, c := range []struct {
		name, source string
		want         float64 // highest sample of each side
	}{
		{"stereo", tone + "|" + tone, 0.1},
		{"mono in both", tone, 0.1},
		{"speech in the middle", "0|0|" + tone + "|0|0|0:c=5.1", 0.1 * math.Sqrt2 / 2},
		{"a loud mix is limited", "0.9*sin(2*PI*300*t)|0.9*sin(2*PI*300*t)|0.9*sin(2*PI*300*t)|0|0|0:c=5.1", 0.97},
	} {
		file := filepath.Join(t.TempDir(), "film.mov")
		run(t, "-f", "lavfi", "-i", "color=s=64x36:r=25:d=2", "-f", "lavfi", "-i", "aevalsrc="+c.source+":s=48000:d=2",
			"-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_s16le", file)
		// The sound alone is made, as the picture has no part in it.
		s, err := tr.probe(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		making := conversion{t: tr, film: fileOf(t, file), source: s, work: t.TempDir(), progress: func(float64) {}}
		samples, err := making.sound(t.Context())
		if err == nil {
			err = making.finishSound(t.Context(), newPlan(ratio{25, 1}, 50, samples), samples)
		}
		if err != nil {
			t.Fatal(err)
		}
		pcm := run(t, "-ss", "0.5", "-t", "1", "-i", making.path(mezzanine.SoundFile), "-ac", "2", "-f", "s16le", "-")
		heard := make([]int16, len(pcm)/2)
		if err := binary.Read(bytes.NewReader(pcm), binary.LittleEndian, heard); err != nil {
			t.Fatal(err)
		}
		for side, name := range []string{"left", "right"} {
			top := 0.0
			for i := side; i < len(heard); i += 2 {
				top = max(top, math.Abs(float64(heard[i]))/32768)
			}
			if got := 20 * math.Log10(top/c.want); math.Abs(got) > 0.5 {
				t.Errorf("%s: the %s side is %.1f dB off", c.name, name, got)
			}
		}
	}
}
