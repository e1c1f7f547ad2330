package remote

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/inputtest"
	"livestream-tui/services/receiver/sample"
)

func newPuller(t *testing.T, url string) input.Input {
	t.Helper()
	spawner := child.NewSpawner()
	t.Cleanup(spawner.Close)
	o := Options{URL: url, Spawner: spawner}
	for name, to := range map[string]*string{"ffmpeg": &o.FFmpeg, "ffprobe": &o.FFprobe} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		*to = path
	}
	return New(o)
}

func TestAFileIsPlayedAgainAndAgain(t *testing.T) {
	film := inputtest.Film(t, "film.mp4", inputtest.Signal{Length: 2 * time.Second, BFrames: 2})
	sink := inputtest.Run(t, newPuller(t, film))
	c := sink.AwaitConnection(t, 0, 1)
	sink.Await(t, "three rounds", func() bool { return len(c.Of(sample.Video)) > 125 })
	video := c.Of(sample.Video)
	for i, s := range video[1:] {
		if s.DTS <= video[i].DTS {
			t.Fatalf("picture %d is decoded at %s, the one before at %s", i+1, s.DTS, video[i].DTS)
		}
	}
	if span, took := video[len(video)-1].DTS-video[0].DTS, time.Since(c.Opened); span > took+time.Second {
		t.Errorf("%s came within %s, want real time", span, took)
	}
	if c.About.Remote != "film.mp4" {
		t.Errorf("got %+v", c.About)
	}
}

func TestSoundOfAnotherCodecBecomesAAC(t *testing.T) {
	film := inputtest.Film(t, "film.mkv", inputtest.Signal{Length: 2 * time.Second, Audio: "pcm_alaw", Extra: []string{"-ar", "8000"}})
	sink := inputtest.Run(t, newPuller(t, film))
	c := sink.AwaitConnection(t, 0, 1)
	if formats, _ := c.Formats(); formats[0].Audio == nil || formats[0].Audio.Codec != sample.AAC || formats[0].Audio.Rate != 48000 {
		t.Errorf("got %+v, want AAC", formats[0].Audio)
	}
}

func TestWhatCannotBePlayedIsSaidInPlainWords(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text.mp4")
	if err := os.WriteFile(text, []byte("no film"), 0o600); err != nil {
		t.Fatal(err)
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(refusing.Close)
	empty := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(empty.Close)
	for name, c := range map[string]struct{ url, want string }{
		"no file":           {"/nowhere/film.mp4", "film.mp4: there is no such file"},
		"no film":           {text, "text.mp4: FFmpeg cannot make sense of it"},
		"MPEG-2":            {inputtest.Film(t, "film.mpg", inputtest.Signal{Codec: "mpeg2video", Audio: "mp2", Length: time.Second}), "its pictures are MPEG2VIDEO"},
		"nothing answers":   {closed.URL + "/a.ts", closed.URL + "/a.ts: nothing answers there"},
		"not found":         {empty.URL + "/a.m3u8", empty.URL + "/a.m3u8: there is nothing under that address"},
		"a wrong password":  {strings.Replace(refusing.URL, "://", "://user:hush@", 1) + "/a.ts", refusing.URL + "/a.ts: it wants a user and a password, or others"},
		"a wrong parameter": {refusing.URL + "/a.ts?key=hush", refusing.URL + "/a.ts: it wants a user and a password, or others"},
	} {
		t.Run(name, func(t *testing.T) {
			sink := inputtest.Run(t, newPuller(t, c.url))
			why := sink.AwaitFailure(t, 0).Error()
			if !strings.HasPrefix(why, c.want) || strings.Contains(why, "hush") {
				t.Errorf("got %q, want %q", why, c.want)
			}
		})
	}
}

func TestCredentialsReachTheServerAndNoArgument(t *testing.T) {
	film := inputtest.Film(t, "film.ts", inputtest.Signal{Length: 2 * time.Second})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "user" || password != "hush" {
			w.Header().Set("WWW-Authenticate", `Basic realm="camera"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.ServeFile(w, r, film)
	}))
	t.Cleanup(server.Close)
	url := strings.Replace(server.URL, "://", "://user:hush@", 1) + "/film.ts"
	sink := inputtest.Run(t, newPuller(t, url))
	c := sink.AwaitConnection(t, 0, 10)
	if strings.Contains(c.About.Remote, "hush") {
		t.Errorf("got %+v", c.About)
	}
	for _, argv := range [][]string{sourceOf(url).open(), sourceOf(url).play(&streams{})} {
		if strings.Contains(strings.Join(argv, " "), "hush") {
			t.Errorf("got the arguments %q", argv)
		}
	}
}

func TestWhatFFmpegSaysHasNoSecrets(t *testing.T) {
	s := sourceOf("rtsp://user:hush@camera:554/stream?key=hush")
	for _, said := range []string{
		"rtsp://user:hush@camera:554/stream?key=hush: something else",
		"[concat @ 0x1] Impossible to open 'rtsp://user:hush@camera:554/stream?key=hush'",
		"method DESCRIBE of rtsp://user:hush@camera:554/stream?key=hush&x=1 failed",
	} {
		var all sayings
		all.says(said)
		if got := s.explain(&all, child.Exit{}).Error(); strings.Contains(got, "hush") || !strings.Contains(got, "rtsp://camera:554/stream") {
			t.Errorf("%q: got %q", said, got)
		}
	}
}

func TestArgumentsForEachScheme(t *testing.T) {
	for _, c := range []struct{ url, want, not string }{
		{"rtsp://camera/stream", "-rtsp_transport tcp -timeout 5000000 -i rtsp://camera/stream", "-re"},
		{"https://host/live.m3u8", "-re -rw_timeout 5000000 -i https://host/live.m3u8", "-stream_loop"},
		{"/films/a:b.mp4", "-re -stream_loop -1 -i file:/films/a:b.mp4", "timeout"},
		{"file:///films/list.ffconcat", "-re -stream_loop -1 -f concat -safe 0 -i file:/films/list.ffconcat", "timeout"},
		{"srt://host:9000", "-i srt://host:9000", "-re"},
	} {
		argv := strings.Join(sourceOf(c.url).play(&streams{audio: "aac"}), " ")
		if !strings.Contains(argv, c.want) || strings.Contains(argv, c.not) || !strings.Contains(argv, "-c:a copy") {
			t.Errorf("%s: got %s", c.url, argv)
		}
	}
}
