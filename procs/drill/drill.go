package drill

import (
	"context"
	"errors"
	"time"

	"livestream-tui/procs/drill/fault"
	"livestream-tui/procs/drill/judge"
	"livestream-tui/procs/drill/poll"
	"livestream-tui/procs/drill/report"
	"livestream-tui/procs/drill/stage"
	"livestream-tui/procs/platform"
)

// busyPart is the part of the players that must have a transfer in flight for a moment to
// be right for a fault.
const busyPart = 20.0 / 24

// Run launches p, injects every fault and stops p. The error is a *platform.Outcome when p
// does not come on air. A cancelled ctx is no error: the summary shows how far the run
// came.
func Run(ctx context.Context, p platform.Runner, faults []fault.Fault, o stage.Options) (report.Summary, error) {
	return stage.Run(ctx, p, o, len(faults), func(ctx context.Context, s *stage.Stage) error { return each(ctx, s, faults) })
}

// each injects one fault after the other.
func each(ctx context.Context, s *stage.Stage, faults []fault.Fault) error {
	s.Out.Begin(report.Plan{Faults: faults, Players: s.Players, Proxy: s.Through})
	for i, f := range faults {
		passed, err := one(ctx, s, i+1, f)
		if err != nil {
			return err
		}
		if err := s.ProxyEnded(); err != nil {
			return err
		}
		if passed || i+1 == len(faults) {
			continue
		}
		// What players still suffer from this fault must not count against the proxy under
		// the next. If they do not play at all, the next verdict says so.
		if err := s.Gather(ctx, i+1); ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// one injects a fault and judges it.
func one(ctx context.Context, s *stage.Stage, number int, f fault.Fault) (passed bool, err error) {
	s.Out.Phase(report.Phase{Number: number, Text: f.Name + ": " + f.About})
	before := s.Audience.Reports()
	from := time.Now()
	enough := int64(busyPart * float64(s.Players))
	target := s.Target
	target.Bitrate, target.Busy = s.Audience.Bitrate(), func() bool { return s.Audience.InFlight() >= enough }
	injected, failed := f.Inject(ctx, target)
	result := report.Result{Fault: f, Victim: injected.Victim, Began: from}
	if no := (*fault.UnavailableError)(nil); errors.As(failed, &no) {
		result.Took, result.Skipped = time.Since(from), no.Reason
		s.Add(number, result)
		return true, ctx.Err()
	}
	s.Out.Phase(report.Phase{Number: number, Text: f.Name + ": waiting until everything is well again"})
	if err := poll.Sleep(ctx, time.Until(injected.Over.Add(stage.Aftermath))); err != nil {
		return false, err
	}
	unwell := ""
	if err := s.AwaitHealed(ctx, func() []fault.Span { return injected.Deaths }); err != nil {
		unwell = err.Error()
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	result.Took = time.Since(from)
	scope := judge.Scope{From: from, At: injected.At, NoSource: f.NoSource, Starved: s.Clock.Stalls(), Deaths: injected.Deaths}
	result.Verdict = judge.Judge(before, s.Audience.Reports(), scope, unwell)
	result.Failovers = s.API.Failovers(ctx, from)
	if failed != nil {
		result.FailFirst("the fault could not be made: " + failed.Error())
	}
	s.Add(number, result)
	return result.Passed, nil
}
