package proxy

import (
	"errors"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/health"
	"livestream-tui/services/hls"
)

func TestAfter(t *testing.T) {
	const ms = time.Millisecond
	polled := func(target int) *hls.MediaPlaylist {
		return &hls.MediaPlaylist{TargetDuration: target, MediaSequence: 100, Segments: make([]hls.Segment, 5)}
	}
	held := polled(2)
	held.ServerControl = &hls.ServerControl{CanBlockReload: true}
	over := polled(2)
	over.EndList, over.ServerControl = true, held.ServerControl
	for _, c := range []struct {
		name  string
		r     loaded
		asked int64
		fails int
		wait  time.Duration
		next  int64
	}{
		{"an eighth of the target duration", loaded{media: polled(2)}, -1, 0, 250 * ms, -1},
		{"not more often than", loaded{media: polled(1)}, -1, 0, 125 * ms, -1},
		{"not less often than", loaded{media: polled(60)}, -1, 0, pollMost, -1},
		{"held for the next where it is offered", loaded{media: held}, -1, 0, 0, 105},
		{"and again", loaded{media: held}, 104, 0, 0, 105},
		{"one that does not hold what it offers to", loaded{media: held}, 105, 0, 250 * ms, 105},
		{"one that has ended", loaded{media: over}, -1, 0, 250 * ms, -1},
		{"a first failure", loaded{err: errors.New("x")}, 105, 1, 0, -1},
		{"a second", loaded{err: errors.New("x")}, -1, 2, downPoll, -1},
		{"a multivariant playlist", loaded{multi: []byte("x")}, -1, 0, multiPoll, -1},
	} {
		if wait, next := after(c.r, c.asked, c.fails); wait != c.wait || next != c.next {
			t.Errorf("%s: got %s and %d, want %s and %d", c.name, wait, next, c.wait, c.next)
		}
	}
}

func TestParseTakesWhatIsWhole(t *testing.T) {
	const media = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n1.ts\n"
	const multi = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n"
	for _, c := range []struct {
		name, body string
		kind       string // media, multi, or part of the error
	}{
		{"media", media, "media"},
		{"multivariant", multi + "720p/index.m3u8\n", "multi"},
		{"no final line end", strings.TrimSuffix(media, "\n"), "truncated"},
		{"no URI", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n", "without its URI"},
		{"no segment", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n", "lists no segment"},
		{"a web page", "<!doctype html>\n", "#EXTM3U is due"},
		{"empty", "", "#EXTM3U is due"},
		{"huge", media + strings.Repeat("#\n", hls.MaxPlaylist/2), "at most"},
		{"two in one", media + media, "second #EXTM3U"},
		{"multivariant, cut short", multi + "720p/index", "truncated"},
		{"multivariant, elsewhere", multi + "http://elsewhere/index.m3u8\n", "another host"},
		{"multivariant, another signal", multi + "/live02/index.m3u8\n", "leads out of"},
		{"multivariant, audio elsewhere", "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"//elsewhere/a.m3u8\"\n" + multi[8:] + "x.m3u8\n", "another host"},
		{"multivariant, audio within", "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\"\n" + multi[8:] + "x.m3u8\n", "multi"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, b, err := parse(live, []byte(c.body))
			got := ""
			switch {
			case err != nil:
				got = err.Error()
			case p != nil && b == nil:
				got = "media"
			case b != nil && p == nil:
				got = "multi"
			}
			if !strings.Contains(got, c.kind) || err != nil && (p != nil || b != nil) {
				t.Errorf("got %q, want %q", got, c.kind)
			}
		})
	}
}

func TestSeenKeepsTheLastGood(t *testing.T) {
	o := health.Observation{Pos: hls.Pos{MSN: -1, Part: -1}}
	at := func(s int) time.Time { return epoch.Add(time.Duration(s) * time.Second) }
	o = seen(o, loaded{at: at(1), media: lists(100, 5), latency: 7})
	if o.First != at(1) || !o.Advanced.IsZero() || o.Pos.MSN != 104 || o.Latency != 7 || len(o.Tail) != 5 {
		t.Errorf("first: got %+v", o)
	}
	o = seen(o, loaded{at: at(2), media: lists(101, 5), held: true, latency: 9 * time.Second})
	if o.Advanced != at(2) || o.Pos.MSN != 105 || o.Latency != 7 {
		t.Errorf("one more, held: got %+v", o)
	}
	o = seen(o, loaded{at: at(3), err: errors.New("x")})
	o = seen(o, loaded{at: at(4), err: errors.New("y")})
	if o.Fails != 2 || o.Err != "y" || o.Pos.MSN != 105 || o.At != at(4) {
		t.Errorf("two bad ones: got %+v", o)
	}
	o = seen(o, loaded{at: at(5), media: lists(0, 5)})
	if o.Fails != 0 || o.Err != "" || o.Pos.MSN != 4 || o.Advanced != at(2) {
		t.Errorf("fallen: got %+v", o)
	}
}
