package transcoder

import (
	"bytes"
	"encoding/binary"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var films = []struct {
	name, rate, picture, sound string
	turn                       time.Duration
	spoken                     float64 // until when the sound lasts in each turn, in seconds
	file                       string
	options                    []string
}{
	{"a length that is no whole number of segments", "25", "3", "3", 6 * time.Second, 3, "film.mp4", nil},
	{"sound that is shorter", "25", "6", "2", 6 * time.Second, 2, "film.ts", nil},
	{"sound that is longer", "25", "2", "6", 6 * time.Second, 6, "film.mov", nil},
	{"frames of 1001/30000 s", "30000/1001", "4.004", "4.004", 4004 * time.Millisecond, 4, "film.mkv", nil},
	{"a stream that was saved at a time of day", "25", "4", "4", 4 * time.Second, 4, "film.mp4", strings.Fields("-output_ts_offset 1790000000 " +
		"-movflags +empty_moov+default_base_moof+frag_keyframe+frag_discont -avoid_negative_ts disabled -use_editlist 0")},
}

func TestPictureAndSoundStayTogetherOverTurns(t *testing.T) {
	for _, c := range films {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := newTranscoder(t)
			m, err := tr.Make(t.Context(), film(t, c.file, c.rate, c.picture, c.sound, c.options...))
			if err != nil {
				t.Fatal(err)
			}
			if m.Turn != c.turn {
				t.Errorf("got a turn of %s, want %s", m.Turn, c.turn)
			}
			picture, sound := standing(t, live(t, m, 0, 3*m.Turn), rateOf(t, c.rate))
			if len(sound) < int(3*m.Turn/time.Second)*2-3 {
				t.Fatalf("got %d half seconds of sound in three turns", len(sound))
			}
			length := max(secondsOf(c.picture), secondsOf(c.sound)).Seconds()
			for i := range min(len(picture), len(sound)) {
				at := math.Mod(0.25+float64(i)/2, length)
				if math.Mod(at+0.1, length) < 0.2 || math.Abs(at-c.spoken) < 0.1 {
					continue // between two turns
				}
				if want := min(at, secondsOf(c.picture).Seconds()); math.Abs(picture[i]-want) > 0.15 {
					t.Errorf("half second %d: the picture stands at %.2f, want %.2f", i, picture[i], want)
				}
				if silent := math.IsNaN(sound[i]); silent != (at > c.spoken) || !silent && math.Abs(sound[i]-at) > 0.04 {
					t.Errorf("half second %d: the sound stands at %.2f, want %.2f", i, sound[i], at)
				}
			}
		})
	}
}

func TestARecordingThatBeginsAnywhereStaysInSync(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	whole := film(t, "whole.ts", "25", "8", "8", "-g", "50", "-bf", "0")
	cut := filepath.Join(t.TempDir(), "cut.ts")
	run(t, "-ss", "2.5", "-i", whole.File, "-c", "copy", cut) // sound from there, picture from the next key frame
	m, err := tr.Make(t.Context(), fileOf(t, cut))
	if err != nil {
		t.Fatal(err)
	}
	picture, sound := standing(t, live(t, m, 0, 2*m.Turn), 25)
	for i := 4; i < 9 && i < min(len(picture), len(sound)); i++ { // the picture has begun, the sound has not ended
		if math.Abs(picture[i]-sound[i]) > 0.15 {
			t.Errorf("half second %d: the picture stands at %.2f, the sound at %.2f", i, picture[i], sound[i])
		}
	}
}

func TestAnyStartGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	m, err := tr.Make(t.Context(), film(t, "film.mp4", "24000/1001", "1", "1"))
	if err != nil {
		t.Fatal(err)
	}
	early, late := live(t, m, 0, 6*m.Segment), live(t, m, 2*m.Segment, 4*m.Segment)
	// All but the first segment of the later start, whose sound begins elsewhere. The
	// numbers of fragments count from the start.
	a, b := fragments(early), fragments(late)
	n := len(b) * 3 / 4
	for i := 1; i <= n; i++ {
		if !bytes.Equal(a[len(a)-i], b[len(b)-i]) {
			t.Fatalf("fragment %d from the end differs between two starts", i)
		}
	}
}

// fragments are the media of a capture's fragments.
func fragments(b []byte) [][]byte {
	var list [][]byte
	for len(b) >= 8 {
		n := binary.BigEndian.Uint32(b)
		if string(b[4:8]) == "mdat" {
			list = append(list, b[:n])
		}
		b = b[n:]
	}
	return list
}
