package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"livestream-tui/procs/drill/judge"
	"livestream-tui/procs/drill/report"
	"livestream-tui/procs/drill/sandbox"
)

func TestErrorOfATrialIsItsVerdict(t *testing.T) {
	passed := report.Result{Verdict: judge.Verdict{Passed: true}}
	skipped := report.Result{Skipped: "needs root"}
	broken := errors.New("no such film")
	for _, c := range []struct {
		name        string
		results     []report.Result
		planned     int
		err         error
		interrupted bool
		want        string // the error; empty for success
		kept        bool   // the folders
	}{
		{name: "every drill passed", results: []report.Result{passed, passed}, planned: 2},
		{name: "a drill was skipped", results: []report.Result{passed, skipped}, planned: 2},
		{name: "a drill failed", results: []report.Result{passed, {}, skipped}, planned: 3, want: "1 of 2 drills failed", kept: true},
		{name: "it broke", planned: 2, err: broken, want: "no such film", kept: true},
		{name: "it ended early", results: []report.Result{passed}, planned: 2, want: "ended before every drill was done"},
		{name: "the operator interrupted it", results: []report.Result{passed}, planned: 2, interrupted: true},
		{name: "a drill failed before the operator interrupted it", results: []report.Result{{}}, planned: 2, interrupted: true, kept: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _, errs := newTestApp(t, nil)
			a.interrupted.Store(c.interrupted)
			root := filepath.Join(t.TempDir(), "trial")
			if err := os.Mkdir(root, 0o700); err != nil {
				t.Fatal(err)
			}
			junit := filepath.Join(t.TempDir(), "report.xml")
			one := &trial{app: a, flags: trialFlags{junit: junit}, sandbox: sandbox.Sandbox{Root: root}}
			one.options.LogPath = filepath.Join(root, "logs")

			said := ""
			if err := one.finish(report.Summary{Results: c.results, Planned: c.planned}, c.err); err != nil {
				said = err.Error()
			}
			if said != c.want {
				t.Errorf("error: got %q, want %q", said, c.want)
			}
			if _, err := os.Stat(root); (err == nil) != c.kept {
				t.Errorf("folders: got kept %t, want %t", err == nil, c.kept)
			}
			if named := strings.Contains(errs.String(), "logs: "+one.options.LogPath); named != c.kept {
				t.Errorf("the place of the logs is named: got %t, want %t", named, c.kept)
			}
			if _, err := os.Stat(junit); err != nil {
				t.Errorf("report: %v", err)
			}
		})
	}
}
