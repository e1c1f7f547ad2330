package report

import (
	"time"

	"livestream-tui/procs/drill/fault"
	"livestream-tui/procs/drill/judge"
	"livestream-tui/procs/drill/proxy"
)

// Printer shows a drill as it runs. One goroutine calls it.
type Printer interface {
	// Begin comes before the first fault.
	Begin(Plan)
	// Phase says what is being done now.
	Phase(Phase)
	// Result reports a fault. number is the fault's, from 1.
	Result(number int, r Result)
	// End is the last call.
	End(Summary)
}

// Plan is what is to be done.
type Plan struct {
	Faults  []fault.Fault
	Players int
	// Proxy says what the players play through.
	Proxy string
}

// Phase is what is being done now.
type Phase struct {
	// Number is that of the fault, from 1; 0 before the first one and after the last.
	Number int
	Text   string
	// Passing: the text changes all the time, and means nothing once the phase is over.
	Passing bool
}

// Result is a fault and its verdict.
type Result struct {
	Fault  fault.Fault
	Victim string
	Began  time.Time
	Took   time.Duration
	// Skipped says why the fault was not injected and nothing is judged; empty when it was.
	Skipped string
	judge.Verdict
	Failovers []proxy.Failover
}

// Summary is the end of a run.
type Summary struct {
	Took    time.Duration
	Results []Result
	// Planned is how many results were planned; more than there are when the run was
	// ended early.
	Planned int
}

// Failed returns the names of the faults that did not pass, without those skipped.
func (s Summary) Failed() []string {
	return s.names(func(r Result) bool { return !r.Passed && r.Skipped == "" })
}

// Skipped returns the names of the faults that were not injected.
func (s Summary) Skipped() []string {
	return s.names(func(r Result) bool { return r.Skipped != "" })
}

func (s Summary) names(is func(Result) bool) []string {
	var names []string
	for _, r := range s.Results {
		if is(r) {
			names = append(names, r.Fault.Name)
		}
	}
	return names
}
