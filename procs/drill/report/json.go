package report

import (
	"encoding/json"
	"io"
	"time"

	"livestream-tui/procs/drill/proxy"
)

// JSON prints a line of JSON for each fault and one for the whole run.
type JSON struct{ Out io.Writer }

var _ Printer = JSON{}

type resultJSON struct {
	Drill       string           `json:"drill"`
	About       string           `json:"about"`
	Victim      string           `json:"victim"`
	Passed      bool             `json:"passed"`
	Skipped     string           `json:"skipped,omitempty"`
	Began       time.Time        `json:"began"`
	TookMS      int64            `json:"took_ms"`
	Evidence    []string         `json:"evidence"`
	Notes       []string         `json:"notes"`
	Players     int              `json:"players"`
	InFlight    int              `json:"in_flight"`
	Requests    int              `json:"requests"`
	Failed      int              `json:"failed_requests"`
	BrokenOff   int              `json:"broken_off"`
	Violations  int              `json:"violations"`
	Stalls      int              `json:"stalls"`
	StalledMS   int64            `json:"stalled_ms"`
	LongestWait float64          `json:"longest_wait_ms"`
	Standstill  int64            `json:"standstill_ms"`
	StarvedMS   int64            `json:"starved_ms"`
	Failovers   []proxy.Failover `json:"failovers"`
}

type summaryJSON struct {
	Planned int      `json:"planned"`
	Passed  int      `json:"passed"`
	Failed  []string `json:"failed"`
	Skipped []string `json:"skipped"`
	TookMS  int64    `json:"took_ms"`
}

// Begin implements Printer.
func (j JSON) Begin(Plan) {}

// Phase implements Printer.
func (j JSON) Phase(Phase) {}

// Result implements Printer.
func (j JSON) Result(_ int, r Result) {
	j.print(resultJSON{
		Drill: r.Fault.Name, About: r.Fault.About, Victim: r.Victim, Passed: r.Passed, Skipped: r.Skipped, Began: r.Began, TookMS: r.Took.Milliseconds(),
		Evidence: listed(r.Evidence), Notes: listed(r.Notes),
		Players: r.Players, InFlight: r.InFlight, Requests: r.Requests, Failed: r.Failed, BrokenOff: r.BrokenOff, Violations: r.Violated,
		Stalls: r.Stalls, StalledMS: r.Stalled.Milliseconds(), LongestWait: float64(r.LongestWait.Microseconds()) / 1000,
		Standstill: r.Standstill.Milliseconds(), StarvedMS: r.Starved.Milliseconds(), Failovers: listed(r.Failovers),
	})
}

// End implements Printer.
func (j JSON) End(s Summary) {
	failed, skipped := s.Failed(), s.Skipped()
	j.print(map[string]summaryJSON{"summary": {
		s.Planned, len(s.Results) - len(failed) - len(skipped), listed(failed), listed(skipped), s.Took.Milliseconds(),
	}})
}

// listed turns a nil list into an empty one, so that it is [] and not null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (j JSON) print(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		b, _ = json.Marshal(map[string]string{"error": err.Error()}) // a string cannot fail
	}
	_, _ = j.Out.Write(append(b, '\n')) // an error means that the reader has gone
}
