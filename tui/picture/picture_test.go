package picture

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPicturesKeepTheirShape(t *testing.T) {
	for _, c := range []struct{ w, h, inW, inH, wantW, wantH int }{
		{16, 9, 160, 90, 160, 90}, {16, 9, 160, 200, 160, 90}, {16, 9, 200, 90, 160, 90}, {9, 16, 100, 32, 18, 32},
		{4, 3, 2, 100, 2, 2}, {58, 32, 58, 32, 58, 32}, {57, 32, 58, 32, 57, 32}, {400, 1, 40, 20, 40, 1},
	} {
		p := Picture{W: c.w, H: c.h, Pixels: bytes.Repeat([]byte{7}, c.w*c.h*3)}
		got := p.Fit(c.inW, c.inH)
		if got.W != c.wantW || got.H != c.wantH || len(got.Pixels) != got.W*got.H*3 {
			t.Errorf("%dx%d in %dx%d: got %dx%d with %d bytes, want %dx%d", c.w, c.h, c.inW, c.inH, got.W, got.H, len(got.Pixels), c.wantW, c.wantH)
		}
	}
	if got := (Picture{}).Fit(10, 10); got.W != 0 || got.H != 0 {
		t.Errorf("no picture: got %dx%d", got.W, got.H)
	}
}

func TestBarsAreCutOff(t *testing.T) {
	const w, h = 6, 4
	rgba := make([]byte, w*h*4)
	for y := range 4 {
		for x := 2; x < 4; x++ { // the picture is black, too, as far as its colour goes
			rgba[(y*w+x)*4+3] = 255
		}
	}
	if got := cropped(rgba, w, h); got.W != 2 || got.H != 4 || len(got.Pixels) != 2*4*3 {
		t.Errorf("got %dx%d with %d bytes, want 2x4", got.W, got.H, len(got.Pixels))
	}
	if got := cropped(make([]byte, w*h*4), w, h); got.W*got.H != 0 {
		t.Errorf("only bars: got %dx%d", got.W, got.H)
	}
}

func TestWallHasNoOverlapAndNoTileOutside(t *testing.T) {
	for w := 38; w <= 200; w += 3 {
		for h := 6; h <= 60; h++ {
			for _, n := range []int{1, 2, 6, 100} {
				ends := make([]int, h)
				tiles := Wall(w, h, n)
				if len(tiles) < 1 || len(tiles) > n {
					t.Fatalf("%d signals in %dx%d: %d tiles", n, w, h, len(tiles))
				}
				for i, p := range tiles {
					if p.X < 0 || p.Y < 0 || p.W < 1 || p.H < 2 || p.X+p.W > w || p.Y+p.H > h || i > 0 && (p.W < tileW || p.H < tileH) {
						t.Fatalf("%d signals in %dx%d: tile %d is %+v", n, w, h, i, p)
					}
					for y := p.Y; y < p.Y+p.H; y++ {
						if p.X < ends[y] {
							t.Fatalf("%d signals in %dx%d: tile %d, %+v, begins before column %d of line %d", n, w, h, i, p, ends[y], y)
						}
						ends[y] = p.X + p.W
					}
				}
			}
		}
	}
}

func TestWallShowsSeveralSignals(t *testing.T) {
	for _, c := range []struct{ w, h, n, want int }{
		{58, 32, 6, 6}, {98, 56, 6, 6}, {38, 20, 6, 3}, {98, 16, 6, 6}, {38, 6, 6, 2}, {38, 3, 6, 1}, {58, 32, 1, 1}, {98, 56, 100, 21},
	} {
		if got := len(Wall(c.w, c.h, c.n)); got != c.want {
			t.Errorf("%d signals in %dx%d: got %d tiles, want %d", c.n, c.w, c.h, got, c.want)
		}
	}
}

func TestStartOfAPlaylist(t *testing.T) {
	noon := time.Date(2024, 4, 5, 12, 0, 0, 0, time.UTC)
	segments := func(n int) (text string) {
		for i := range n {
			text += fmt.Sprintf("#EXTINF:2.5,\n%d.m4s\n", i)
		}
		return text
	}
	for name, c := range map[string]struct {
		playlist string
		want     time.Time
	}{
		"by its date":                {"#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:00:00.000Z\n" + segments(10), noon.Add(-time.Hour + 17500*time.Millisecond)},
		"a date within":              {"#EXTM3U\n" + segments(4) + "#EXT-X-PROGRAM-DATE-TIME:2024-04-05T13:00:00+02:00\n" + segments(2), noon.Add(-time.Hour - 2500*time.Millisecond)},
		"without a date":             {"#EXTM3U\r\n" + segments(10), noon.Add(-7500 * time.Millisecond)},
		"a short one":                {segments(1), noon.Add(-2500 * time.Millisecond)},
		"a multivariant playlist":    {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n", time.Time{}},
		"nothing":                    {"", time.Time{}},
		"a length that is no number": {"#EXTINF:NaN,\nx.m4s\n#EXTINF:x,\ny.m4s\n", time.Time{}},
	} {
		if got := startOf(c.playlist, noon); !got.Equal(c.want) {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// TestASecretAddressIsNoArgument decodes a film that is served to those with a token alone.
func TestASecretAddressIsNoArgument(t *testing.T) {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("FFmpeg is not installed")
	}
	folder := t.TempDir()
	make := exec.CommandContext(t.Context(), path, "-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i", "color=red:s=160x90:r=5", "-t", "2",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "5", "-f", "hls", "-hls_time", "1", filepath.Join(folder, "live.m3u8"))
	if out, err := make.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := os.ReadFile(filepath.Join(folder, filepath.Base(r.URL.Path)))
		if err != nil || r.URL.RawQuery != "playback=secret" {
			http.Error(w, "no token", http.StatusForbidden)
			return
		}
		_, _ = w.Write([]byte(strings.ReplaceAll(string(b), ".ts\n", ".ts?playback=secret\n"))) // to a player
	}))
	defer server.Close()
	url := server.URL + "/live.m3u8?playback=secret"
	still, _, err := Still(t.Context(), url, 32, 18)
	if err != nil || still.W != 32 || still.H != 18 {
		t.Errorf("still: got %dx%d (%v), want 32x18", still.W, still.H, err)
	}
	source, err := Open(url, 32, 18)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	if args := strings.Join(source.(*decoder).cmd.Args, " "); strings.Contains(args, "secret") {
		t.Errorf("FFmpeg's arguments are %q", args)
	}
	if p, err := source.Next(); err != nil || p.W != 32 {
		t.Errorf("live: got %dx%d (%v), want 32x18", p.W, p.H, err)
	}
	_, errs, err := ffmpeg(t.Context(), url, 32, 18, "", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = errs.Write([]byte(url + ": Server returned 403 Forbidden"))
	if got := errs.fault("").Error(); strings.Contains(got, "secret") || !strings.Contains(got, "403 Forbidden") {
		t.Errorf("it says %q", got)
	}
}

// TestAnamorphicFilmIsNotStretched decodes a film whose pixels are twice as wide as high.
func TestAnamorphicFilmIsNotStretched(t *testing.T) {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("FFmpeg is not installed")
	}
	file := filepath.Join(t.TempDir(), "live.m3u8")
	make := exec.CommandContext(t.Context(), path, "-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i", "color=red:s=160x160:r=5", "-t", "4", "-vf", "setsar=2",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "5", "-f", "hls", "-hls_time", "1", file)
	if out, err := make.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	still, took, err := Still(t.Context(), file, 40, 40)
	if err != nil || still.W != 40 || still.H != 20 || took <= 0 {
		t.Fatalf("still: got %dx%d in %s (%v), want 40x20", still.W, still.H, took, err)
	}
	if r, g := still.Pixels[0], still.Pixels[1]; r < 200 || g > 50 {
		t.Errorf("the pixels are %v, want red", still.Pixels[:3])
	}
	source, err := Open(file, 40, 16)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	for range 3 {
		p, err := source.Next()
		if err != nil || p.W != 32 || p.H != 16 {
			t.Fatalf("live: got %dx%d (%v), want 32x16", p.W, p.H, err)
		}
	}
	if _, _, err := Still(t.Context(), file+".absent", 40, 40); err == nil {
		t.Error("a playlist that is not there has a still")
	}
}
