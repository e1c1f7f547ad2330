package transcoder

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/worker/ffmpeg"
)

type noProgress struct{}

func (noProgress) Tell(string, string, float64) {}
func (noProgress) Done(string, string, bool)    {}

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
	return tr
}

// run runs FFmpeg and returns what it wrote.
func run(t *testing.T, args ...string) []byte {
	t.Helper()
	c := exec.Command(lookUp(t, "ffmpeg"), append([]string{"-hide_banner", "-nostdin", "-v", "error", "-y"}, args...)...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		t.Fatalf("ffmpeg %s: %v: %s", strings.Join(args, " "), err, said.String())
	}
	return out
}

// Films tell their own time: the picture by its brightness, 40 and 10 more each
// second, the sound by its pitch, 500 Hz and 200 more each second.
const (
	timedPicture = "color=c=gray:s=64x36:r=RATE:d=LENGTH,geq=lum='40+10*T':cb=128:cr=128"
	timedSound   = "aevalsrc='0.2*sin(2*PI*(500*t+100*t*t))':s=48000:d=LENGTH"
)

// film makes a film whose picture is so long at a rate, and its sound so long.
func film(t *testing.T, name, rate, picture, sound string, options ...string) Film {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	args := []string{"-f", "lavfi", "-i", strings.NewReplacer("RATE", rate, "LENGTH", picture).Replace(timedPicture)}
	if sound != "" {
		args = append(args, "-f", "lavfi", "-i", strings.ReplaceAll(timedSound, "LENGTH", sound))
	}
	args = append(args, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
	run(t, append(append(args, options...), file)...)
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
func live(t *testing.T, m Mezzanine, in, length time.Duration) []byte {
	t.Helper()
	if err := m.WriteLists(); err != nil {
		t.Fatal(err)
	}
	args := m.LiveArgs(in, 1000*m.Loop)
	args = append(args[:len(args)-1:len(args)-1], "-to", seconds(in+length), args[len(args)-1])
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
	grey := run(t, "-i", file, "-an", "-vf", "extractplanes=y,scale=1:1:flags=area:in_range=tv:out_range=tv", "-pix_fmt", "gray", "-fps_mode", "passthrough", "-f", "rawvideo", "-")
	for at := 0.25; int(at*rate) < len(grey); at += 0.5 {
		picture = append(picture, (float64(grey[int(at*rate)])-40)/10)
	}
	pcm := run(t, "-i", file, "-vn", "-ac", "1", "-ar", "48000", "-f", "s16le", "-")
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
	t.Fatalf("%q is none of the rates", s)
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

func TestPictureAndSoundStayTogetherOverTurns(t *testing.T) {
	for _, c := range []struct {
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
	} {
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

func TestHDRThatTellsLittleOfItselfIsAired(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	for _, c := range []struct{ transfer, matrix string }{{"smpte2084", "bt2020nc"}, {"arib-std-b67", "unknown"}, {"smpte2084", "bt2020c"}} {
		file := filepath.Join(t.TempDir(), "film.mp4")
		run(t, "-f", "lavfi", "-i", "color=c=gray:s=64x36:r=25:d=2", "-vf", "setparams=color_primaries=unknown", "-c:v", "libx264", "-preset", "ultrafast",
			"-pix_fmt", "yuv420p10le", "-color_trc", c.transfer, "-colorspace", c.matrix, file)
		if _, err := tr.Make(t.Context(), fileOf(t, file)); err != nil {
			t.Errorf("transfer %s, matrix %s: %v", c.transfer, c.matrix, err)
		}
	}
}

func TestAnyStartGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	m, err := tr.Make(t.Context(), film(t, "film.mp4", "24000/1001", "3", "3"))
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

func TestAHalfFilmIsAiredAsFarAsItGoes(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	f := film(t, "film.mp4", "25", "8", "8", "-g", "25", "-movflags", "+faststart")
	b, err := os.ReadFile(f.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.File, b[:len(b)*6/10], 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := tr.Make(t.Context(), fileOf(t, f.File))
	if err != nil {
		t.Fatal(err)
	}
	if m.Turn >= 8*time.Second || len(m.Remarks) == 0 || !strings.Contains(m.Remarks[0], "partial file") {
		t.Errorf("got a turn of %s, remarks %q, want what is missing", m.Turn, m.Remarks)
	}
}

func TestWhatIsNoFilmIsRefusedWithFFmpegsFirstWord(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	f := film(t, "film.mp4", "25", "2", "2")
	if err := os.Truncate(f.File, f.Size*8/10); err != nil {
		t.Fatal(err)
	}
	_, err := tr.Make(t.Context(), fileOf(t, f.File))
	if bad := (*Unfit)(nil); !errors.As(err, &bad) || !strings.HasSuffix(err.Error(), "moov atom not found") {
		t.Errorf("an unfinished copy: got %v, want the film's fault: moov atom not found", err)
	}
	if left, _ := os.ReadDir(tr.config.Cache); len(left) != 0 {
		t.Errorf("%v is left in the cache", left)
	}
}

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
		m, err := tr.Make(t.Context(), fileOf(t, file))
		if err != nil {
			t.Fatal(err)
		}
		pcm := run(t, "-ss", "0.5", "-t", "1", "-i", filepath.Join(m.folder, soundFile), "-ac", "2", "-f", "s16le", "-")
		samples := make([]int16, len(pcm)/2)
		if err := binary.Read(bytes.NewReader(pcm), binary.LittleEndian, samples); err != nil {
			t.Fatal(err)
		}
		for side, name := range []string{"left", "right"} {
			top := 0.0
			for i := side; i < len(samples); i += 2 {
				top = max(top, math.Abs(float64(samples[i]))/32768)
			}
			if got := 20 * math.Log10(top/c.want); math.Abs(got) > 0.5 {
				t.Errorf("%s: the %s side is %.1f dB off", c.name, name, got)
			}
		}
	}
}

func TestAMachineWithoutAnEncoderIsNoFaultOfTheFilm(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	f := film(t, "film.mp4", "25", "2", "2")
	tr.config.FFmpeg = filepath.Join(t.TempDir(), "ffmpeg")
	script := "#!/bin/sh\necho 'ffmpeg: error while loading shared libraries: libx264.so.164: cannot open shared object file: No such file or directory' >&2\nexit 127\n"
	if err := os.WriteFile(tr.config.FFmpeg, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := tr.Make(t.Context(), f)
	if machine := (*ffmpeg.Machine)(nil); !errors.As(err, &machine) || !strings.Contains(err.Error(), "libx264-164") {
		t.Errorf("got %v, want the machine's fault and the package libx264-164", err)
	}
}

func TestTheCacheKnowsAFilmByItsContent(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	f := film(t, "film.mp4", "25", "2", "")
	if _, ok := tr.Cached(f); ok {
		t.Fatal("an empty cache has it")
	}
	made, err := tr.Make(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(filepath.Dir(f.File), "other.mp4")
	if err := os.Rename(f.File, other); err != nil {
		t.Fatal(err)
	}
	if m, ok := tr.Cached(fileOf(t, other)); !ok || m.folder != made.folder {
		t.Error("another name of the file is another film")
	}
}

func TestAnExcerptIsAMinute(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	m, err := tr.Excerpt(t.Context(), film(t, "film.mkv", "25", "70", "70"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Turn != time.Minute || !m.Excerpt {
		t.Errorf("got a turn of %s, excerpt %v, want a minute", m.Turn, m.Excerpt)
	}
	if len(m.Remarks) != 0 {
		t.Errorf("got remarks %q, want none: nothing is missing of the minute", m.Remarks)
	}
}

func TestTheTestFilmIsItsOwnMezzanine(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	file := filepath.Join(t.TempDir(), "live01.mp4")
	if err := tr.TestFilm(t.Context(), "live01", file); err != nil {
		t.Fatal(err)
	}
	m, ok := tr.Cached(fileOf(t, file))
	if !ok || m.Turn != testFilmLength || m.Loop != testFilmLength {
		t.Errorf("got cached %v, turn %s, loop %s, want %s", ok, m.Turn, m.Loop, testFilmLength)
	}
	if left, _ := filepath.Glob(tr.config.Cache + "/test-film*"); len(left) != 0 {
		t.Errorf("%v is left in the cache", left)
	}
}

func TestACancelledConversionLeavesNothing(t *testing.T) {
	t.Parallel()
	tr := newTranscoder(t)
	f := film(t, "film.mp4", "25", "2", "2")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tr.Make(ctx, f); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	if left, _ := os.ReadDir(tr.config.Cache); len(left) != 0 {
		t.Errorf("%v is left in the cache", left)
	}
}
