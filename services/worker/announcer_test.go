package worker

import (
	"bytes"
	"testing"

	"github.com/hashicorp/go-hclog"
)

func TestMakingIsALineOnATerminalAndEventsElsewhere(t *testing.T) {
	var out bytes.Buffer
	p := newAnnouncer(nil, false)
	p.terminal = &out
	p.Tell("live01", "mezzanine", 0)
	p.Tell("live01", "mezzanine", 1) // too soon after
	p.Done("live01", "mezzanine", true)
	p.Tell("live02", "mezzanine", 7)
	p.Done("live02", "mezzanine", false)
	const clear = "\r\x1b[K"
	want := clear + "live01: making the mezzanine   0 %" + clear + "live01: making the mezzanine 100 %\n" +
		clear + "live02: making the mezzanine   7 %" + clear + "live02: making the mezzanine: failed\n"
	if out.String() != want {
		t.Errorf("terminal: got %q\nwant %q", out.String(), want)
	}
	l := &log{}
	p = newAnnouncer(hclog.New(&hclog.LoggerOptions{JSONFormat: true, Output: l}), false)
	p.Tell("live01", "mezzanine", 0)
	p.Tell("live01", "mezzanine", 1)
	p.Done("live01", "mezzanine", true)
	for percent, times := range map[string]int{"0": 1, "1": 0, "100": 1} {
		if got := len(l.find("live01: making the mezzanine", "event=progress", "signal=live01", "stage=mezzanine", "percent="+percent)); got != times {
			t.Errorf("%s %%: got %d events, want %d", percent, got, times)
		}
	}
}
