package discovery

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/report"
)

// reportEvery is how often a report without changes is sent: a tenth of the time after
// which the reporter forgets.
const reportEvery = time.Second

// keepReporting sends reports, every reportEvery and whenever the state of a packager
// changes, until ctx is cancelled or the first report has failed for too long.
func (s *Service) keepReporting(ctx context.Context) error {
	to := newSender(s.client, s.log, s.config.Topology.ReporterURL)
	ctx, cancel := context.WithCancel(ctx)
	var carrying sync.WaitGroup
	carrying.Go(func() { to.run(ctx) })
	defer carrying.Wait()
	defer cancel()
	left := newPatience(time.Now(), s.config.Patience)
	pause := time.Duration(0)
	for {
		r, err := s.nextReport(ctx, pause)
		if err != nil {
			return err
		}
		err = to.send(ctx, r)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		pause = reportEvery
		if introduced := s.noteReport(err); introduced {
			continue
		}
		var more bool
		if pause, left, more = left.after(time.Now(), rand.Float64()); !more {
			return to.giveUp(s.config.Patience, err)
		}
	}
}

// nextReport returns the next report when it is due: after the pause, or at once
// when a state has changed. The only error is ctx's.
func (s *Service) nextReport(ctx context.Context, pause time.Duration) (report.IngestReport, error) {
	due := time.NewTimer(pause)
	defer due.Stop()
	for {
		select {
		case <-ctx.Done():
			return report.IngestReport{}, ctx.Err()
		case <-due.C:
			r, _ := s.judge()
			return r, nil
		case <-s.observed:
			if r, changed := s.judge(); changed {
				return r, nil
			}
		}
	}
}

// judge makes a report of what is known and logs what has changed.
func (s *Service) judge() (r report.IngestReport, changed bool) {
	s.mu.Lock()
	r, changes := s.board.judge(time.Now())
	s.mu.Unlock()
	for _, c := range changes {
		level := hclog.Warn
		if c.verdict.State == report.Up {
			level = hclog.Info
		}
		what := "packager is "
		if c.lasts() {
			what = "packager is still "
		} else {
			changed = true
		}
		s.log.Log(level, what+c.verdict.State.String(), "signal", c.signal, "packager", c.verdict.Packager,
			"was", c.was.String(), "msn", c.verdict.Pos.MSN, "reason", c.verdict.Reason)
	}
	return r, changed
}

// noteReport notes whether a reporter took the report and logs when that has changed. It
// returns whether one was ever taken.
func (s *Service) noteReport(err error) (introduced bool) {
	trouble, result := "", "taken"
	if err != nil {
		trouble, result = cause(err), "failed"
	}
	s.reports.WithLabelValues(result).Inc()
	s.mu.Lock()
	before, first := s.trouble, !s.ready
	s.trouble = trouble
	s.ready = s.ready || err == nil
	introduced = s.ready
	s.mu.Unlock()
	const absent = "the reporter accepts no report, still trying"
	switch {
	case err != nil:
		if t, tell := s.absence.Seen(absent, time.Now()); tell {
			s.log.Warn(t.String(), "reporter", s.config.Topology.ReporterURL.String(), "reason", trouble)
		}
		return introduced
	case before != "" || first:
		s.log.Info("the reporter accepts reports", "reporter", s.config.Topology.ReporterURL.String())
	}
	s.absence.EndExcept() // its end was logged above
	return introduced
}
