package tui

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
)

// TestDemo shows a fake platform on the terminal, to look at what is drawn:
// go test -c ./tui && TUI_DEMO='on air' ./tui.test -test.run TestDemo
func TestDemo(t *testing.T) {
	state := os.Getenv("TUI_DEMO")
	if state == "" {
		t.Skip("TUI_DEMO is not set")
	}
	f := demoPlatform()
	if os.Getenv("TUI_MANY") != "" {
		addMany(&f.snapshot)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go demo{state: state, began: time.Now()}.play(ctx, f)
	stopped := make(chan struct{})
	err := Run(ctx, f, testLayout(), Options{
		ASCII: os.Getenv("TUI_ASCII") != "", Theme: os.Getenv("TUI_THEME"), Stopped: stopped,
		Stop: func() {
			f.change(func(s *platform.Snapshot) { s.Stopping = true })
			go func() {
				for i := len(f.snapshot.Processes) - 1; i >= 0; i-- {
					time.Sleep(200 * time.Millisecond)
					f.change(func(s *platform.Snapshot) { gone(s, s.Processes[i].Name, platform.Exited, "") })
				}
				close(stopped)
			}()
		},
		Drills: []Drill{{Name: "kill-active", About: "SIGKILL to the active packager", Run: func(context.Context, platform.Platform) (string, error) {
			return "no stall, gap 41 ms", nil
		}}},
	})
	if err != nil && !strings.Contains(err.Error(), "killed") {
		t.Fatal(err)
	}
}

// demoPlatform is on air now, and shows what kills and pauses do.
func demoPlatform() *fakePlatform {
	f := &fakePlatform{snapshot: onAir(), lines: someLogs()}
	f.snapshot.At = time.Now()
	shift := time.Since(noon)
	for i := range f.snapshot.Processes {
		f.snapshot.Processes[i].Started = f.snapshot.Processes[i].Started.Add(shift)
	}
	f.snapshot.Started = f.snapshot.Started.Add(shift)
	for i := range f.snapshot.Failovers {
		f.snapshot.Failovers[i].Time = f.snapshot.Failovers[i].Time.Add(shift)
	}
	f.onCommand = func(f *fakePlatform, c platform.Command) {
		if c.Action == platform.Kill {
			gone(&f.snapshot, c.Process, platform.Backoff, "signal: killed, restarting in 100ms")
		}
		if c.Action == platform.Pause {
			status(&f.snapshot, c.Process, func(p *platform.Process) { p.Paused = !p.Paused })
		}
	}
	return f
}

// addMany adds three packagers and a worker.
func addMany(s *platform.Snapshot) {
	for i := 3; i <= 5; i++ {
		p := s.Processes[2]
		p.Name, p.Port, p.PID = fmt.Sprintf("server%d", i), 9090+i, 6000+i
		s.Processes = append(s.Processes, p)
		st := report.PackagerStatus{URL: fmt.Sprintf("http://localhost:%d", 9090+i), State: report.State(i - 1), Reason: "one segment behind", MSN: 927081285, AgeMS: 2000}
		s.Details[0].Packagers = append(s.Details[0].Packagers, st)
	}
	w := s.Processes[0]
	w.Name, w.PID = "worker2", 7001
	s.Processes = append(s.Processes, w)
}

// demo moves a fake platform on.
type demo struct {
	state string
	began time.Time
}

// play moves the platform on, twenty times a second, until ctx is cancelled.
func (d demo) play(ctx context.Context, f *fakePlatform) {
	applied := false
	for seq := uint64(20); ctx.Err() == nil; seq++ {
		time.Sleep(50 * time.Millisecond)
		f.change(func(s *platform.Snapshot) {
			if d.state != "starting" && time.Since(d.began) < 300*time.Millisecond {
				return
			}
			if by := states()[d.state]; by != nil && !applied {
				applied = true
				by(s)
			}
			s.At = time.Now()
			d.view(s)
			if seq%20 == 0 {
				stir(s)
			}
		})
		if seq%8 == 0 {
			f.mu.Lock()
			l := someLogs()[rand.IntN(7)]
			l.Seq, l.Time = seq, time.Now()
			f.lines = append(f.lines, l)
			f.mu.Unlock()
		}
	}
}

// view sets the viewer's report for the state.
func (d demo) view(s *platform.Snapshot) {
	switch {
	case d.state == "starting":
		s.Viewings = nil
	case d.state == "off air" && time.Since(d.began) > 2*time.Second:
		s.Viewings = []platform.ViewingAt{viewing(s.At, time.Since(d.began)-2*time.Second)}
	case d.state != "unknown" || time.Since(d.began) < 2*time.Second:
		s.Viewings = []platform.ViewingAt{viewing(s.At, 0)}
	}
}

// stir changes the figures that move.
func stir(s *platform.Snapshot) {
	for i := range s.Processes {
		if p := &s.Processes[i]; p.PID != 0 {
			p.CPU = max(0, p.CPU*(0.8+0.4*rand.Float64()))
		}
	}
	for i := range s.Details {
		for j := range s.Details[i].Packagers {
			p := &s.Details[i].Packagers[j]
			p.LatencyMS = 1 + rand.Float64()*2
			p.MSN++
		}
	}
}
