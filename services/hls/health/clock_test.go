package health

import (
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/report"
)

const four = "http://localhost4:8080"

// on is a packager on a host of its own whose clock is ahead of the observer's by so many
// seconds. It lists each segment when that ends by its own clock, the last one a second ago.
func on(host string, ahead float64, changes ...func(*Observation)) Observation {
	o := seen("http://"+host+":8080", 927, 1)
	shift := time.Duration(ahead * float64(time.Second))
	for i := range o.Tail { // the newest one begins 2 s before it is listed
		m := &o.Tail[i]
		m.ProgramDateTime = ago(3 + 2*float64(927-m.MSN)).Add(shift)
	}
	for _, change := range changes {
		change(&o)
	}
	return o
}

// newer is a packager that is so many segments further, with the dates that follow.
func newer(segments int64) func(*Observation) {
	return func(o *Observation) {
		o.Pos.MSN += segments
		for i := range o.Steps {
			o.Steps[i].MSN += segments
		}
		for i := range o.Tail {
			m := &o.Tail[i]
			*m = Mark{m.MSN + segments, tail(m.MSN+segments, m.MSN+segments)[0].URI, m.Duration, m.ProgramDateTime, false}
		}
	}
}

// fresh is one of which a first playlist was seen just now, listed so many seconds ago.
func fresh(seconds float64) func(*Observation) {
	return func(o *Observation) {
		o.First, o.Advanced = now, time.Time{}
		o.Steps = [8]Step{{o.Pos.MSN, now}}
		for i := range o.Tail {
			o.Tail[i].ProgramDateTime = o.Tail[i].ProgramDateTime.Add(time.Duration((1 - seconds) * float64(time.Second)))
		}
	}
}

func stalled(o *Observation) {
	o.Advanced = ago(10)
	for i := range o.Steps {
		o.Steps[i].At = o.Steps[i].At.Add(-9 * time.Second)
	}
	for i := range o.Tail {
		o.Tail[i].ProgramDateTime = o.Tail[i].ProgramDateTime.Add(-9 * time.Second)
	}
}

func undated(o *Observation) {
	for i := range o.Tail {
		o.Tail[i].ProgramDateTime = time.Time{}
	}
}

func at(base string) func(*Observation) { return func(o *Observation) { o.Packager = base } }

const leftAhead = "misaligned: ahead of the clock: it lists segments more than 1s before they end"

var clockJudgements = []struct {
	name string
	obs  []Observation
	// want is as in judgements; without is the same with the zero Policy.
	want, without []string
}{
	{"clocks that agree", []Observation{on("a", 0), on("b", 0), on("c", 0.3)}, []string{"up", "up", "up"}, []string{"up", "up", "up"}},
	{"one is 5 s ahead", []Observation{on("a", 0), on("b", 0), on("c", 5, newer(3))},
		[]string{"up", "up", leftAhead}, []string{"lagging", "lagging", "up"}},
	{"one is a minute ahead", []Observation{on("a", 0), on("c", 60, newer(30)), on("b", 0)},
		[]string{"up", leftAhead, "up"}, []string{"lagging", "up", "lagging"}},
	{"half a segment is no matter", []Observation{on("a", 0), on("b", 0), on("c", 0.9, newer(1))},
		[]string{"up", "up", "up"}, []string{"up", "up", "up"}},
	{"more than half a segment is", []Observation{on("a", 0), on("b", 0), on("c", 1.1, newer(1))},
		[]string{"up", "up", leftAhead}, []string{"up", "up", "up"}},
	{"all are ahead: the observer's clock is behind", []Observation{on("a", 5), on("b", 5), on("c", 5)},
		[]string{"up", "up", "up"}, []string{"up", "up", "up"}},
	{"all but those of the observer's machine are ahead", []Observation{on("a", 5, newer(3)), on("b", 5, newer(3)), on("c", 0), on("c", 0, at("http://c:9090"))},
		[]string{"up", "up", "lagging", "lagging"}, []string{"up", "up", "lagging", "lagging"}},
	{"all are ahead, and one of them lags", []Observation{on("a", 5), on("b", 5), on("c", 1, newer(-2))},
		[]string{"up", "up", "lagging"}, []string{"up", "up", "lagging"}},
	{"one of two: whose clock is right cannot be known", []Observation{on("a", 0), on("c", 5, newer(3))},
		[]string{"lagging", "up"}, []string{"lagging", "up"}},
	{"several on one machine have one clock", []Observation{on("a", 0), on("b", 0), on("c", 5, newer(3)), on("c", 5, newer(3), at("http://c:9090")), on("c", 5, newer(3), at("http://c:9091"))},
		[]string{"up", "up", leftAhead, leftAhead, leftAhead}, []string{"lagging", "lagging", "up", "up", "up"}},
	{"no other is usable", []Observation{on("a", 0, failing(2, "timeout")), on("b", 0, stalled), on("c", 5, newer(3))},
		[]string{"down", "stale", "up"}, []string{"down", "stale", "up"}},
	{"one other is usable", []Observation{on("a", 0, failing(2, "timeout")), on("b", 0), on("c", 5, newer(3))},
		[]string{"down", "up", leftAhead}, []string{"down", "lagging", "up"}},
	{"what is worse stays worse", []Observation{on("a", 0), on("b", 0), on("c", 5, newer(3), failing(2, "timeout"))},
		[]string{"up", "up", "down"}, []string{"up", "up", "down"}},
	{"right ones are compared with each other", []Observation{on("a", 0), on("b", 0, newer(-2)), on("c", 5, newer(3))},
		[]string{"up", "lagging", leftAhead}, []string{"lagging", "lagging", "up"}},
	{"no dates", []Observation{on("a", 0, undated), on("b", 0), on("c", 5, newer(3), undated)},
		[]string{"lagging", "lagging", "up"}, []string{"lagging", "lagging", "up"}},
	{"right ones list what an early worker brings as early as they may", []Observation{on("a", 0.5), on("b", 1), on("c", 5, newer(1))},
		[]string{"up", "up", leftAhead}, []string{"up", "up", "up"}},
	{"at first sight", []Observation{on("a", 0, fresh(1.9)), on("b", 0, fresh(1)), on("c", 60, newer(30), fresh(1.9))},
		[]string{"up", "up", leftAhead}, []string{"up", "up", "up"}},
	{"at first sight of those whose clocks may be right", []Observation{on("a", 2, fresh(1.9)), on("b", 1.5, fresh(1)), on("c", 5, newer(1))},
		[]string{"up", "up", "up"}, []string{"up", "up", "up"}},
	{"at first sight of one, where all are ahead", []Observation{on("a", 5), on("b", 5), on("c", 5, fresh(1.9))},
		[]string{"up", "up", "up"}, []string{"up", "up", "up"}},
	{"it was a moment ago", []Observation{on("a", 0), on("b", 0), on("c", 0.9, newer(2), func(o *Observation) { o.Early = ago(5) })},
		[]string{"up", "up", leftAhead}, []string{"lagging", "lagging", "up"}},
	{"its clock is right again", []Observation{on("a", 0), on("b", 0), on("c", 0, func(o *Observation) { o.Early = ago(6) })},
		[]string{"up", "up", "up"}, []string{"up", "up", "up"}},
	{"what others listed long ago says nothing of the clock", []Observation{on("a", 5), on("b", 0, listedAgo(61), failing(9, "timeout")), on(four, 0, listedAgo(61), failing(9, "timeout")), on("d", 0)},
		[]string{"up", "down", "down", "up"}, []string{"up", "down", "down", "up"}},
}

// listedAgo sets when the newest segment was seen.
func listedAgo(seconds float64) func(*Observation) {
	return func(o *Observation) {
		shift := -time.Duration((seconds - 1) * float64(time.Second))
		o.Advanced, o.Steps[0].At = ago(seconds), ago(seconds)
		for i := range o.Tail {
			o.Tail[i].ProgramDateTime = o.Tail[i].ProgramDateTime.Add(shift)
		}
	}
}

func TestJudgeByTheClock(t *testing.T) {
	for _, c := range clockJudgements {
		t.Run(c.name, func(t *testing.T) {
			got := Policy{Clock: true}.Judge(c.obs, now)
			expect(t, got, c.want)
			for i, v := range got {
				if left := c.want[i] == leftAhead; v.Ahead != left {
					t.Errorf("%d: ahead: got %t, want %t", i, v.Ahead, left)
				}
			}
			expect(t, Policy{}.Judge(c.obs, now), c.without)
			expect(t, Judge(c.obs, now), c.without)
		})
	}
}

// One that is ahead by about a segment lists some segments early and others not.
func TestAheadOfTheClockDoesNotChangeWithEachSegment(t *testing.T) {
	obs := []Observation{unseen("http://a:80"), unseen("http://b:80"), unseen("http://c:80")}
	left := 0
	for n := range int64(60) {
		begins := now.Add(time.Duration(n) * target)
		late := []time.Duration{target, target, target - LeadMost(target) - time.Second/20} // c: 50 ms too early
		if n%2 == 1 {
			late[2] += time.Second / 10
		}
		for i := range obs {
			at := begins.Add(late[i])
			obs[i].At = at
			obs[i].Saw(at, &m3u8.MediaPlaylist{TargetDuration: 2, MediaSequence: n, Segments: []m3u8.Segment{{URI: "x", Duration: target, ProgramDateTime: begins}}})
		}
		if n < 4 {
			continue
		}
		for at := begins.Add(target); at.Before(begins.Add(2*target - LeadMost(target) - time.Second/10)); at = at.Add(target / 8) {
			if ahead := (Policy{Clock: true}).Ahead(obs, at); ahead == nil || !ahead[2] || ahead[0] {
				t.Fatalf("segment %d, at %s: got %v, want c to be ahead", n, at.Sub(begins), ahead)
			}
			left++
		}
	}
	if left == 0 {
		t.Error("nothing was judged")
	}
}

func unseen(packager string) Observation {
	return Observation{Packager: packager, Pos: m3u8.Pos{MSN: -1, Part: -1}}
}

func TestOneAheadOfTheClockComesAfterAllThatAreUsable(t *testing.T) {
	v := Policy{Clock: true}.Judge([]Observation{on("c", 5, newer(3)), on("a", 0), on("b", 0, failing(1, "timeout"))}, now)
	if got := Begin(v, "http://c:8080").Packager; got != "http://a:8080" {
		t.Errorf("begin: got %s, want a", got)
	}
	if got := Order(v, "http://c:8080"); got[2].Packager != "http://c:8080" || got[2].State != report.Misaligned {
		t.Errorf("order: got %+v, want c last", got)
	}
}

func TestHowFarClocksMayDiffer(t *testing.T) {
	for segment, want := range map[time.Duration]time.Duration{0: time.Second / 2, time.Second: time.Second / 2, 8 * time.Second: 2 * time.Second} {
		if got := ClockMost(segment); got != want {
			t.Errorf("%s: got %s, want %s", segment, got, want)
		}
	}
}
