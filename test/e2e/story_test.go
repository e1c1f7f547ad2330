package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/test/harness"
)

// These tests are a bad night of an operator: both packagers are stopped, the light counts
// down, the picture stands still, and both are started again. That is one outage, of one
// length, wherever it is told.

// TestOneOutageIsToldAlikeByDashboardAndJournal stops both packagers by keys of the dashboard
// that supervises, and starts one of them by ctl and the other over attach.
func TestOneOutageIsToldAlikeByDashboardAndJournal(t *testing.T) {
	harness.Parallel(t)
	n := openNight(t)
	n.Start()
	n.awaitSpare()
	active := n.active(n.Tmux)
	other := otherThan(active)
	n.choose(n.Tmux, active) // a cursor that has just moved by itself asks before a stop
	n.Press("s")
	n.awaitOn(n.Tmux, "the switch", `via `+other)
	n.choose(n.Tmux, other)
	n.Press("s")
	n.awaitOn(n.Tmux, "the question", `stop `+other+`\?(?s:.*)the only usable packager`)
	n.Press("y")
	n.wantCountdown()
	n.awaitLength(2 * time.Second)

	n.says("ctl", "start", active)
	attached, pid := n.attach()
	n.choose(attached.Tmux, other)
	attached.Press("s")
	length := n.awaitBack()
	tenths := regexp.QuoteMeta(fmt.Sprintf("%.1fs", length.Seconds()))
	rows := []string{
		`EVENTS .* planned outages 1 · ` + tenths + ` `, `● BACK +live01 +off air ` + tenths + `, `, `✗ OFF AIR +live01 +planned: no packager `,
		`⌁ stop +` + active + ` +\S+, key \(s\) `, `⌁ stop +` + other + ` +\S+, key \(s\) `,
		`⌁ start +` + active + ` +\S+, ctl pid \d+ `, fmt.Sprintf(`⌁ start +%s +\S+, attach pid %d \(s\) `, other, pid),
	}
	for _, w := range []*harness.Tmux{n.Tmux, attached.Tmux} {
		n.awaitOn(w, "the outage in the header", `ON AIR.* last outage `+tenths+` at \d\d:\d\d`)
		w.Press("2") // the events of this screen have room
		n.awaitOn(w, "the events", rows...)
	}
	attached.Press("q")
	attached.awaitEnded(0, "detached")
	n.Press("3") // as have the logs of this one
	n.awaitOn(n.Tmux, "the line of log", fmt.Sprintf(`viewer +the picture stood still .*length_ms=%d\b`, length.Milliseconds()))
	n.wantStatus(length)
	n.wantJournal(length)
	n.wantCommands(map[string]platform.Actor{
		"stop " + active: {Via: platform.ViaKey, Key: "s"}, "stop " + other: {Via: platform.ViaKey, Key: "s"},
		"start " + active: {Via: platform.ViaCtl}, "start " + other: {Via: platform.ViaAttach, Key: "s", PID: pid},
	})

	n.Press("q", "y")
	n.AwaitEnd(0)
	n.wantJournal(length) // while nothing runs
	n.forgetEnd()
	n.Start()
	n.awaitSpare()
	n.wantJournal(length)
	n.Press("2")
	n.awaitOn(n.Tmux, "the events after a restart", rows...)
	n.Press("C-c")
	n.AwaitEnd(0)
}

// TestOneOutageIsToldAlikeWithoutADashboard stops both packagers of a headless platform over
// attach, waits until the outage is told again, and starts them by ctl.
func TestOneOutageIsToldAlikeWithoutADashboard(t *testing.T) {
	harness.Parallel(t)
	n := openNight(t)
	n.Start("--headless", ">"+n.Root+"/out")
	n.awaitSpare()
	attached, pid := n.attach()
	active := n.active(attached.Tmux)
	other := otherThan(active)
	attached.Press("s")
	n.awaitOn(attached.Tmux, "the switch", `via `+other)
	if status, _, errs := harness.Outcome(t, n.env, "ctl", "stop", other); status == 0 || !strings.Contains(errs, "the only usable packager") || !strings.Contains(errs, "--yes") {
		t.Errorf("ctl stop of the last packager: got %d and %q, want a refusal that names --yes", status, errs)
	}
	n.choose(attached.Tmux, other)
	attached.Press("s")
	n.awaitOn(attached.Tmux, "the question", `stop `+other+`\?(?s:.*)the only usable packager`)
	attached.Press("y")
	stall := n.awaitStall()
	n.awaitOut(`\[ERROR\] viewer: off air: live01 since [\d:.]+, for 1\d(\.\d+)?s so far: no packager\n`)
	n.says("ctl", "start", active)
	n.says("ctl", "start", other)
	length := n.awaitBack()
	since := stall.What.(event.Outage).Since.Local().Format("15:04:05.000")
	n.awaitOut(`viewer: on air again: live01 after ` + regexp.QuoteMeta(length.String()) + `, off air from ` + regexp.QuoteMeta(since) + `\b`)
	var told []string
	for line := range strings.Lines(n.File("out")) {
		if word := regexp.MustCompile(`: (off air in|off air|on air again)\b`).FindStringSubmatch(line); word != nil {
			told = append(told, word[1])
		}
	}
	want := []string{"off air in", "off air"}
	for range int(length / (10 * time.Second)) {
		want = append(want, "off air")
	}
	if want = append(want, "on air again"); fmt.Sprint(told) != fmt.Sprint(want) {
		t.Errorf("headless tells %q of an outage of %s, want %q", told, length, want)
	}
	if out := n.File("out"); !strings.Contains(out, "viewer: off air: live01 since "+since+": no packager\n") {
		t.Errorf("headless does not tell when the outage began:\n%s", out)
	}
	n.wantStatus(length)
	n.wantJournal(length)
	n.wantCommands(map[string]platform.Actor{
		"stop " + active: {Via: platform.ViaAttach, Key: "s", PID: pid}, "stop " + other: {Via: platform.ViaAttach, Key: "s", PID: pid},
		"start " + active: {Via: platform.ViaCtl}, "start " + other: {Via: platform.ViaCtl},
	})
	attached.Press("q")
	attached.awaitEnded(0, "detached")
	n.Press("C-c")
	n.AwaitEnd(interrupted)
}

// awaitOut waits until a headless platform has written what matches.
func (n night) awaitOut(pattern string) {
	n.t.Helper()
	re := regexp.MustCompile(pattern)
	harness.Await(n.t, 60*time.Second, "a line like "+pattern, func() error {
		if out := n.File("out"); !re.MatchString(out + "\n") {
			return fmt.Errorf("only\n%s", out)
		}
		return nil
	})
}

// glance is a look at the light of the header.
type glance struct {
	from, to time.Time // when it began and when it was over
	left     int       // seconds, where it counts down; -1 elsewhere
	off      bool
}

// wantCountdown wants the header to count down to the moment at which the viewer's picture
// stands still. A machine that is busy shows late: everything may be late by as much as the
// looks of this test are, in addition.
func (n night) wantCountdown() {
	n.t.Helper()
	light := regexp.MustCompile(`(?m)^ +(?:▲ OFF AIR IN (\d+)s|(✗ OFF AIR) \d\d:\d\d) `)
	var seen []glance
	var slow time.Duration // the longest from one look to the next
	harness.Await(n.t, 60*time.Second, "OFF AIR", func() error {
		g := glance{from: time.Now(), left: -1}
		m := light.FindStringSubmatch(n.Screen())
		g.to = time.Now()
		if len(seen) > 0 {
			slow = max(slow, g.to.Sub(seen[len(seen)-1].from))
		}
		if m != nil && m[1] != "" {
			g.left, _ = strconv.Atoi(m[1]) // digits
		}
		g.off = m != nil && m[2] != ""
		if seen = append(seen, g); !g.off {
			return fmt.Errorf("the light is %q", m)
		}
		return nil
	})
	stall := n.awaitStall()
	since := stall.What.(event.Outage).Since
	const within, frame = 200 * time.Millisecond, 100 * time.Millisecond
	told, red, before := stall.Time.Sub(since), seen[len(seen)-1], seen[len(seen)-2]
	n.t.Logf("the stall was told after %s; the screen was red at the earliest %s and at the latest %s after it; looks took %s at most",
		told, before.from.Sub(since).Round(time.Millisecond), red.to.Sub(since).Round(time.Millisecond), slow.Round(time.Millisecond))
	if told < 0 || told > within+slow {
		n.t.Errorf("the stall was told %s after it, want %s at most", told, within)
	}
	if early, late := red.to.Before(since), before.from.Sub(since); early || late > within+frame+slow {
		n.t.Errorf("OFF AIR was not to be seen %s after the stall, or seen before it: %t", late, early)
	}
	counted, rises, falls := numbers(seen[:len(seen)-1])
	n.t.Logf("the countdown ran %v", counted)
	if len(counted) < 3 || rises > 1 || slices.Contains(counted, -1) || slices.Min(counted) != counted[len(counted)-1] {
		n.t.Errorf("the countdown ran %v, want ever less to the end", counted)
	}
	for _, g := range seen[falls : len(seen)-1] {
		// What was shown was true between the last frame before the look and its end.
		most, least := since.Sub(g.from)+frame, since.Sub(g.to)
		if shown := time.Duration(g.left) * time.Second; shown < least-within-slow || shown-time.Second > most+within+slow {
			n.t.Errorf("OFF AIR IN %ds was shown %s before the stall", g.left, since.Sub(g.from).Round(time.Millisecond))
		}
	}
}

// numbers returns what a countdown showed from its first number on, and how often it rose:
// a segment that was on its way when the last packager ended may still come. From the look of
// index falls on it only fell.
func numbers(seen []glance) (shown []int, rises, falls int) {
	for i, g := range seen {
		switch n := len(shown); {
		case n == 0 && g.left < 0, n > 0 && shown[n-1] == g.left:
			continue
		case n == 0:
			falls = i
		case shown[n-1] < g.left:
			rises, falls = rises+1, i
		}
		shown = append(shown, g.left)
	}
	return shown, rises, falls
}
