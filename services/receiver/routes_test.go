package receiver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	contract "livestream-tui/services/hls/feed"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/sampletest"
)

// twoInputs is a signal with a backup, to whose main input it returns soon.
const twoInputs = `[{"name":"stage","inputs":[{"name":"main","rtmp":{"key":"hidden-key"}},{"name":"backup","udp":"127.0.0.1:5000"}],"return_after":100000000}]`

// status is how the signal stage is.
func (rec *receiver) status() signals.Status {
	rec.Helper()
	var list contract.Index
	if err := json.Unmarshal([]byte(rec.get("/feeds").Body), &list); err != nil || len(list.Signals) != 1 {
		rec.Fatalf("got %+v, %v, want one signal", list, err)
	}
	return list.Signals[0]
}

func (rec *receiver) choose(body string, headers ...string) servicetest.Answer {
	rec.Helper()
	a, err := servicetest.Request(rec.Context(), http.MethodPost, rec.url+"/feeds/stage/input", body, headers...)
	if err != nil {
		rec.Fatal(err)
	}
	return a
}

func TestBeforeTheFirstEncoder(t *testing.T) {
	t.Parallel()
	rec := start(t, t.TempDir(), twoInputs, func(s *Service) {
		for i := range s.signals[0].sources {
			s.signals[0].sources[i].open = func() input.Input { return absent{} }
		}
	})
	got := rec.status()
	if got.Name != "stage" || got.Mode != signals.Pending || got.OnAir || got.Source != "" || got.Since != nil || len(got.Inputs) != 2 {
		t.Errorf("got %+v, want a signal that is not on air", got)
	}
	for i, want := range []string{"rtmp://127.0.0.1:" + portOf(rec.rtmp) + "/live/********", "udp://127.0.0.1:5000"} {
		if in := got.Inputs[i]; in.Address != want || in.State != signals.Waiting || in.OnAir || in.Since.IsZero() {
			t.Errorf("got %+v, want %s to be waiting", in, want)
		}
	}
	for path, want := range map[string]int{
		"/feeds/stage/playlist.m3u8":            http.StatusServiceUnavailable,
		"/feeds/stage/1.m4s":                    http.StatusNotFound,
		"/feeds/other/playlist.m3u8":            http.StatusNotFound,
		"/feeds/other/stream.mp4":               http.StatusNotFound,
		"/feeds/stage/playlist.m3u8?_HLS_msn=x": http.StatusBadRequest,
		"/feeds/stage/stream.mp4?from=-1":       http.StatusBadRequest,
		"/feeds/stage/stream.mp4?from=1e9":      http.StatusBadRequest,
	} {
		if a := rec.get(path); a.Status != want {
			t.Errorf("%s: got %d %s, want %d", path, a.Status, a.Body, want)
		}
	}
}

func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

func TestABlockingReloadWaitsForItsSegment(t *testing.T) {
	t.Parallel()
	rec := start(t, t.TempDir(), oneSignal, withEncoders(t, sampletest.Source{Seconds: 4, GOP: 25, Audio: "-an"}))
	list := rec.playlist("stage", 1)
	for range 2 {
		wanted := list.LastMSN() + 1
		a := rec.get(fmt.Sprintf("/feeds/stage/playlist.m3u8?_HLS_msn=%d", wanted))
		p, err := m3u8.ParseMedia([]byte(a.Body))
		if a.Status != http.StatusOK || err != nil || p.LastMSN() < wanted {
			t.Fatalf("got %d %s, %v, want a playlist with %d", a.Status, a.Body, err, wanted)
		}
		if s := rec.get("/feeds/stage/" + p.Segments[len(p.Segments)-1].URI); s.Status != http.StatusOK || s.Header.Get("Content-Type") != mediaType {
			t.Errorf("the segment: got %d %v", s.Status, s.Header)
		}
		list = p
	}
	if a := rec.get(fmt.Sprintf("/feeds/stage/playlist.m3u8?_HLS_msn=%d", list.LastMSN()+1000)); a.Status != http.StatusBadRequest {
		t.Errorf("a segment far ahead: got %d, want 400", a.Status)
	}
}

func TestTheStatusTellsOfTheInput(t *testing.T) {
	t.Parallel()
	rec := start(t, t.TempDir(), oneSignal, withEncoders(t, sampletest.Source{Seconds: 4, GOP: 25}))
	rec.playlist("stage", 1)
	var got signals.Status
	servicetest.Await(t, "the input is good", func() bool {
		got = rec.status()
		return got.OnAir && got.Inputs[0].State == signals.Good && got.Inputs[0].FPS > 0
	})
	in := got.Inputs[0]
	if got.Mode != signals.CopyMode || !got.OnAir || got.Source != "main" || got.Since == nil || got.Width != 320 || got.Height != 180 {
		t.Errorf("got %+v, want main on air", got)
	}
	if !in.OnAir || in.Remote != "192.0.2.1:5000" || in.Encoder != "a test" || in.KeyFrameInterval != 1 || in.Bitrate == 0 || in.Video != "H.264 320x180" || !strings.HasPrefix(in.Audio, "AAC 48 kHz") {
		t.Errorf("got %+v", in)
	}
}

func TestTheMetricsTellOfTheInput(t *testing.T) {
	t.Parallel()
	rec := start(t, t.TempDir(), oneSignal, withEncoders(t, sampletest.Source{Seconds: 4, GOP: 25}))
	rec.playlist("stage", 1)
	want := []string{
		`receiver_input_good{input="main",signal="stage"} 1`, `receiver_input_on_air{input="main",signal="stage"} 1`,
		`receiver_input_key_frame_interval_seconds{input="main",signal="stage"} 1`, `receiver_switches_total{signal="stage"} 1`,
	}
	servicetest.Await(t, strings.Join(want, ", "), func() bool {
		got := rec.get("/metrics").Body
		for _, w := range want {
			if !strings.Contains(got, w+"\n") {
				return false
			}
		}
		return true
	})
}

func TestAnOperatorChoosesAnInput(t *testing.T) {
	t.Parallel()
	source := sampletest.Source{Seconds: 4, GOP: 10, Audio: "-an"}
	rec := start(t, t.TempDir(), twoInputs, withEncoders(t, source))
	bearer := []string{"Authorization", "Bearer " + adminToken}
	source0 := func(want string) func() bool { return func() bool { return rec.status().Source == want } }
	servicetest.Await(t, "main is on air", source0("main"))
	servicetest.Await(t, "backup is good", func() bool { return rec.status().Inputs[1].State == signals.Good })
	for _, c := range []struct {
		name, body string
		headers    []string
		want       int
	}{
		{"without a token", `{"input":"backup"}`, nil, http.StatusUnauthorized},
		{"another input", `{"input":"third"}`, bearer, http.StatusBadRequest},
		{"no JSON", `backup`, bearer, http.StatusBadRequest},
		{"the backup", `{"input":"backup"}`, bearer, http.StatusOK},
	} {
		if a := rec.choose(c.body, c.headers...); a.Status != c.want {
			t.Errorf("%s: got %d %s, want %d", c.name, a.Status, a.Body, c.want)
		}
	}
	servicetest.Await(t, "backup is on air", source0("backup"))
	if got := rec.status(); got.Pinned != "backup" || got.Inputs[0].OnAir || !got.Inputs[1].OnAir {
		t.Errorf("got %+v, want backup to be pinned", got)
	}
	if a := rec.choose(`{"input":"auto"}`, bearer...); a.Status != http.StatusOK {
		t.Errorf("auto: got %d %s", a.Status, a.Body)
	}
	servicetest.Await(t, "main is on air again", source0("main"))
	if got := rec.status().Pinned; got != "" {
		t.Errorf("got %q pinned, want none", got)
	}
	if n := rec.log.Count("another live input is on air"); n != 3 {
		t.Errorf("got %d events, want one for each change", n)
	}
	rec.playlist("stage", 2)
}
