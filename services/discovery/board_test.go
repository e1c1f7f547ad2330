package discovery

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
)

func TestFollow(t *testing.T) {
	b := newBoard([]string{one, two})
	for _, c := range []struct {
		name                string
		signals, come, gone []string
	}{
		{"two come", []string{"b", "a"}, []string{"a", "b"}, nil},
		{"nothing new", []string{"a", "b"}, nil, nil},
		{"one comes and one goes", []string{"a", "c"}, []string{"c"}, []string{"b"}},
		{"all go", nil, nil, []string{"a", "c"}},
	} {
		come, gone := b.follow(c.signals)
		if diff := cmp.Diff(c.come, come); diff != "" {
			t.Errorf("%s: come: want (-), got (+):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.gone, gone); diff != "" {
			t.Errorf("%s: gone: want (-), got (+):\n%s", c.name, diff)
		}
	}
	b.add("a", 0, good(1, 7, "7"))
	if r, _ := b.judge(at(1)); len(r.Signals) != 0 {
		t.Errorf("a result of a signal that has gone: got %+v, want it ignored", r)
	}
}

func TestJudge(t *testing.T) {
	b := newBoard([]string{one, two})
	b.follow([]string{"live01"})
	status := func(url string, s report.State) report.PackagerStatus {
		return report.PackagerStatus{URL: url, State: s}
	}
	changed := func(url string, was, is report.State) string { return url + ": " + was.String() + " to " + is.String() }
	for _, c := range []struct {
		name    string
		before  func()
		now     int
		want    []report.PackagerStatus // only URL and State count
		changes []string
	}{
		{"who was not asked is left out", func() {}, 0, nil, nil},
		{"one was asked", func() { b.add("live01", 1, good(1, 7, "7")) }, 1, []report.PackagerStatus{status(two, report.Up)},
			[]string{changed(two, report.Unknown, report.Up)}},
		{"both were asked, in the order of PACKAGERS", func() { b.add("live01", 0, good(1, 7, "7")) }, 1,
			[]report.PackagerStatus{status(one, report.Up), status(two, report.Up)}, []string{changed(one, report.Unknown, report.Up)}},
		{"nothing new", func() {}, 1, []report.PackagerStatus{status(one, report.Up), status(two, report.Up)}, nil},
		{"one fails again and again", func() {
			for second := 1; second <= 3; second++ {
				b.add("live01", 0, bad(second, "connection refused"))
			}
		}, 3, []report.PackagerStatus{status(one, report.Down), status(two, report.Up)}, []string{changed(one, report.Up, report.Down)}},
		{"still down: no change", func() { b.add("live01", 1, good(62, 37, "37")); b.add("live01", 0, bad(62, "connection refused")) }, 62,
			[]report.PackagerStatus{status(one, report.Down), status(two, report.Up)}, nil},
		{"after a minute it is told again", func() { b.add("live01", 1, good(64, 38, "38")); b.add("live01", 0, bad(64, "connection refused")) }, 64,
			[]report.PackagerStatus{status(one, report.Down), status(two, report.Up)}, []string{changed(one, report.Down, report.Down)}},
		{"and not at once again", func() { b.add("live01", 1, good(66, 39, "39")); b.add("live01", 0, bad(66, "connection refused")) }, 66,
			[]report.PackagerStatus{status(one, report.Down), status(two, report.Up)}, nil},
	} {
		c.before()
		r, changes := b.judge(at(c.now))
		if len(r.Signals) != 1 || r.Signals[0].Signal != "live01" {
			t.Fatalf("%s: got %+v, want the one signal", c.name, r)
		}
		var got []report.PackagerStatus
		for _, p := range r.Signals[0].Packagers {
			got = append(got, status(p.URL, p.State))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: want (-), got (+):\n%s", c.name, diff)
		}
		var said []string
		for _, ch := range changes {
			said = append(said, changed(ch.verdict.Packager, ch.was, ch.verdict.State))
		}
		if diff := cmp.Diff(c.changes, said); diff != "" {
			t.Errorf("%s: changes: want (-), got (+):\n%s", c.name, diff)
		}
	}
	b.follow([]string{"b", "a"})
	if r, _ := b.judge(at(67)); len(r.Signals) != 2 || r.Signals[0].Signal != "a" || r.Signals[0].Packagers == nil {
		t.Errorf("signals: got %+v, want a and b, sorted, with lists that are not nil", r.Signals)
	}
}

func TestAForeignReasonIsCleanedAndShort(t *testing.T) {
	b := newBoard([]string{one})
	b.follow([]string{"live01"})
	for second := range 3 {
		b.add("live01", 0, bad(second, "status 500: \x1b[2J"+strings.Repeat("ä", 500)))
	}
	r, _ := b.judge(at(3))
	got := r.Signals[0].Packagers[0].Reason
	if len(got) > text.MaxReason+len("\uFFFD...") || strings.Contains(got, "\x1b") || !strings.Contains(got, "status 500: ä") {
		t.Errorf("got %q, want it clean and short", got)
	}
}
