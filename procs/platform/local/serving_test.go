package local

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/kit/event"
)

// serves logs, as the proxy, that a playlist is served in another way.
func serves(l *Local, at time.Time, playlist, mode, reason string, degraded bool) {
	l.OnLine("proxy", fmt.Appendf(nil, `{"@level":"info","@message":"m","@timestamp":%q,"event":"serving","playlist":%q,"mode":%q,"reason":%q,"degraded":%t}`,
		at.Format("2006-01-02T15:04:05.000000Z07:00"), playlist, mode, reason, degraded))
}

func TestAPlaylistThatIsNotMergedIsKeptUntilItIs(t *testing.T) {
	at := time.Now()
	const parts, odd = "low latency: its parts are its packager's", "it lists no segment"
	type step struct {
		playlist, mode, reason string
		degraded               bool
	}
	passed, again := step{"/a.m3u8", "passed through", parts, true}, step{"/a.m3u8", "merged", "", false}
	for name, c := range map[string]struct {
		steps    []step
		degraded []string // playlist, mode and reason
		changes  []string // mode
	}{
		"merged from the start":                 {[]step{again}, nil, nil},
		"a multivariant playlist":               {[]step{{"/m.m3u8", "passed through", "a multivariant playlist", false}}, nil, nil},
		"passed through":                        {[]step{passed}, []string{"/a.m3u8 passed through " + parts}, []string{"passed through"}},
		"merged, passed through, merged again":  {[]step{again, passed, again}, nil, []string{"passed through", "merged"}},
		"for another reason than at first":      {[]step{passed, {"/a.m3u8", "passed through", odd, true}}, []string{"/a.m3u8 passed through " + odd}, []string{"passed through"}},
		"passed through, then forwarded":        {[]step{passed, {"/a.m3u8", "forwarded", "cookies", true}}, []string{"/a.m3u8 forwarded cookies"}, []string{"passed through", "forwarded"}},
		"one of two is merged again":            {[]step{passed, {"/b.m3u8", "passed through", odd, true}, again}, []string{"/b.m3u8 passed through " + odd}, []string{"passed through", "passed through", "merged"}},
		"nobody asks for it any more":           {[]step{passed, {"/a.m3u8", "not followed", "nobody asks for it any more", false}}, nil, []string{"passed through"}},
		"an event that ended, no longer live":   {[]step{passed, {"/a.m3u8", "passed through", "it had ended", false}}, nil, []string{"passed through"}},
		"refused in the end, and there again":   {[]step{passed, {"/a.m3u8", "refused", "packagers refuse it", false}, passed}, []string{"/a.m3u8 passed through " + parts}, []string{"passed through", "passed through"}},
		"one that was not degraded before":      {[]step{{"/a.m3u8", "not followed", "nobody asks for it any more", false}}, nil, nil},
		"the same playlist with another query":  {[]step{passed, {"/a.m3u8?b", "merged", "", false}}, []string{"/a.m3u8 passed through " + parts}, []string{"passed through"}},
		"the same report twice is one event":    {[]step{passed, passed}, []string{"/a.m3u8 passed through " + parts}, []string{"passed through"}},
		"merged again and passed through again": {[]step{passed, again, passed}, []string{"/a.m3u8 passed through " + parts}, []string{"passed through", "merged", "passed through"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := platformOf(t, platformtest.Supervisor{})
			_, events, _ := l.Subscribe(t.Context())
			for _, s := range c.steps {
				serves(l, at, s.playlist, s.mode, s.reason, s.degraded)
			}
			var degraded, changes, published []string
			for _, d := range l.Now().Degraded {
				degraded = append(degraded, d.Playlist+" "+string(d.Mode)+" "+d.Reason)
			}
			for _, d := range l.Now().ServingChanges {
				changes = append(changes, string(d.Mode))
			}
			for range changes {
				e := <-events
				serving, is := e.What.(event.Serving)
				if !is || e.Process != "proxy" {
					t.Errorf("got event %+v, want one on serving", e)
				} else {
					published = append(published, string(serving.Mode))
				}
			}
			if !slices.Equal(degraded, c.degraded) || !slices.Equal(changes, c.changes) || !slices.Equal(published, c.changes) {
				t.Errorf("got degraded %q, changes %q, events %q; want %q, %q", degraded, changes, published, c.degraded, c.changes)
			}
		})
	}
}

func TestTheReportsOfAnIncarnationEndWithIt(t *testing.T) {
	at := time.Now()
	for name, c := range map[string]struct {
		next platform.Status
		want int
	}{
		"it runs on":             {platform.Status{Name: "proxy", State: procs.Degraded, PID: 7, Incarnation: 1, Started: at.Add(-time.Minute)}, 1},
		"it has died":            {platform.Status{Name: "proxy", State: procs.Backoff, Incarnation: 1}, 0},
		"another has taken over": {platform.Status{Name: "proxy", State: procs.Ready, PID: 8, Incarnation: 2, Started: at.Add(time.Second)}, 0},
		"another that reported it before its start was seen": {platform.Status{Name: "proxy", State: procs.Ready, PID: 8, Incarnation: 2, Started: at.Add(-time.Second)}, 1},
		"another process has died":                           {platform.Status{Name: "worker", State: procs.Backoff, Incarnation: 1}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			l := platformOf(t, platformtest.Supervisor{})
			l.OnStatus(platform.Status{Name: "proxy", State: procs.Ready, PID: 7, Incarnation: 1, Started: at.Add(-time.Minute)})
			serves(l, at, "/a.m3u8", "passed through", "low latency", true)
			before := l.Now().Degraded
			l.OnStatus(c.next)
			if got := l.Now(); len(got.Degraded) != c.want || len(got.ServingChanges) != 1 {
				t.Errorf("got %v, %d changes, want %d degraded and 1 change", got.Degraded, len(got.ServingChanges), c.want)
			}
			if before[0].Playlist != "/a.m3u8" {
				t.Errorf("an earlier snapshot has changed: %v", before)
			}
		})
	}
}

func TestPlaylistsWithoutEndAreNotKeptWithoutEnd(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	for i := range 3 * model.ServingMost {
		serves(l, time.Now(), fmt.Sprintf("/%d.m3u8", i), "passed through", "low latency", true)
	}
	s := l.Now()
	if len(s.Degraded) != model.ServingMost || len(s.ServingChanges) != model.ServingMost || s.Degraded[model.ServingMost-1].Playlist != fmt.Sprintf("/%d.m3u8", 3*model.ServingMost-1) {
		t.Errorf("got %d and %d, want the newest %d of both", len(s.Degraded), len(s.ServingChanges), model.ServingMost)
	}
}
