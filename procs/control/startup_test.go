package control

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs"
)

// step is what happens to a startup at a time.
type step struct {
	at       time.Duration
	process  string
	state    procs.State
	reason   string
	progress string // instead of a state
}

func TestStartupSaysWhatIsWaitedForAndGivesUp(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name    string
		steps   []step
		asked   time.Duration // when waiting and failure are asked
		waiting string
		failure string // what it contains; empty: none
	}{
		{"nothing yet", nil, time.Hour, "[]", ""},
		{
			"a quick start needs no words",
			[]step{{0, "proxy", procs.Starting, "", ""}, {1 * s, "proxy", procs.Ready, "", ""}}, 3 * s, "[]", "",
		},
		{
			"a wait is told after a while",
			[]step{{0, "proxy", procs.Waiting, "waiting for origin", ""}}, 2 * s, "[{proxy waiting for origin}]", "",
		},
		{
			"but not before",
			[]step{{0, "proxy", procs.Waiting, "waiting for origin", ""}}, 1900 * time.Millisecond, "[]", "",
		},
		{
			"how far it is rather than why it waits",
			[]step{{0, "worker", procs.Starting, "", ""}, {s, "worker", procs.Running, "making a film", ""}, {3 * s, "worker", 0, "", "film 40 %"}},
			5 * s, "[{worker film 40 %}]", "",
		},
		{
			"waiting for others is no failure",
			[]step{{0, "proxy", procs.Waiting, "waiting for origin", ""}}, time.Hour, "[{proxy waiting for origin}]", "",
		},
		{
			"not ready for too long",
			[]step{{0, "worker", procs.Starting, "", ""}, {s, "worker", procs.Running, "no film", ""}}, 31 * s, "[{worker no film}]",
			"worker did not become ready within 30s: no film",
		},
		{
			"restarts do not begin the count anew",
			[]step{{0, "worker", procs.Starting, "", ""}, {15 * s, "worker", procs.Backoff, "not ready within 15s", ""}, {16 * s, "worker", procs.Starting, "", ""}},
			31 * s, "[{worker starting}]", "worker did not become ready within 30s",
		},
		{
			"progress does",
			[]step{{0, "worker", procs.Starting, "", ""}, {20 * s, "worker", 0, "", "film 90 %"}}, 31 * s, "[{worker film 90 %}]", "",
		},
		{
			"given up",
			[]step{{0, "origin", procs.Starting, "", ""}, {s, "origin", procs.Failed, "exit status 78", ""}}, 2 * s, "[]",
			"origin never became ready: exit status 78; its log is origin.log",
		},
		{
			"ended for good",
			[]step{{0, "origin", procs.Starting, "", ""}, {s, "origin", procs.Exited, "exit status 0", ""}}, 2 * s, "[]",
			"origin never became ready: exit status 0",
		},
		{
			"once ready, it may fail and come back",
			[]step{{0, "origin", procs.Starting, "", ""}, {s, "origin", procs.Ready, "", ""}, {2 * s, "origin", procs.Failed, "exit status 1", ""}},
			time.Hour, "[]", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			u := newStartup([]Process{{Status: Status{Name: "worker"}}, {Status: Status{Name: "origin"}}, {Status: Status{Name: "proxy"}}})
			for _, st := range c.steps {
				if st.progress != "" {
					u.progress(st.process, st.progress, began.Add(st.at))
					continue
				}
				u.status(Status{Name: st.process, State: st.state, Reason: st.reason, LogPath: st.process + ".log"}, began.Add(st.at))
			}
			now := began.Add(c.asked)
			if got := fmt.Sprint(u.waiting(now)); got != c.waiting {
				t.Errorf("waiting: got %s, want %s", got, c.waiting)
			}
			if got := fmt.Sprint(u.waiting(now)); got != "[]" {
				t.Errorf("waiting, asked again: got %s, want []", got)
			}
			got := u.failure(now)
			if !strings.Contains(got, c.failure) || (c.failure == "") != (got == "") {
				t.Errorf("failure: got %q, want %q", got, c.failure)
			}
		})
	}
}

func TestAirJudgesAPlaylistByItsMoving(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.Local)
	first, second := "#EXTM3U\n#EXTINF:2,\n1.m4s\n", "#EXTM3U\n#EXTINF:2,\n2.m4s\n"
	a := newAir()
	for _, c := range []struct {
		name string
		at   time.Duration
		body string
		want string
	}{
		{"the first", 0, first, ""},
		{"the same soon after", 7 * time.Second, first, ""},
		{"the same for too long", 8 * time.Second, first, "the playlist has not changed since 00:00:00"},
		{"still the same, and the same reason", 8500 * time.Millisecond, first, "the playlist has not changed since 00:00:00"},
		{"another", 9 * time.Second, second, ""},
		{"no playlist", 10 * time.Second, "<html>", "the answer is no playlist with segments"},
		{"without segments", 10 * time.Second, "#EXTM3U\n", "the answer is no playlist with segments"},
		{"the same counts from its first sight", 17 * time.Second, second, "the playlist has not changed since 00:00:09"},
	} {
		light := a.judge("live01", "url", []byte(c.body), nil, began.Add(c.at))
		got := strings.TrimPrefix(light.Reason, "url: ")
		if want := c.want != ""; (light.State == AirOff) != want || (light.Outage != nil) != want {
			t.Errorf("%s: got %+v, want it off air %t", c.name, light, want)
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
