package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/drill/fault"
	"livestream-tui/procs/drill/judge"
	"livestream-tui/procs/drill/proxy"
	"livestream-tui/services/kit/event"
)

var (
	passed  = Result{Fault: fault.Fault{Name: "kill-active"}, Verdict: judge.Verdict{Passed: true, InFlight: 20}, Failovers: []proxy.Failover{{Failover: event.Failover{Cause: "refused", GapMS: 12.34}}}}
	failed  = Result{Fault: fault.Fault{Name: "stale-active"}, Verdict: judge.Verdict{Evidence: []string{"1 stall"}, Notes: []string{"the machine was busy"}}}
	skipped = Result{Fault: fault.Fault{Name: "disk-full"}, Skipped: "it needs root"}
	summary = Summary{Took: time.Minute, Results: []Result{passed, failed, skipped}, Planned: 4}
)

// show is what a printer prints of a run.
func show(p Printer) {
	p.Phase(Phase{Text: "putting a platform on air"})
	p.Phase(Phase{Text: "making the mezzanine, once: 10%", Passing: true})
	p.Begin(Plan{Faults: make([]fault.Fault, 4), Players: 24, Proxy: "the platform's proxy"})
	for i, r := range summary.Results {
		p.Phase(Phase{Number: i + 1, Text: r.Fault.Name})
		p.Result(i+1, r)
	}
	p.End(summary)
}

func TestTextOfARun(t *testing.T) {
	for _, c := range []struct {
		name       string
		text       Text
		says, none []string
	}{
		{"to a file", Text{}, []string{
			"putting a platform on air\n", "4 faults, 24 players, through the platform's proxy\n", "[ 1/ 4]  kill-active              PASS        20", "12.3 ms  refused\n",
			"[ 2/ 4]  stale-active             FAIL", "         - 1 stall\n", "         (the machine was busy)\n", "[ 3/ 4]  disk-full                SKIP it needs root\n",
			"1 of 2 passed in 1m0s; skipped: disk-full; failed: stale-active; ended early, 1 not run\n",
		}, []string{"making", "\x1b", "[ 1/ 4]  kill-active\n"}},
		{"to a terminal", Text{Live: true, Colour: true, Width: 20}, []string{"\r\x1b[Kmaking the mezzanin\r", "\x1b[32mPASS\x1b[0m", "\x1b[31mFAIL\x1b[0m", "\x1b[33mSKIP\x1b[0m"}, []string{"once"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			c.text.Out = &out
			show(&c.text)
			for _, words := range c.says {
				if !strings.Contains(out.String(), words) {
					t.Errorf("lacks %q:\n%s", words, &out)
				}
			}
			for _, words := range c.none {
				if strings.Contains(out.String(), words) {
					t.Errorf("has %q:\n%s", words, &out)
				}
			}
		})
	}
}

func TestJSONOfARunIsALineForEachFaultAndOneForTheWhole(t *testing.T) {
	var out bytes.Buffer
	show(JSON{&out})
	var names []string
	for line := range bytes.Lines(out.Bytes()) {
		var l struct {
			Drill     string   `json:"drill"`
			Evidence  []string `json:"evidence"`
			Failovers []any    `json:"failovers"`
			Summary   *struct {
				Planned, Passed int
				Failed, Skipped []string
			} `json:"summary"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if s := l.Summary; s != nil {
			if s.Planned != 4 || s.Passed != 1 || len(s.Failed) != 1 || len(s.Skipped) != 1 {
				t.Errorf("the whole: got %+v", s)
			}
			continue
		}
		if l.Evidence == nil || l.Failovers == nil {
			t.Errorf("a list is null: %s", line)
		}
		names = append(names, l.Drill)
	}
	if got := strings.Join(names, " "); got != "kill-active stale-active disk-full" {
		t.Errorf("got %s", got)
	}
}

func TestJUnitOfARun(t *testing.T) {
	var out bytes.Buffer
	if err := WriteJUnit(&out, summary); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{`tests="3" failures="1" skipped="1"`, `<failure message="1 stall">1 stall</failure>`, `<skipped message="it needs root">`, `<system-out>the machine was busy</system-out>`} {
		if !strings.Contains(out.String(), words) {
			t.Errorf("lacks %q:\n%s", words, &out)
		}
	}
}
