package slate

import (
	"context"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/receiver/sample"
)

func maker(t *testing.T) *Maker {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	s := child.NewSpawner()
	t.Cleanup(s.Close)
	return &Maker{FFmpeg: path, Folder: filepath.Join(t.TempDir(), "slates"), Spawner: s}
}

// ffmpeg runs FFmpeg, which must not complain.
func ffmpeg(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command("ffmpeg", append([]string{"-hide_banner", "-nostdin", "-y", "-v", "warning"}, args...)...).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Fatalf("ffmpeg %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func h264(width, height int, fps float64, profile byte) *sample.VideoFormat {
	return &sample.VideoFormat{Codec: sample.H264, SPS: []byte{0x67, profile, 0, 40}, PPS: []byte{0x68}, Width: width, Height: height, FPS: fps}
}

func hevc(width, height int, fps float64) *sample.VideoFormat {
	return &sample.VideoFormat{Codec: sample.HEVC, VPS: []byte{0x40}, SPS: []byte{0x42, 1}, PPS: []byte{0x44}, Width: width, Height: height, FPS: fps}
}

func aac(rate, channels int) *sample.AudioFormat {
	return &sample.AudioFormat{Codec: sample.AAC, Config: []byte{0x11, 0x90}, Rate: rate, Channels: channels}
}

// probe is what ffprobe says of a slate's pictures, repeated twice.
func probe(t *testing.T, s *sample.Slate) map[string]string {
	t.Helper()
	kind := "h264"
	if s.Format.Video.Codec == sample.HEVC {
		kind = "hevc"
	}
	path := filepath.Join(t.TempDir(), "video."+kind)
	var b []byte
	for range 2 {
		for _, v := range s.Video {
			b = append(b, annexB(v.Data)...)
		}
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	ffmpeg(t, "-f", kind, "-i", path, "-f", "null", "-")
	out, err := exec.Command("ffprobe", "-v", "error", "-f", kind, "-count_frames", "-show_entries",
		"stream=codec_name,profile,level,width,height,nb_read_frames,r_frame_rate,has_b_frames", "-of", "default=nw=1", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	facts := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		facts[name] = value
	}
	return facts
}

func TestASlateHasTheFormatOfItsSignal(t *testing.T) {
	for _, c := range []struct {
		name     string
		format   sample.Format
		pictures int
		rate     string
		want     map[string]string
	}{
		{"high profile at 25", sample.Format{Video: h264(640, 360, 25, 100), Audio: aac(48000, 2)}, 50, "25/1",
			map[string]string{"codec_name": "h264", "profile": "High", "level": "40"}},
		{"main profile at 29.97", sample.Format{Video: h264(320, 180, 30000.0/1001, 77), Audio: aac(44100, 1)}, 60, "30000/1001",
			map[string]string{"codec_name": "h264", "profile": "Main", "level": "40"}},
		{"baseline at 50, no sound", sample.Format{Video: h264(320, 240, 50, 66)}, 100, "50/1",
			map[string]string{"codec_name": "h264", "profile": "Constrained Baseline", "level": "40"}},
		{"HEVC with Opus, upright", sample.Format{Video: hevc(180, 320, 0), Audio: &sample.AudioFormat{Codec: sample.Opus, Rate: 48000, Channels: 2}}, 50, "25/1",
			map[string]string{"codec_name": "hevc", "profile": "Main"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := maker(t).Make(t.Context(), Order{Format: c.format})
			if err != nil {
				t.Fatal(err)
			}
			facts, v := probe(t, s), c.format.Video
			want := map[string]string{
				"width": strconv.Itoa(v.Width), "height": strconv.Itoa(v.Height), "has_b_frames": "0",
				"nb_read_frames": strconv.Itoa(2 * c.pictures), "r_frame_rate": c.rate,
			}
			for k, w := range c.want {
				want[k] = w
			}
			for k, w := range want {
				if facts[k] != w {
					t.Errorf("%s is %q, want %q", k, facts[k], w)
				}
			}
			checkLoop(t, s, c.format)
		})
	}
}

// checkLoop checks the samples of a slate.
func checkLoop(t *testing.T, s *sample.Slate, f sample.Format) {
	t.Helper()
	for i, v := range s.Video {
		if v.Sync != (i == 0) || v.DTS != v.PTS || (i > 0 && v.DTS <= s.Video[i-1].DTS) || len(v.Data) == 0 {
			t.Fatalf("picture %d: key frame %v, DTS %s, PTS %s, %d bytes", i, v.Sync, v.DTS, v.PTS, len(v.Data))
		}
	}
	if last := s.Video[len(s.Video)-1].DTS; s.Video[0].DTS != 0 || s.Length <= last || s.Length > last+100*time.Millisecond {
		t.Errorf("from %s to %s, length %s", s.Video[0].DTS, last, s.Length)
	}
	if s.Format.Video.SPS == nil || s.Format.Video.PPS == nil || s.Format.Video.FPS == 0 {
		t.Errorf("format %+v", s.Format.Video)
	}
	if !s.Format.Audio.Equal(f.Audio) || (s.Silence != nil) != (f.Audio != nil) {
		t.Errorf("sound %+v with %d bytes of silence, want %+v", s.Format.Audio, len(s.Silence), f.Audio)
	}
}

func TestSlatesArePicturesFilmsAndLastPictures(t *testing.T) {
	dir := t.TempDir()
	picture, film := filepath.Join(dir, "a picture.png"), filepath.Join(dir, "film.mp4")
	ffmpeg(t, "-f", "lavfi", "-i", "color=c=red:s=100x300", "-frames:v", "1", "-update", "1", picture)
	ffmpeg(t, "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=3", "-f", "lavfi", "-i", "sine=d=3", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", film)
	m := maker(t)
	format := sample.Format{Video: h264(320, 180, 25, 100), Audio: aac(48000, 2)}
	plain, err := m.Make(t.Context(), Order{Format: format, Interval: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		order    Order
		pictures int
		keys     int
		sound    bool
	}{
		{"our own", Order{Interval: time.Second}, 25, 1, false},
		{"the longest interval", Order{Interval: time.Minute}, 150, 1, false},
		{"a picture", Order{Spec: picture}, 50, 1, false},
		{"a film", Order{Spec: film, Interval: time.Second}, 75, 3, true},
		{"the last picture", Order{Spec: Last, Key: plain.Video[0]}, 50, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.order.Format = format
			s, err := m.Make(t.Context(), c.order)
			if err != nil {
				t.Fatal(err)
			}
			keys := 0
			for _, v := range s.Video {
				if v.Sync {
					keys++
				}
			}
			if len(s.Video) != c.pictures || keys != c.keys || (len(s.Audio) > 0) != c.sound {
				t.Errorf("%d pictures, %d key frames, %d frames of sound; want %d, %d, sound %v", len(s.Video), keys, len(s.Audio), c.pictures, c.keys, c.sound)
			}
			probe(t, s)
		})
	}
}

func TestASlateThatCannotBeMadeIsAPlainOne(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.png")
	if err := os.WriteFile(broken, []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := maker(t)
	format := sample.Format{Video: h264(320, 180, 25, 100)}
	for _, c := range []struct{ spec, want string }{
		{filepath.Join(dir, "gone.png"), "no such file"},
		{broken, "FFmpeg says"},
		{Last, "no last picture"},
	} {
		s, err := m.Make(t.Context(), Order{Spec: c.spec, Format: format})
		if s == nil || err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "a plain one stands in") {
			t.Errorf("%s: slate %v, error %v, want one and %q", c.spec, s != nil, err, c.want)
		}
	}
	m.FFmpeg = filepath.Join(dir, "no-ffmpeg")
	m.Folder = ""
	if s, err := m.Make(t.Context(), Order{Format: format}); s != nil || err == nil || !strings.Contains(err.Error(), "cannot be started") {
		t.Errorf("without FFmpeg: slate %v, error %v", s != nil, err)
	}
	if s, err := m.Make(t.Context(), Order{}); s != nil || err == nil {
		t.Errorf("without pictures: slate %v, error %v", s != nil, err)
	}
}

func TestASlateIsMadeOnce(t *testing.T) {
	m := maker(t)
	o := Order{Format: sample.Format{Video: h264(320, 180, 25, 100), Audio: aac(48000, 2)}}
	first, err := m.Make(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	m.FFmpeg = "/nonexistent/ffmpeg"
	again, err := m.Make(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !again.Format.Equal(first.Format) || len(again.Video) != len(first.Video) || string(again.Silence) != string(first.Silence) {
		t.Errorf("the kept slate differs")
	}
	for name, change := range map[string]func(o *Order, m *Maker){
		"size":     func(o *Order, _ *Maker) { o.Format.Video = h264(640, 360, 25, 100) },
		"rate":     func(o *Order, _ *Maker) { o.Format.Video = h264(320, 180, 30, 100) },
		"sound":    func(o *Order, _ *Maker) { o.Format.Audio = aac(44100, 2) },
		"interval": func(o *Order, _ *Maker) { o.Interval = time.Second },
		"caption":  func(_ *Order, m *Maker) { m.Caption = "Pause" },
	} {
		other, maker := o, *m
		change(&other, &maker)
		if s, err := maker.Make(t.Context(), other); err == nil || s != nil {
			t.Errorf("another %s: the kept slate is taken", name)
		}
	}
	files, _ := filepath.Glob(filepath.Join(m.Folder, "*"))
	if len(files) != 1 {
		t.Fatalf("files %q, want one", files)
	}
	if err := os.WriteFile(files[0], []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := m.Make(t.Context(), o); err == nil || s != nil {
		t.Error("a broken file is taken")
	}
}

func TestACancelledSlateEndsItsFFmpeg(t *testing.T) {
	m := maker(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := m.Make(ctx, Order{Format: sample.Format{Video: h264(1920, 1080, 25, 100)}}); s != nil || err != context.Canceled {
		t.Errorf("slate %v, error %v", s != nil, err)
	}
}

func TestRatesAreFractions(t *testing.T) {
	for _, c := range []struct {
		fps  float64
		want string
	}{
		{0, "25/1"}, {25, "25/1"}, {29.97, "30000/1001"}, {30000.0 / 1001, "30000/1001"}, {59.94, "60000/1001"}, {23.976, "24000/1001"},
		{60, "60/1"}, {12.5, "12500/1000"}, {1000, "25/1"}, {-1, "25/1"},
	} {
		if got := rateOf(c.fps).String(); got != c.want {
			t.Errorf("%v: got %s, want %s", c.fps, got, c.want)
		}
	}
}

func TestTheCaptionFitsAnySize(t *testing.T) {
	for _, size := range [][2]int{{1920, 1080}, {320, 180}, {180, 320}, {64, 64}} {
		path := filepath.Join(t.TempDir(), "p.png")
		if err := drawTo(path, size[0], size[1], "We will be right back", false); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		p, err := png.Decode(f)
		_ = f.Close()
		if err != nil {
			t.Fatal(err)
		}
		lit := 0
		for x := range size[0] {
			for y := range size[1] {
				if r, _, _, _ := p.At(x, y).RGBA(); r > 0xa000 {
					if lit++; x < size[0]/25 || x > size[0]-size[0]/25 {
						t.Fatalf("%v: a letter at the edge, %d", size, x)
					}
				}
			}
		}
		if lit == 0 {
			t.Errorf("%v: no letters", size)
		}
	}
	if err := drawTo("", 0, 0, "", false); err == nil || !strings.Contains(fmt.Sprint(err), "0x0") {
		t.Errorf("no size: %v", err)
	}
}
