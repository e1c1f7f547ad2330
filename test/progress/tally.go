package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

const module = "livestream-tui"

// slowest is how many tests the report names.
const slowest = 5

// event is a line of `go test -json`: go doc test2json.
type event struct {
	Time       time.Time
	Action     string
	Package    string
	ImportPath string // of build-output
	Test       string
	Elapsed    float64 // in seconds
	Output     string
}

// result is a test that has finished.
type result struct {
	pkg, name string
	took      time.Duration
	failed    bool
}

// tally reads the events of tests and counts. For one goroutine.
type tally struct {
	out io.Writer
	now func() time.Time

	step     count
	began    time.Time                      // of the step
	done     int                            // packages or tests of the step
	said     map[[2]string]*strings.Builder // by package and top-level test, while it runs
	since    map[[2]string]time.Time        // when such a test began, or went on in parallel
	counted  map[string]int                 // finished tests by package
	failedIn map[string]bool                // packages with a failed test

	tests           []result
	skipped, broken int // broken are packages that failed outside of their tests
}

// begin starts a step of so many tests.
func (s *tally) begin(c count) {
	s.step, s.began, s.done = c, s.now(), 0
	s.said, s.since = map[[2]string]*strings.Builder{}, map[[2]string]time.Time{}
	s.counted, s.failedIn = map[string]int{}, map[string]bool{}
}

// line takes a line of a command: an event, or else what is passed on.
func (s *tally) line(line string) {
	var e event
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
		fmt.Fprint(s.out, line)
		return
	}
	top, _, below := strings.Cut(e.Test, "/")
	key := [2]string{e.Package, top}
	switch e.Action {
	case "run", "cont":
		if !below {
			s.since[key] = e.Time
		}
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "output":
		if s.said[key] == nil {
			s.said[key] = &strings.Builder{}
		}
		s.said[key].WriteString(e.Output)
	case "pass", "fail", "skip":
		switch {
		case e.Test == "":
			s.endPackage(e)
		case !below:
			s.endTest(e)
		}
	}
}

// endTest takes a top-level test that has finished. Subtests belong to it: its own
// Elapsed lacks those that ran in parallel.
func (s *tally) endTest(e event) {
	took := seconds(e.Elapsed)
	if since, ok := s.since[[2]string{e.Package, e.Test}]; ok {
		took = max(took, e.Time.Sub(since))
	}
	r := result{short(e.Package), e.Test, took, e.Action == "fail"}
	s.tests = append(s.tests, r)
	s.counted[e.Package]++
	if e.Action == "skip" {
		s.skipped++
	}
	if s.step.each || r.failed {
		s.row(e.Action, r.took, r.name+"  "+r.pkg, s.step.each)
	}
	if r.failed {
		s.failedIn[e.Package] = true
		s.print(e.Package, e.Test)
	}
	delete(s.said, [2]string{e.Package, e.Test})
}

// endPackage takes a package that has finished. If it failed because it panicked or took
// too long, the output of its unfinished tests is printed. If it failed without a failed
// test, it may not have been built, and all of its output is printed.
func (s *tally) endPackage(e event) {
	if n := s.counted[e.Package]; !s.step.each && n > 0 {
		s.row(e.Action, seconds(e.Elapsed), short(e.Package)+", "+number(n, "test"), true)
	}
	var rest []string // what is not printed yet: unfinished tests, and the package itself as ""
	for key := range s.said {
		if key[0] == e.Package {
			rest = append(rest, key[1])
		}
	}
	slices.Sort(rest)
	if e.Action == "fail" && (!s.failedIn[e.Package] || slices.Max(append(rest, "")) != "") {
		s.broken++
		s.row(e.Action, seconds(e.Elapsed), short(e.Package), !s.step.each && s.counted[e.Package] == 0)
		for _, test := range rest {
			s.print(e.Package, test)
		}
	}
	for _, test := range rest {
		delete(s.said, [2]string{e.Package, test})
	}
}

// row writes the line of a package or test that has finished. counts is false if the line
// does not count, such as that of a failed test among packages.
func (s *tally) row(action string, took time.Duration, what string, counts bool) {
	at := ""
	if counts {
		s.done++
		of := s.step.packages
		if s.step.each {
			of = s.step.tests
		}
		at = fmt.Sprintf("%d/%d", s.done, of)
	}
	word := map[string]string{"pass": "ok", "fail": "FAIL", "skip": "skip"}[action]
	fmt.Fprintf(s.out, "%9s  %6s  %-4s %8.2fs  %s\n", at, s.now().Sub(s.began).Truncate(time.Second), word, took.Seconds(), what)
}

// print writes the output of a test.
func (s *tally) print(pkg, test string) {
	if b := s.said[[2]string{pkg, test}]; b != nil {
		fmt.Fprintln(s.out, strings.TrimRight(b.String(), "\n"))
	}
}

// report sums up the tests of all steps, if there were any.
func (s *tally) report(took time.Duration) {
	if len(s.tests)+s.broken == 0 {
		return
	}
	var failed []result
	for _, r := range s.tests {
		if r.failed {
			failed = append(failed, r)
		}
	}
	fmt.Fprintf(s.out, "%s, %d failed, %d skipped, in %s\n", number(len(s.tests), "test"), len(failed), s.skipped, round(took))
	if s.broken > 0 {
		fmt.Fprintf(s.out, "%s failed outside of the tests\n", number(s.broken, "package"))
	}
	for _, r := range failed {
		fmt.Fprintf(s.out, "  FAIL %8.2fs  %s  %s\n", r.took.Seconds(), r.name, r.pkg)
	}
	slices.SortStableFunc(s.tests, func(a, b result) int { return cmp.Compare(b.took, a.took) })
	if len(s.tests) > 0 {
		fmt.Fprintln(s.out, "the slowest:")
	}
	for _, r := range s.tests[:min(slowest, len(s.tests))] {
		fmt.Fprintf(s.out, "       %8.2fs  %s  %s\n", r.took.Seconds(), r.name, r.pkg)
	}
}

// number is a number of things, such as "2 tests".
func number(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// short is a package without the module's name.
func short(pkg string) string { return strings.TrimPrefix(pkg, module+"/") }

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
