package tui

import (
	"testing"
	"time"

	"livestream-tui/tui/panel"
)

func TestAFloodIsTakenAtALowRateAndABurstAtOnce(t *testing.T) {
	a, now, took := allowance{}, noon, 0
	if got := a.lines(pollPeriod); got != panel.LogsMost {
		t.Errorf("at the start: got %d lines, want all %d", got, panel.LogsMost)
	}
	poll := func(written int) {
		now = now.Add(pollPeriod)
		lines := min(written, a.lines(pollPeriod))
		took += lines
		a = a.next(lines, now)
	}
	const logLeast = int(logRate * pollPeriod / time.Second)
	const polls = 600 // a minute
	for range polls {
		poll(5000)
	}
	if most := panel.LogsMost + 60*logRate + logLeast; took > most || took < 60*logRate {
		t.Errorf("in a minute of flood: took %d lines, want %d to %d", took, 60*logRate, most)
	}
	if got := a.lines(pollPeriod); got > 2*logLeast {
		t.Errorf("after the flood: got %d lines, want about %d", got, logLeast)
	}
	for range polls {
		poll(0)
	}
	if got := a.lines(pollPeriod); got != panel.LogsMost {
		t.Errorf("after a quiet minute: got %d lines, want all %d", got, panel.LogsMost)
	}
	if a = a.next(0, now.Add(-time.Hour)); a.lines(pollPeriod) != panel.LogsMost {
		t.Errorf("after a clock that was set back: got %d lines, want all %d", a.lines(pollPeriod), panel.LogsMost)
	}
}
