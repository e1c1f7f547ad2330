package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// some is what `go test -json` says of three packages: one passes, a test of the next
// fails, and the last one panics.
const some = `{"Action":"start","Package":"livestream-tui/a"}
{"Time":"2026-01-01T00:00:00Z","Action":"run","Package":"livestream-tui/a","Test":"TestOne"}
{"Time":"2026-01-01T00:00:01Z","Action":"pause","Package":"livestream-tui/a","Test":"TestOne"}
{"Time":"2026-01-01T00:00:07Z","Action":"cont","Package":"livestream-tui/a","Test":"TestOne"}
{"Action":"output","Package":"livestream-tui/a","Test":"TestOne","Output":"=== RUN   TestOne\n"}
{"Action":"output","Package":"livestream-tui/a","Test":"TestOne","Output":"all is well\n"}
{"Time":"2026-01-01T00:00:09Z","Action":"pass","Package":"livestream-tui/a","Test":"TestOne","Elapsed":1.5}
{"Action":"skip","Package":"livestream-tui/a","Test":"TestTwo","Elapsed":0}
{"Action":"output","Package":"livestream-tui/a","Output":"ok  \tlivestream-tui/a\t1.6s\n"}
{"Action":"pass","Package":"livestream-tui/a","Elapsed":1.6}
{"Action":"output","Package":"livestream-tui/b","Test":"TestThree","Output":"    b_test.go:1: before\n"}
{"Action":"output","Package":"livestream-tui/b","Test":"TestThree/part","Output":"    b_test.go:2: got 1, want 2\n"}
{"Action":"fail","Package":"livestream-tui/b","Test":"TestThree/part","Elapsed":0.1}
{"Action":"fail","Package":"livestream-tui/b","Test":"TestThree","Elapsed":0.25}
{"Action":"output","Package":"livestream-tui/b","Output":"FAIL\n"}
{"Action":"fail","Package":"livestream-tui/b","Elapsed":0.3}
{"Action":"output","Package":"livestream-tui/c","Test":"TestFour","Output":"panic: no more\n"}
{"Action":"fail","Package":"livestream-tui/c","Elapsed":0.5}
not of go test
{"a line": "of other JSON"}
`

func TestTallyTellsWhatIsFinished(t *testing.T) {
	for _, c := range []struct {
		name string
		step count
		want string
	}{
		{"a line for each package", count{packages: 3, tests: 4}, `
      1/3      0s  ok       1.60s  a, 2 tests
               0s  FAIL     0.25s  TestThree  b
    b_test.go:1: before
    b_test.go:2: got 1, want 2
      2/3      0s  FAIL     0.30s  b, 1 test
      3/3      0s  FAIL     0.50s  c
panic: no more
not of go test
{"a line": "of other JSON"}
3 tests, 1 failed, 1 skipped, in 2s
1 package failed outside of the tests
  FAIL     0.25s  TestThree  b
the slowest:
           2.00s  TestOne  a
           0.25s  TestThree  b
           0.00s  TestTwo  a
`},
		{"a line for each test", count{packages: 3, tests: 4, each: true}, `
      1/4      0s  ok       2.00s  TestOne  a
      2/4      0s  skip     0.00s  TestTwo  a
      3/4      0s  FAIL     0.25s  TestThree  b
    b_test.go:1: before
    b_test.go:2: got 1, want 2
               0s  FAIL     0.50s  c
panic: no more
not of go test
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			s := &tally{out: &out, now: func() time.Time { return time.Unix(1e9, 0) }}
			s.begin(c.step)
			for line := range strings.Lines(some) {
				s.line(line)
			}
			s.report(2 * time.Second)
			if got := "\n" + out.String(); !strings.HasPrefix(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestStepsEndWithTheFirstThatFails(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	steps, err := parse([]string{"one", "echo said", "two", "exit 3", "three", "touch " + mark})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = runAll(&out, steps, &tally{out: &out, now: time.Now})
	if err == nil || err.Error() != "step 2 of 3, two: exit status 3" {
		t.Errorf("got error %v", err)
	}
	if got := out.String(); !strings.HasPrefix(got, "[1/3] one\nsaid\n[1/3] done in ") || !strings.HasSuffix(got, "\n[2/3] two\n") {
		t.Errorf("got %s", got)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the third step was run")
	}
	if _, err := parse([]string{"a title without a command"}); err == nil {
		t.Error("a title without a command: got no error")
	}
}

func TestTestsAreCounted(t *testing.T) {
	words := strings.Fields("go test -json -v -count=1 .")
	if !isTest(words) || isTest(strings.Fields("go vet ./...")) {
		t.Error("go test -json is not told from other commands")
	}
	got, err := countTests(append(words[:len(words)-1], "./."))
	if want := (count{packages: 1, tests: 3, each: true}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}
