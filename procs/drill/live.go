package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/drill/fault"
	"livestream-tui/procs/drill/judge"
	"livestream-tui/procs/drill/poll"
	"livestream-tui/procs/drill/stage"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/player"
)

// Live injects a fault into a platform on air and judges by what the platform's viewers
// report. It returns what was seen, in words. The error says why the fault did not pass, or
// could not be injected. The platform's journal gets the beginning and the verdict.
func Live(ctx context.Context, p platform.Platform, f fault.Fault) (string, error) {
	note(ctx, p, platform.Drilled{Name: f.Name, Verdict: platform.DrillBegun})
	seen, err := live(ctx, p, f)
	how, what := verdict(ctx, seen, err)
	note(ctx, p, platform.Drilled{Name: f.Name, Verdict: how, Seen: what})
	return seen, err
}

func live(ctx context.Context, p platform.Platform, f fault.Fault) (string, error) {
	before, err := p.Snapshot(ctx)
	if err != nil {
		return "", err
	}
	words, err := witnesses(before)
	if err != nil {
		return "", err
	}
	client := player.NewClient(false)
	defer client.CloseIdleConnections()
	injected, err := f.Inject(ctx, fault.Target{Platform: p, Signal: words[0].Signal, Client: client, Bitrate: words[0].BitrateBPS})
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNotInjected, err)
	}
	if err := poll.Sleep(ctx, time.Until(injected.Over.Add(stage.Aftermath))); err != nil {
		return "", err
	}
	unhealed := poll.Until(ctx, stage.HealWithin, func() error {
		now, err := p.Snapshot(ctx)
		if err != nil {
			return err
		}
		return healed(before, now)
	})
	after, err := p.Snapshot(ctx)
	if err != nil {
		return "", errors.Join(unhealed, err)
	}
	return switches(before, after), errors.Join(noticed(words, after), unhealed)
}

// witnesses are the viewers' words on the signals that are due. Each of these signals must
// be on air.
func witnesses(s platform.Snapshot) ([]platform.ViewingAt, error) {
	var words []platform.ViewingAt
	for _, light := range s.OnAir.Signals {
		if !light.Due {
			continue
		}
		if light.State != platform.AirOn {
			return nil, fmt.Errorf("%s is %s before any fault: nothing could be told from it", light.Signal, light.State)
		}
		for _, v := range s.Viewings {
			if v.Signal == light.Signal && v.State != event.ViewEnded {
				words = append(words, v)
			}
		}
	}
	if len(words) == 0 {
		return nil, errors.New("no viewer watches that could tell whether anybody notices")
	}
	return words, nil
}

// noticed says what the viewers have noticed since. It returns nil for nothing.
func noticed(before []platform.ViewingAt, now platform.Snapshot) error {
	var list []string
	for _, v := range before {
		i := slices.IndexFunc(now.Viewings, func(o platform.ViewingAt) bool { return o.Process == v.Process && o.Signal == v.Signal })
		if i < 0 || airOf(now, v.Signal) == platform.AirUnknown {
			list = append(list, fmt.Sprintf("%s says nothing of %s any more", v.Process, v.Signal))
			continue
		}
		o := now.Viewings[i]
		for _, c := range []struct {
			what    string
			was, is int
		}{
			{"stall", v.Stalls, o.Stalls}, {"broken rule", v.Violations, o.Violations}, {"failed request", v.FailedRequests, o.FailedRequests},
		} {
			if c.is > c.was {
				list = append(list, fmt.Sprintf("%s of %s: %s", v.Process, v.Signal, judge.Count(c.is-c.was, c.what)))
			}
		}
		if o.Stalls > v.Stalls {
			list = append(list, fmt.Sprintf("stood still for %d ms", o.StalledMS-v.StalledMS))
		}
	}
	if len(list) == 0 {
		return nil
	}
	return errors.New(strings.Join(list, ", "))
}

// airOf is the state of a signal, unknown where the platform does not know the signal.
func airOf(s platform.Snapshot, signal string) platform.AirState {
	for _, light := range s.OnAir.Signals {
		if light.Signal == signal {
			return light.State
		}
	}
	return platform.AirUnknown
}

// healed returns an error that names a process that was well and no longer is; nil when all
// are well.
func healed(before, now platform.Snapshot) error {
	for _, was := range before.Processes {
		p, found := now.Process(was.Name)
		if found && well(was) && !well(p) {
			return fmt.Errorf("%s is %s: %s", p.Name, p.State, p.Reason)
		}
	}
	return nil
}

func well(p platform.Process) bool { return p.State == platform.Ready && !p.Paused }

// switches says what the failovers between two snapshots cost.
func switches(before, now platform.Snapshot) string {
	n, worst := 0, -1.0
	for _, f := range now.Failovers {
		if f.Time.After(before.At) {
			n++
			worst = max(worst, f.GapMS)
		}
	}
	switch {
	case n == 0:
		return "nobody noticed, no failover"
	case worst < 0:
		return fmt.Sprintf("nobody noticed, %s, no player was waiting", judge.Count(n, "failover"))
	}
	return fmt.Sprintf("nobody noticed, %s, longest wait %.0f ms", judge.Count(n, "failover"), worst)
}
