package stage

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/procs/drill/report"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	status "livestream-tui/services/kit/report"
)

// over is a platform whose snapshot is a function of the time since its start.
type over struct {
	platform.Platform
	began time.Time
	at    func(time.Duration) platform.Snapshot
}

func (o over) Snapshot(context.Context) (platform.Snapshot, error) {
	return o.at(time.Since(o.began)), nil
}

func worker(s platform.State, percent float64) platform.Snapshot {
	p := platform.Process{Status: platform.Status{Name: "worker", State: s, Reason: "because", LogPath: "/logs/worker.log"}}
	if percent > 0 {
		p.Progress = &event.Progress{Stage: "mezzanine", Percent: percent}
	}
	return platform.Snapshot{Processes: []platform.Process{p}, Ingests: []status.Ingest{{Signal: "live01"}}}
}

func TestAStageWaitsForAPlatformAsLongAsItGetsOn(t *testing.T) {
	for _, c := range []struct {
		name string
		at   func(time.Duration) platform.Snapshot
		says string // in the error; empty when it becomes ready
	}{
		{"it becomes ready", func(d time.Duration) platform.Snapshot {
			if d < 10*time.Second {
				return worker(platform.Starting, 0)
			}
			return worker(platform.Ready, 0)
		}, ""},
		{"a film takes minutes", func(d time.Duration) platform.Snapshot {
			if d < 5*time.Minute {
				return worker(platform.Starting, d.Seconds()/3)
			}
			return worker(platform.Ready, 0)
		}, ""},
		{"a process fails", func(time.Duration) platform.Snapshot { return worker(platform.Failed, 0) },
			"worker never became ready: because; its log is /logs/worker.log"},
		{"nothing moves", func(time.Duration) platform.Snapshot { return worker(platform.Starting, 3) },
			"not on air: for 45s nothing has moved: worker is starting because; mezzanine 3%"},
		{"no signal comes", func(time.Duration) platform.Snapshot {
			s := worker(platform.Ready, 0)
			s.Ingests, s.IngestsErr = nil, "the reporter is silent"
			return s
		}, "no signal yet the reporter is silent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &Stage{Options: Options{Out: report.JSON{}}, Platform: over{began: time.Now(), at: c.at}}
				signal, err := s.awaitReady(t.Context())
				if c.says == "" {
					if err != nil || signal != "live01" {
						t.Errorf("got %q, %v, want live01", signal, err)
					}
					return
				}
				var outcome *platform.Outcome
				if !errors.As(err, &outcome) || !outcome.NeverReady || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v, want that it is never ready: %s", err, c.says)
				}
			})
		})
	}
}
