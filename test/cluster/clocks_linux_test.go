package cluster

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// skewVariable is how many seconds a skewed binary's clock is ahead.
const skewVariable = "CLUSTER_TEST_CLOCK_AHEAD"

// The line of the standard library that has the time of day, and what a skewed binary has in
// its place: there is no other clock that one machine of several could have to itself.
const (
	timeOfDay = "\tsec, nsec, mono := runtimeNow()\n"
	skewed    = timeOfDay + "\tsec += skew\n"
	skewFile  = `package time

import "syscall"

var skew = func() (seconds int64) {
	text, _ := syscall.Getenv("` + skewVariable + `")
	sign := int64(1)
	for _, c := range text {
		if c == '-' {
			sign = -1
			continue
		}
		seconds = 10*seconds + int64(c-'0')
	}
	return sign * seconds
}()
`
)

// buildSkewed builds a livestream-tui whose clock is off by skewVariable.
func buildSkewed(t *testing.T) string {
	t.Helper()
	root := harness.Folder(t)
	source := filepath.Join(runtime.GOROOT(), "src", "time", "time.go")
	b, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	at := strings.Index(text, "\nfunc Now() Time {\n"+timeOfDay)
	if at < 0 {
		t.Skipf("time.Now of %s is not the one that this test knows", runtime.Version())
	}
	text = text[:at] + strings.Replace(text[at:], timeOfDay, skewed, 1)
	replace := map[string]string{source: filepath.Join(root, "time.go"), filepath.Join(filepath.Dir(source), "skew.go"): filepath.Join(root, "skew.go")}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"time.go": text, "skew.go": skewFile, "overlay.json": string(overlay)} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path, err := harness.Build("livestream-tui-skewed", ".", "-overlay", filepath.Join(root, "overlay.json"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// clockOff restarts the last machine with a clock that is ahead by that much.
func clockOff(ahead time.Duration) func(*rig) ([]*machine, func() error, error) {
	return func(r *rig) ([]*machine, func() error, error) {
		if r.skewed == "" {
			if r.skewed = os.Getenv("BIN_SKEWED"); r.skewed == "" { // beside BIN
				r.skewed = buildSkewed(r.t)
			}
		}
		m := r.machines[len(r.machines)-1]
		right := m.binary
		m.end()
		m.binary, m.env[skewVariable] = r.skewed, fmt.Sprint(int(ahead.Seconds()))
		m.start()
		undo := func() error {
			m.end()
			m.binary = right
			delete(m.env, skewVariable)
			m.start()
			return nil
		}
		return []*machine{m}, undo, nil
	}
}

// noneEarly is nil while the proxies list nothing that is not over yet. A segment's number is
// its time in segments of two seconds.
func noneEarly(r *rig, sound []*machine) error {
	for _, m := range sound {
		list, err := r.playlist(m.proxy())
		if err != nil {
			return err
		}
		if over := time.Now().Unix()/2 - 1; list.LastMSN() > over+1 {
			return fmt.Errorf("the proxy of %s lists msn %d, and %d is over: %s", m.name, list.LastMSN(), over, r.newest())
		}
	}
	return nil
}

// newest says what each packager lists last, and from where each proxy serves.
func (r *rig) newest() string {
	var said []string
	for _, m := range r.machines {
		active, err := r.active(m)
		said = append(said, fmt.Sprintf("%s serves from %s (error %v)", m.name, active, err))
	}
	for _, base := range r.packagers() {
		list, err := r.playlist(base)
		if err != nil {
			said = append(said, fmt.Sprintf("%s: %v", base, err))
			continue
		}
		last := list.Segments[len(list.Segments)-1]
		said = append(said, fmt.Sprintf("%s: %d, of %s, gap %t", base, list.LastMSN(), last.ProgramDateTime.Format("15:04:05.000"), last.Gap))
	}
	return time.Now().UTC().Format("at 15:04:05.000: ") + strings.Join(said, "; ")
}

// offsetOf is nil when the other machines say how far the last one's clock is ahead.
func offsetOf(ahead time.Duration) func(*rig) error {
	return func(r *rig) error {
		last := r.machines[len(r.machines)-1]
		for _, m := range r.machines[:len(r.machines)-1] {
			s, err := m.snapshot()
			if err != nil {
				return err
			}
			for _, of := range s.Machines {
				if of.Name == last.name && math.Abs(of.OffsetMS-float64(ahead.Milliseconds())) > 1000 {
					return fmt.Errorf("%s says that the clock of %s is %.0f ms ahead, want %d", m.name, last.name, of.OffsetMS, ahead.Milliseconds())
				}
			}
		}
		return nil
	}
}
