package progress

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
)

func TestMakingIsALineOnATerminalAndEventsElsewhere(t *testing.T) {
	var out bytes.Buffer
	a := NewAnnouncer(nil, false)
	a.terminal = &out
	a.Update("live01", "mezzanine", 0)
	a.Update("live01", "mezzanine", 1) // too soon after
	a.Done("live01", "mezzanine", true)
	a.Update("live02", "mezzanine", 7)
	a.Done("live02", "mezzanine", false)
	const clearLine = "\r\x1b[K"
	want := clearLine + "live01: making the mezzanine   0 %" + clearLine + "live01: making the mezzanine 100 %\n" +
		clearLine + "live02: making the mezzanine   7 %" + clearLine + "live02: making the mezzanine: failed\n"
	if out.String() != want {
		t.Errorf("terminal: got %q\nwant %q", out.String(), want)
	}
	var logged bytes.Buffer
	a = NewAnnouncer(hclog.New(&hclog.LoggerOptions{JSONFormat: true, Output: &logged}), false)
	a.Update("live01", "mezzanine", 0)
	a.Update("live01", "mezzanine", 1)
	a.Done("live01", "mezzanine", true)
	got := map[float64]int{}
	for text := range strings.Lines(logged.String()) {
		line := event.ParseLine([]byte(text), time.Time{})
		e, ok, err := event.EventOf(line)
		p, is := e.(event.Progress)
		if !ok || err != nil || !is || line.Message != "live01: making the mezzanine" || p.Signal != "live01" || p.Stage != "mezzanine" {
			t.Fatalf("got %s (%v), want an event of progress", text, err)
		}
		got[p.Percent]++
	}
	for percent, times := range map[float64]int{0: 1, 1: 0, 100: 1} {
		if got[percent] != times {
			t.Errorf("%v %%: got %d events, want %d", percent, got[percent], times)
		}
	}
}
