package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Fault is one thing that goes wrong on purpose: a row of the table. A value.
type Fault struct {
	// Name is what an operator types, About what happens, in one line.
	Name, About string
	// Hold is how long the fault lasts once it is there.
	Hold time.Duration
	// prepare brings the platform to the moment of the fault; nil for none needed.
	prepare func(context.Context, *scene) error
	// inject makes the fault and leaves with scene.undo how to take it back.
	inject func(context.Context, *scene) error
}

// Faults are all faults, in the order in which a drill without names makes them.
func Faults() []Fault {
	return []Fault{
		{"kill-active", "the packager that players are served from is killed (SIGKILL) and comes back at once", 0, toActive(paced), toActive(kill)},
		{"kill-standby", "a packager that nobody is served from is killed", 0, nil, toStandby(kill)},
		{"kill-active-in-mid-body", "the active packager is killed while it sends a segment that has just come", 0, toActive(inMidBody), toActive(kill)},
		{"pause-active", "the active packager is stopped (SIGSTOP): it accepts and does not answer", 5 * time.Second, toActive(paced), toActive(pause)},
		{"stale-active", "the active packager's playlist stands still", 6 * time.Second, nil, toActive(misbehave("stale"))},
		{"lag-active", "the active packager is a segment behind", 5 * time.Second, nil, toActive(misbehave("lag"))},
		{"slow-active", "the active packager's bodies trickle at 20 kB/s", 6 * time.Second, nil, toActive(misbehave("slow"))},
		{"truncate-active", "the active packager's segments break off half way", 4 * time.Second, nil, toActive(misbehave("truncate"))},
		{"error-active", "the active packager answers 503", 3 * time.Second, nil, toActive(misbehave("error"))},
		{"html-active", "the active packager answers everything with 200 and a web page", 3 * time.Second, nil, toActive(misbehave("html"))},
		{"empty-active", "the active packager answers everything with 200 and nothing", 3 * time.Second, nil, toActive(misbehave("empty"))},
		{"not-found-active", "the active packager lists segments and answers them with 404", 3 * time.Second, nil, toActive(misbehave("not-found"))},
		{"hang-active", "the active packager accepts and never answers", 5 * time.Second, nil, toActive(misbehave("hang"))},
		{"hang-body-active", "the active packager sends half of each body, then nothing", 5 * time.Second, nil, toActive(misbehave("hang-body"))},
		{"corrupt-active", "the active packager flips bytes of its segments", 3 * time.Second, nil, toActive(misbehave("corrupt"))},
		{"truncate-playlist-active", "the active packager's playlist ends in mid-line", 3 * time.Second, nil, toActive(misbehave("truncate-playlist"))},
		{"endlist-active", "the active packager's playlist says that the stream is over", 3 * time.Second, nil, toActive(misbehave("endlist"))},
		{"restart-msn-active", "the active packager's numbers begin again at 0", 4 * time.Second, nil, toActive(misbehave("restart-msn"))},
		{"misaligned-active", "the active packager's numbers are each of the segment before", 4 * time.Second, nil, toActive(misbehave("misaligned"))},
		{"restart-active", "the active packager is restarted in good order (SIGTERM)", 0, toActive(paced), toActive(restart)},
		{"flap", "the active packager is killed each time it is back", 0, toActive(paced), toActive(flap)},
		{"back-after-3s", "the active packager is killed and comes back after three seconds", 3 * time.Second, toActive(paced), toActive(down)},
		{"kill-both-for-3s", "every packager is killed and comes back after three seconds", 3 * time.Second, nil, everyPackagerDown},
		{"kill-discovery", "discovery is killed", 2 * time.Second, nil, toService("discovery", kill)},
		{"kill-reporter", "the reporter is killed", 2 * time.Second, nil, toService("reporter", kill)},
		{"kill-origin", "the origin is killed", 2 * time.Second, nil, toService("origin", kill)},
		{"kill-each-in-turn", "every process but the proxy is killed, one after the other", 0, nil, eachInTurn},
	}
}

// Select returns the faults of those names in the order of the names, all without
// any. The error names those that there are.
func Select(names []string) ([]Fault, error) {
	all := Faults()
	if len(names) == 0 {
		return all, nil
	}
	var list []Fault
	for _, name := range names {
		i := slices.IndexFunc(all, func(f Fault) bool { return f.Name == name })
		if i < 0 {
			known := make([]string, len(all))
			for j, f := range all {
				known[j] = f.Name
			}
			return nil, fmt.Errorf("no drill %q; there are %s", name, strings.Join(known, ", "))
		}
		list = append(list, all[i])
	}
	return list, nil
}

// act is something done to one process.
type act func(ctx context.Context, s *scene, process string) error

func toActive(do act) func(context.Context, *scene) error {
	return func(ctx context.Context, s *scene) error { return do(ctx, s, s.active) }
}

func toStandby(do act) func(context.Context, *scene) error {
	return func(ctx context.Context, s *scene) error {
		for _, p := range s.target.packagers() {
			if p.Name != s.active {
				s.victim = p.Name
				return do(ctx, s, p.Name)
			}
		}
		return fmt.Errorf("there is no packager beside %s", s.active)
	}
}

func toService(service string, do act) func(context.Context, *scene) error {
	return func(ctx context.Context, s *scene) error {
		for _, p := range s.target.Platform.Snapshot().Processes {
			if p.Service == service {
				s.victim = p.Name
				return do(ctx, s, p.Name)
			}
		}
		return fmt.Errorf("this layout has no %s", service)
	}
}

func kill(ctx context.Context, s *scene, process string) error {
	return s.target.command(ctx, process, actionKill)
}

func restart(ctx context.Context, s *scene, process string) error {
	return s.target.command(ctx, process, actionRestart)
}

func pause(ctx context.Context, s *scene, process string) error {
	if err := s.target.command(ctx, process, actionPause); err != nil {
		return err
	}
	s.undo(func(ctx context.Context) error { return s.target.command(ctx, process, actionResume) })
	return nil
}

// down kills a process and keeps it down until the fault is over.
func down(ctx context.Context, s *scene, process string) error {
	if err := s.target.command(ctx, process, actionKill); err != nil {
		return err
	}
	s.undo(func(ctx context.Context) error { return s.target.command(ctx, process, actionStart) })
	return s.target.command(ctx, process, actionStop)
}

func everyPackagerDown(ctx context.Context, s *scene) error {
	s.victim = "every packager"
	for _, p := range s.target.packagers() {
		if err := down(ctx, s, p.Name); err != nil {
			return err
		}
	}
	return nil
}

// misbehave sets the fault switch of a packager.
func misbehave(mode string) act {
	return func(ctx context.Context, s *scene, process string) error {
		return s.fault(ctx, process, fault{Mode: mode})
	}
}

const (
	// networkSpeed is how many times as fast as it plays a packager sends its
	// segments where a transfer is to be in flight when a fault comes. On the
	// loopback interface a body is in the kernel's hands before it is looked at, and
	// what happens to its sender then makes no difference to anybody.
	networkSpeed = 3
	// pacedFor is how long it does so before the fault: requests begun before are
	// over then.
	pacedFor = time.Second
	// midBody is how long after a segment was listed the packager is killed.
	midBody = 150 * time.Millisecond
)

// paced makes a packager send at the speed of a network, as a preparation.
func paced(ctx context.Context, s *scene, process string) error {
	if err := s.slowDown(ctx, process); err != nil {
		return err
	}
	return sleep(ctx, pacedFor)
}

// inMidBody waits until a packager sends a segment that has just come.
func inMidBody(ctx context.Context, s *scene, process string) error {
	if err := s.slowDown(ctx, process); err != nil {
		return err
	}
	if err := s.target.awaitSegment(ctx, process); err != nil {
		return err
	}
	return sleep(ctx, midBody)
}

const (
	flapFor   = 4 * time.Second
	flapPause = 200 * time.Millisecond
)

// flap kills a process each time it is ready again.
func flap(ctx context.Context, s *scene, process string) error {
	for end := time.Now().Add(flapFor); time.Now().Before(end); {
		if err := s.target.killAndAwait(ctx, process); err != nil {
			return err
		}
		if err := sleep(ctx, flapPause); err != nil {
			return err
		}
	}
	return nil
}

// eachInTurn kills one process after the other, each when the one before is back.
func eachInTurn(ctx context.Context, s *scene) error {
	s.victim = "each process"
	for _, p := range s.target.Platform.Snapshot().Processes {
		if p.Service == "proxy" || p.Service == "viewer" {
			continue // the proxy comes later; a viewer is one of the audience
		}
		if err := s.target.killAndAwait(ctx, p.Name); err != nil {
			return err
		}
	}
	return nil
}
