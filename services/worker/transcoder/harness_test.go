package transcoder

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/worker/ffmpeg"
	"livestream-tui/services/worker/mezzanine"
)

type noProgress struct{}

func (noProgress) Update(string, string, float64) {}
func (noProgress) Done(string, string, bool)      {}

func lookUp(t *testing.T, command string) string {
	t.Helper()
	path, err := exec.LookPath(command)
	if err != nil {
		t.Fatalf("%s is needed: %v", command, err)
	}
	return path
}

func newTranscoder(t *testing.T) *Transcoder {
	t.Helper()
	spawner := child.NewSpawner()
	t.Cleanup(spawner.Close)
	tr, err := New(Config{FFmpeg: lookUp(t, "ffmpeg"), FFprobe: lookUp(t, "ffprobe"), Cache: t.TempDir(), FilmSize: "160x90"}, spawner, noProgress{})
	if err != nil {
		t.Fatal(err)
	}
	shared.filters.Do(func() { shared.has = tr.askFilters() })
	tr.filters = func() map[string]bool { return shared.has }
	return tr
}

// shared is what is made once for all tests. The films are only read.
var shared struct {
	filters sync.Once
	has     map[string]bool // filters of this FFmpeg

	mu     sync.Mutex
	folder string                            // made by TestMain
	films  map[string]func() ([]byte, error) // by what they are made of; guarded by mu
}

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "films-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(folder)
		shared.folder, shared.films = folder, map[string]func() ([]byte, error){}
		return m.Run()
	}())
}

// run runs FFmpeg and returns what it wrote.
func run(t *testing.T, args ...string) []byte {
	t.Helper()
	out, err := tryRun(args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryRun(args ...string) ([]byte, error) {
	c := exec.Command("ffmpeg", append([]string{"-hide_banner", "-nostdin", "-v", "error", "-y"}, args...)...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("ffmpeg %s: %w: %s", strings.Join(args, " "), err, said.String())
	}
	return out, nil
}

// Films show their own time: the picture by its brightness, 40 and 10 more each
// second, the sound by its pitch, 500 Hz and 200 more each second.
const (
	timedPicture = "color=c=gray:s=64x36:r=RATE:d=LENGTH,geq=lum='40+10*T':cb=128:cr=128"
	timedSound   = "aevalsrc='0.2*sin(2*PI*(500*t+100*t*t))':s=48000:d=LENGTH"
)

// film returns a film of its own whose picture is so long at a rate, and its sound so long.
func film(t *testing.T, name, rate, picture, sound string, options ...string) Film {
	t.Helper()
	inputs := []string{"-f", "lavfi", "-i", strings.NewReplacer("RATE", rate, "LENGTH", picture).Replace(timedPicture)}
	if sound != "" {
		inputs = append(inputs, "-f", "lavfi", "-i", strings.ReplaceAll(timedSound, "LENGTH", sound))
	}
	return filmOf(t, name, append(inputs, options...)...)
}

// filmOf returns a film of its own, encoded from inputs. Equal ones are encoded once.
func filmOf(t *testing.T, name string, inputs ...string) Film {
	t.Helper()
	args := append(inputs[:len(inputs):len(inputs)], "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
	key := strings.Join(append(args, filepath.Ext(name)), " ")
	shared.mu.Lock()
	encode := shared.films[key]
	if encode == nil {
		file := filepath.Join(shared.folder, fmt.Sprint(len(shared.films), filepath.Ext(name)))
		encode = sync.OnceValues(func() ([]byte, error) {
			if _, err := tryRun(append(args, file)...); err != nil {
				return nil, err
			}
			return os.ReadFile(file)
		})
		shared.films[key] = encode
	}
	shared.mu.Unlock()
	b, err := encode()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return fileOf(t, file)
}

func fileOf(t *testing.T, file string) Film {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return Film{Signal: "live01", File: file, Size: info.Size(), Modified: info.ModTime()}
}

// live plays a mezzanine from a position of its loop on for some time.
func live(t *testing.T, m mezzanine.Mezzanine, in, length time.Duration) []byte {
	t.Helper()
	grid := media.Grid{Segment: m.Segment}
	args, err := m.Args(grid, int64((in+1000*m.Loop)/m.Segment))
	if err != nil {
		t.Fatal(err)
	}
	args = append(args[:len(args)-1:len(args)-1], "-to", ffmpeg.Seconds(in+length), args[len(args)-1])
	out, err := exec.Command(lookUp(t, "ffmpeg"), args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// standing is where a film stands by its picture and by its sound, each half second of
// a capture of that rate; not a number where there is silence.
func standing(t *testing.T, capture []byte, rate float64) (picture, sound []float64) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "capture.mp4")
	if err := os.WriteFile(file, capture, 0o644); err != nil {
		t.Fatal(err)
	}
	tones := filepath.Join(t.TempDir(), "tones.pcm")
	grey := run(t, "-i", file, "-map", "0:v", "-vf", "extractplanes=y,scale=1:1:flags=area:in_range=tv:out_range=tv", "-pix_fmt", "gray", "-fps_mode", "passthrough", "-f", "rawvideo", "-",
		"-map", "0:a", "-ac", "1", "-ar", "48000", "-f", "s16le", tones)
	for at := 0.25; int(at*rate) < len(grey); at += 0.5 {
		picture = append(picture, (float64(grey[int(at*rate)])-40)/10)
	}
	pcm, err := os.ReadFile(tones)
	if err != nil {
		t.Fatal(err)
	}
	samples := make([]int16, len(pcm)/2)
	if err := binary.Read(bytes.NewReader(pcm), binary.LittleEndian, samples); err != nil {
		t.Fatal(err)
	}
	for i := 12000 - 2400; i+4800 <= len(samples); i += 24000 {
		sound = append(sound, (pitch(samples[i:i+4800])-500)/200)
	}
	return picture, sound
}

func rateOf(t *testing.T, s string) float64 {
	t.Helper()
	for _, r := range rates {
		if r.String() == s {
			return r.value()
		}
	}
	t.Fatalf("%q is not one of the rates", s)
	return 0
}

// pitch is the frequency of a tone at 48 kHz; not a number where there is silence.
func pitch(samples []int16) float64 {
	first, last, n := -1, -1, 0
	loud := false
	for i := 1; i < len(samples); i++ {
		loud = loud || samples[i] > 400
		if samples[i-1] < 0 && samples[i] >= 0 {
			if first < 0 {
				first = i
			}
			last, n = i, n+1
		}
	}
	if !loud || n < 3 {
		return math.NaN()
	}
	return float64(n-1) * sampleRate / float64(last-first)
}
