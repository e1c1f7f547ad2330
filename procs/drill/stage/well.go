package stage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/drill/fault"
	"livestream-tui/procs/drill/judge"
	"livestream-tui/procs/drill/poll"
	"livestream-tui/procs/drill/report"
	"livestream-tui/procs/platform"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/httpx"
	status "livestream-tui/services/kit/report"
	"livestream-tui/services/kit/signals"
)

const (
	// startWithin is how long the platform may take without any progress.
	startWithin = 45 * time.Second
	// readyWithin bounds the whole start.
	readyWithin = time.Hour
)

// awaitReady waits until every process is ready and returns the name of the signal to watch:
// the first live one, or without any the first one.
// The error is a *platform.Outcome when that can no longer happen.
func (s *Stage) awaitReady(ctx context.Context) (signal string, err error) {
	var never *platform.Outcome
	var last []standing
	moved := time.Now()
	err = poll.Until(ctx, readyWithin, func() error {
		now, err := s.Platform.Snapshot(ctx)
		if err != nil {
			return err
		}
		for _, p := range now.Processes {
			if p.State == platform.Failed || p.State == platform.Exited {
				never = &platform.Outcome{NeverReady: true, Reason: fmt.Sprintf("%s never became ready: %s; its log is %s", p.Name, p.Reason, p.LogPath)}
				return nil
			}
			if p.Progress != nil {
				s.Out.Phase(report.Phase{Text: fmt.Sprintf("making the %s, once: %.0f%%", p.Progress.Stage, max(0, p.Progress.Percent)), Passing: true})
			}
		}
		missing := unready(now)
		if missing == nil {
			signal = cmp.Or(s.crew.First(), now.Ingests[0].Signal)
			missing = s.notFed(now)
		}
		if missing == nil {
			return nil
		}
		if at := standings(now); !slices.Equal(at, last) {
			last, moved = at, time.Now()
		}
		if time.Since(moved) > startWithin {
			never = &platform.Outcome{NeverReady: true, Reason: fmt.Sprintf("not on air: for %s nothing has moved: %s", startWithin, missing)}
			return nil
		}
		return missing
	})
	if never != nil {
		return "", never
	}
	return signal, err
}

// standing is how far the start of a process has got.
type standing struct {
	state   platform.State
	percent float64 // of its progress, whole; 0 without
}

func standings(s platform.Snapshot) []standing {
	list := make([]standing, len(s.Processes))
	for i, p := range s.Processes {
		list[i].state = p.State
		if p.Progress != nil {
			list[i].percent = math.Round(p.Progress.Percent)
		}
	}
	return list
}

// unready returns an error that names what is not ready yet: a process, or a signal; nil
// when the platform is ready.
func unready(s platform.Snapshot) error {
	var missing []string
	for _, p := range s.Processes {
		if p.State != platform.Ready {
			missing = append(missing, fmt.Sprintf("%s is %s %s", p.Name, p.State, p.Reason))
		}
		if p.Progress != nil {
			missing = append(missing, fmt.Sprintf("%s %.0f%%", p.Progress.Stage, p.Progress.Percent))
		}
	}
	if len(missing) == 0 && len(s.Ingests) == 0 {
		missing = append(missing, "no signal yet "+s.IngestsErr)
	}
	if len(missing) == 0 {
		return nil
	}
	return errors.New(strings.Join(missing, "; "))
}

// awaitWindow waits until the playlist is as long as one has to be from which segments are
// removed: three target durations (RFC 8216, 6.2.2). That of a signal that has just begun is
// shorter for a moment. What is wrong with it otherwise, players say.
func (s *Stage) awaitWindow(ctx context.Context) {
	_ = poll.Until(ctx, steadyWithin, func() error {
		answer, err := httpx.Get(ctx, s.client, s.playlist, m3u8.MaxPlaylist)
		if err != nil {
			return err
		}
		list, err := m3u8.ParseMedia(answer.Body)
		if err != nil {
			return nil //nolint:nilerr // a multivariant playlist, or one that players judge
		}
		var length time.Duration
		for i := range list.Segments {
			length += list.Segments[i].Duration
		}
		if least := 3 * time.Duration(list.TargetDuration) * time.Second; length < least && !list.EndList {
			return fmt.Errorf("the playlist lasts %s, want %s", length, least)
		}
		return nil
	})
}

// awaitWell waits until all players play and everything is well.
func (s *Stage) awaitWell(ctx context.Context) error {
	return poll.Until(ctx, steadyWithin, func() error { return s.unwell(ctx) })
}

// AwaitHealed waits until everything is as before the faults; deaths returns the times at
// which the proxy died during them. The error says what is not as before.
func (s *Stage) AwaitHealed(ctx context.Context, deaths func() []fault.Span) error {
	return poll.Until(ctx, HealWithin, func() error {
		if n := judge.Outstanding(s.Audience.Reports(), deaths()); n > 0 {
			return fmt.Errorf("%s broken off by the proxy's death did not come whole", judge.Count(n, "transfer"))
		}
		return s.unwell(ctx)
	})
}

// ProxyEnded returns how an external proxy ended; nil while it runs, and for the platform's
// own proxy.
func (s *Stage) ProxyEnded() error { return s.external.Ended() }

// unwell returns an error that names what is not well before a fault: a process, a packager
// as the control plane or the proxy sees it, a player; nil when all are well.
func (s *Stage) unwell(ctx context.Context) error {
	if err := s.ProxyEnded(); err != nil {
		return err
	}
	now, err := s.Platform.Snapshot(ctx)
	if err != nil {
		return err
	}
	for _, p := range now.Processes {
		if p.State != platform.Ready || p.Paused {
			return fmt.Errorf("%s is %s: %s", p.Name, p.State, p.Reason)
		}
	}
	if now.IngestsErr != "" {
		return errors.New(now.IngestsErr)
	}
	for _, d := range now.Details {
		i := slices.IndexFunc(d.Packagers, func(p status.PackagerStatus) bool { return p.State != status.Up })
		if i >= 0 {
			return fmt.Errorf("%s is %s for discovery: %s", d.Packagers[i].URL, d.Packagers[i].State, d.Packagers[i].Reason)
		}
	}
	if err := s.notFed(now); err != nil {
		return err
	}
	if err := s.API.Unwell(ctx); err != nil {
		return err
	}
	return s.Audience.Unsteady()
}

// notFed returns an error that names a live signal that does not show its first input, or an
// input whose encoder has not come; nil when there is none.
func (s *Stage) notFed(now platform.Snapshot) error {
	for _, c := range s.Sandbox.Signals {
		live, found := now.LiveSignal(c.Name)
		if !found {
			return fmt.Errorf("the receiver says nothing of %s", c.Name)
		}
		for _, e := range s.crew.Of(c.Name) {
			i := slices.IndexFunc(live.Inputs, func(in signals.InputStatus) bool { return in.Name == e.Input })
			if i < 0 || live.Inputs[i].State != signals.Good {
				return fmt.Errorf("input %s of %s is not good", e.Input, c.Name)
			}
		}
		if first := c.Inputs[0].Name; live.Source != first {
			return fmt.Errorf("%s shows %s in place of %s", c.Name, cmp.Or(live.Source, "nothing"), first)
		}
		if !slices.ContainsFunc(now.Ingests, func(in status.Ingest) bool { return in.Signal == c.Name }) {
			return fmt.Errorf("no packager has %s", c.Name)
		}
	}
	return nil
}
