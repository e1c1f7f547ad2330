package live

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/hls/feed"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/signals"
)

// receiver serves one feed. Its playlist and what is gone are set by the test.
type receiver struct {
	mu     sync.Mutex
	list   string          // guarded by mu
	gone   map[string]bool // names; guarded by mu
	blocks []string        // what playlists were asked to wait for; guarded by mu
}

const head = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n"

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := strings.TrimPrefix(req.URL.Path, feed.IndexPath+"/stage/")
	switch {
	case name == "playlist.m3u8":
		r.blocks = append(r.blocks, req.URL.Query().Get(feed.BlockParameter))
		_, _ = fmt.Fprint(w, r.list)
	case r.gone[name]:
		w.WriteHeader(http.StatusNotFound)
	default:
		_, _ = fmt.Fprint(w, "body of "+name)
	}
}

func (r *receiver) say(list string, gone ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list, r.gone = list, map[string]bool{}
	for _, name := range gone {
		r.gone[name] = true
	}
}

// follow is a feed of a receiver, which is closed with the test.
func follow(t *testing.T) (*receiver, *segments) {
	t.Helper()
	r := &receiver{}
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	c := httpx.New(httpx.Options{})
	t.Cleanup(c.CloseIdleConnections)
	return r, &segments{from: newReceivers(c, []string{s.URL}), signal: "stage", http: c, inits: map[string][]byte{}}
}

func TestTheSegmentsOfAFeedComeAsTheyAreListed(t *testing.T) {
	r, s := follow(t)
	r.say(head + "#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI=\"init-aa.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2026-11-29T10:00:00Z\n#EXTINF:2,\n7.m4s\n" +
		"#EXT-X-DISCONTINUITY\n#EXT-X-DATERANGE:ID=\"slate-1\",START-DATE=\"2026-11-29T10:00:02Z\"\n#EXT-X-MAP:URI=\"init-bb.mp4\"\n#EXTINF:1.5,\n8.m4s\n")
	one, err := s.Next(t.Context(), -1)
	if err != nil || one.MSN != 7 || string(one.Data) != "body of 7.m4s" || one.InitName != "init-aa.mp4" || string(one.Init) != "body of init-aa.mp4" ||
		one.Target != 2 || !one.Independent || one.Newest || one.Listed.Duration != 2*time.Second || one.Listed.ProgramDateTime.IsZero() {
		t.Errorf("the oldest: got %+v, %v", one, err)
	}
	two, err := s.Next(t.Context(), 7)
	if err != nil || two.MSN != 8 || !two.Newest || !two.Listed.Discontinuity || len(two.Listed.DateRanges) != 1 || string(two.Init) != "body of init-bb.mp4" {
		t.Errorf("the next: got %+v, %v", two, err)
	}
	r.say(head + "#EXT-X-MEDIA-SEQUENCE:8\n#EXT-X-MAP:URI=\"init-bb.mp4\"\n#EXTINF:1.5,\n8.m4s\n#EXTINF:2,\n9.m4s\n")
	three, err := s.Next(t.Context(), 8)
	if err != nil || three.MSN != 9 || three.Independent {
		t.Errorf("after that: got %+v, %v", three, err)
	}
	if got := strings.Join(r.blocks, " "); got != " 9" {
		t.Errorf("the playlists waited for %q, want nothing at first, then 9", got)
	}
}

func TestAFeedThatFailsIsAskedAnew(t *testing.T) {
	for _, c := range []struct {
		name, list string
		gone       []string
		want       string
	}{
		{"no playlist yet", "", nil, "its playlist"},
		{"a segment that has gone", head + "#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI=\"init-aa.mp4\"\n#EXTINF:2,\n7.m4s\n", []string{"7.m4s"}, "7.m4s: status 404"},
		{"an initialization section that has gone", head + "#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI=\"init-aa.mp4\"\n#EXTINF:2,\n7.m4s\n", []string{"init-aa.mp4"}, "init-aa.mp4: status 404"},
		{"no initialization section", head + "#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2,\n7.m4s\n", nil, "no EXT-X-MAP for 7.m4s"},
		{"an end", head + "#EXT-X-ENDLIST\n", nil, "the feed has ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, s := follow(t)
			r.say(c.list, c.gone...)
			if got, err := s.Next(t.Context(), -1); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %+v, %v, want an error with %q", got, err, c.want)
			}
			r.say(head + "#EXT-X-MEDIA-SEQUENCE:9\n#EXT-X-MAP:URI=\"init-aa.mp4\"\n#EXTINF:2,\n9.m4s\n")
			if got, err := s.Next(t.Context(), 6); err != nil || got.MSN != 9 {
				t.Errorf("afterwards: got %+v, %v, want segment 9", got, err)
			}
		})
	}
}

func TestAFeedBehindWhatWasPublishedSaysSo(t *testing.T) {
	r, s := follow(t)
	r.say(head + "#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI=\"init-aa.mp4\"\n#EXTINF:2,\n7.m4s\n")
	if _, err := s.Next(t.Context(), 100); err == nil || !strings.Contains(err.Error(), errBehind.Error()) {
		t.Errorf("got %v, want %v", err, errBehind)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Next(ctx, 7); err == nil {
		t.Error("a cancelled call gave a segment")
	}
}

func TestTheRateOfAnEncodedPictureIsTheNearest(t *testing.T) {
	for _, c := range []struct {
		s    signals.Status
		want picture
	}{
		{signals.Status{}, picture{1280, 720, 25}},
		{signals.Status{Width: 1920, Height: 1080, FPS: 29.97}, picture{1920, 1080, 30}},
		{signals.Status{Width: 639, Height: 361, FPS: 59.94}, picture{638, 360, 60}},
		{signals.Status{Width: 640, Height: 360, FPS: 23.976}, picture{640, 360, 24}},
	} {
		if got := pictureOf(c.s); got != c.want {
			t.Errorf("%+v: got %v, want %v", c.s, got, c.want)
		}
	}
}
