package player

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/rules"
	"livestream-tui/services/viewer/stationtest"
)

// epoch is when the reports of these tests begin.
var epoch = time.Date(2024, 4, 5, 11, 23, 45, 0, time.UTC)

func after(d time.Duration) time.Time { return epoch.Add(d) }

const sec = time.Second

func sample() Report {
	r := Report{
		Status: Status{Name: "1", URL: "u", State: event.ViewPlaying, Requests: 3, Failed: 2, Bytes: 600, Violated: 2, StallCount: 2,
			Stalled: 7 * sec, LongestStall: 5 * sec, LongestFirstByte: 3 * sec, LongestWait: 3 * sec, Standstill: 4 * sec, Starved: 3 * sec, Gaps: 1, Skipped: 2, GaveUp: 1},
		Violations: []rules.Violation{{At: after(1 * sec), Rule: rules.Media, Text: "a"}, {At: after(20 * sec), Rule: rules.End, Text: "b"}},
		Failures:   []Failure{{At: after(1 * sec), Length: sec}, {At: after(8 * sec), Length: 2 * sec}},
		Stalls:     []Stall{{At: after(0), Length: 5 * sec}, {At: after(20 * sec), Length: 2 * sec}},
		Transfers: []Request{
			{At: after(0), Length: 3 * sec, FirstByte: 3 * sec, Longest: 3 * sec, Bytes: 100},
			{At: after(9 * sec), Length: 2 * sec, FirstByte: 10 * time.Millisecond, Longest: sec, Bytes: 200},
			{At: after(20 * sec), Length: sec, FirstByte: 20 * time.Millisecond, Longest: 20 * time.Millisecond, Bytes: 300},
		},
		Waits:      []Wait{{after(0), 3 * sec}, {after(9 * sec), 10 * time.Millisecond}, {after(9500 * time.Millisecond), sec}, {after(20 * sec), 20 * time.Millisecond}},
		Starvation: []Wait{{after(1 * sec), sec}, {after(12 * sec), 2 * sec}},
		Growth:     []rules.Newest{{MSN: 100, From: after(1 * sec), To: after(5 * sec)}, {MSN: 101, From: after(10 * sec), To: after(12 * sec)}},
	}
	r.byRule[rules.Media], r.byRule[rules.End] = 1, 1
	return r
}

func TestSinceCountsAnew(t *testing.T) {
	got := sample().Since(after(10 * sec))
	want := sample().Status
	want.Requests, want.Failed, want.Bytes, want.Violated, want.StallCount = 2, 1, 500, 1, 1
	want.Stalled, want.LongestStall, want.LongestFirstByte, want.LongestWait = 2*sec, 2*sec, 20*time.Millisecond, sec
	want.Standstill, want.Starved = 2*sec, 2*sec
	want.byRule[rules.Media] = 0
	if diff := cmp.Diff(want, got.Status, cmp.AllowUnexported(Status{})); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if len(got.Violations) != 1 || len(got.Failures) != 1 || len(got.Waits) != 2 {
		t.Errorf("got %+v, want what happened later", got)
	}
	if r := sample(); len(r.Violations) != 2 {
		t.Error("got another report changed, want a new one")
	}
}

func TestGap(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to time.Duration
		want     time.Duration
		flying   bool
	}{
		{"none in flight", 5 * sec, 8 * sec, 0, false},
		{"in flight, and nothing waited then", 10600 * time.Millisecond, 10700 * time.Millisecond, 0, true},
		{"in flight, and a wait that began before", 10 * sec, 10100 * time.Millisecond, sec, true},
		{"begun while it lasted", 19 * sec, 21 * sec, 20 * time.Millisecond, true},
		{"the longest of several", 0, 30 * sec, 3 * sec, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, flying := sample().Gap(after(c.from), after(c.to))
			if got != c.want || flying != c.flying {
				t.Errorf("got %s, %t, want %s, %t", got, flying, c.want, c.flying)
			}
		})
	}
}

func TestSummarize(t *testing.T) {
	one, two := sample(), sample()
	two.State, two.Requests, two.Starved, two.LongestStall = event.ViewStalled, 7, 9*sec, 6*sec
	two.Growth = []rules.Newest{{MSN: 101, From: after(8 * sec), To: after(9 * sec)}, {MSN: 102, From: after(9 * sec), To: after(9 * sec)}}
	starting := Report{}
	starting.URL = "v"
	starting.Growth = []rules.Newest{{MSN: 101, From: after(0), To: after(0)}} // of another playlist
	got := Summarize([]Report{one, two, starting})
	want := Summary{
		Players: 3, Starting: 1, Playing: 1, Stalled: 1, Requests: 10, Failed: 4, Bytes: 1200, Violated: 4, Broken: map[rules.Rule]int{rules.Media: 2, rules.End: 2},
		Stalls: 4, StalledFor: 14 * sec, LongestStall: 6 * sec, LongestFirstByte: 3 * sec, LongestWait: 3 * sec,
		Standstill: 4 * sec, // 101, from 8 s by the one to 12 s by the other
		Gaps:       2, Skipped: 4, GaveUp: 2, Starved: 9 * sec,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if got.Clean() {
		t.Error("got a clean summary, want none")
	}
	if got, want := got.String(), "4 failed requests, end broken 2×, media broken 2×, 4 stalls of up to 6s, 1 player does not play, 2 players gave up"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOneThingThatIsNotCleanIsEnough(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*Report)
	}{
		{"a failed request", func(r *Report) { r.Failed = 1 }},
		{"a rule broken", func(r *Report) { r.Violated = 1 }},
		{"a stall", func(r *Report) { r.StallCount = 1 }},
		{"not playing yet", func(r *Report) { r.State = event.ViewStarting }},
		{"not playing any more", func(r *Report) { r.State = event.ViewStalled }},
		{"giving up", func(r *Report) { r.GaveUp = 1 }},
	} {
		r := Report{Status: Status{State: event.ViewPlaying}}
		if s := Summarize([]Report{r}); !s.Clean() || s.String() != "1 players saw nothing" {
			t.Errorf("got %q, want a clean one", s)
		}
		c.do(&r)
		if Summarize([]Report{r}).Clean() {
			t.Errorf("%s: got a clean summary", c.name)
		}
	}
}

func TestManyPlayersSeeWhatOneCannot(t *testing.T) {
	// The playlist stands still for twice its target duration. Each player knows of
	// a part of that only.
	synctest.Test(t, func(t *testing.T) {
		s := stationtest.New()
		s.TD, s.Duration, s.Window, s.Began = 2, 2*time.Second, 8, time.Now()
		s.OnList = func(p *m3u8.MediaPlaylist, newest int64) {
			if newest == 113 {
				*p = *s.Playlist(112)
			}
		}
		n := stationtest.NewWire()
		defer n.Serve("proxy", s)()
		var reports []Report
		ledger := new(rules.Ledger)
		results := make(chan Report)
		for i := range 8 {
			go func() {
				results <- play(t, n, Options{StartDelay: time.Duration(i) * 250 * time.Millisecond, Ledger: ledger}, func(*Player) { time.Sleep(30 * time.Second) })
			}()
		}
		alone := time.Duration(0)
		for range 8 {
			r := <-results
			alone = max(alone, r.Standstill)
			reports = append(reports, r)
		}
		sum := Summarize(reports)
		if sum.Playing != 8 || sum.Failed+sum.Stalls != 0 {
			t.Errorf("got %s, want all to play", sum)
		}
		if got := sum.Standstill; got < 3500*time.Millisecond || got > 4*time.Second || got <= alone {
			t.Errorf("got a standstill of %s, of %s by the best of them, want almost 4s", got, alone)
		}
	})
}

func TestRing(t *testing.T) {
	for _, c := range []struct {
		limit int
		want  []int
	}{{0, nil}, {1, []int{5}}, {3, []int{3, 4, 5}}, {5, []int{1, 2, 3, 4, 5}}, {9, []int{1, 2, 3, 4, 5}}} {
		r := ring[int]{limit: c.limit}
		for i := range 5 {
			r.add(i + 1)
		}
		if got := r.all(); !slices.Equal(got, c.want) {
			t.Errorf("limit %d: got %v, want %v", c.limit, got, c.want)
		}
		if last, ok := r.last(); ok != (c.limit > 0) || ok && last != 5 {
			t.Errorf("limit %d: got %d last, want 5", c.limit, last)
		}
	}
}
