package ctl

import (
	"context"
	"fmt"
	"strings"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
)

const (
	// originPatience is how long the origin's word may take to be seen.
	originPatience = 5 * time.Second
	settlePoll     = 100 * time.Millisecond
	// waitLook is how often a wait looks again of its own accord.
	waitLook = time.Second
)

// Ask asks the platform for something and says what came of it. The error is an
// *Outcome that says NeverReady when a process did not become ready in time.
func Do(ctx context.Context, p platform.Platform, a Request) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	snapshot, events, err := p.Subscribe(ctx)
	if err != nil {
		return Result{}, err
	}
	before, _ := snapshot.Process(a.Name) // a name that Check has let pass, or none
	c := call{Request: a, platform: p, before: before, began: time.Now()}
	message := ""
	switch {
	case a.Action == platform.Failover:
		message, err = c.failover(ctx, snapshot)
	case a.Action == platform.Hold, a.Action == platform.Release:
		message, err = c.hold(ctx, snapshot)
	case a.Action == platform.Upgrade:
		message, err = c.upgrade(ctx, snapshot, events)
	case c.already():
		message = a.Name + " is stopped already"
		if a.Action == platform.Start {
			message = a.Name + " runs already"
			if a.Wait {
				err = c.await(ctx, events)
			}
		}
	default:
		if err = p.Command(ctx, platform.Command{Process: a.Name, Action: a.Action}); err == nil && a.Wait {
			err = c.await(ctx, events)
		}
		if err == nil {
			message = c.message(ctx)
		}
	}
	if err != nil {
		return Result{}, err
	}
	d := Result{Action: a.Verb.Name, Message: message}
	if a.Process {
		now, err := p.Snapshot(ctx)
		if err != nil {
			return Result{}, err
		}
		if process, ok := now.Process(a.Name); ok {
			d.Process = &process
		}
	}
	return d, nil
}

// call is an Request on its way.
type call struct {
	Request
	platform platform.Platform
	before   platform.Process // as it was when it was asked for
	began    time.Time
}

// latest is the newest snapshot that is known: the events tell of a platform that has
// gone.
func (c call) latest(ctx context.Context) platform.Snapshot {
	s, _ := c.platform.Snapshot(ctx)
	return s
}

// process is the one that was named, as it is now.
func (c call) process(ctx context.Context) platform.Process {
	p, _ := c.latest(ctx).Process(c.Name) // Check has let the name pass
	return p
}

// already reports whether there is nothing to be done: who asks for a state that
// is there has what he wants.
func (c call) already() bool {
	running := c.before.PID != 0 && c.before.State != platform.Stopping
	return c.Action == platform.Start && running && c.before.Wanted || c.Action == platform.Stop && c.before.PID == 0 && !c.before.Wanted
}

// await waits until it has come true.
func (c call) await(ctx context.Context, events <-chan platform.Event) error {
	timeout := time.NewTimer(c.Timeout)
	defer timeout.Stop()
	look := time.NewTicker(waitLook)
	defer look.Stop()
	for {
		now := c.process(ctx)
		if came, err := c.came(now); came || err != nil {
			return err
		}
		for heard := false; !heard; {
			select {
			case e, open := <-events:
				if !open && ctx.Err() == nil {
					return fmt.Errorf("%s %s: the platform has gone meanwhile", c.Verb.Name, c.Name)
				}
				heard = !open || e.Status() != nil && e.Process == c.Name
			case <-look.C:
				heard = true
			case <-timeout.C:
				return c.late(now)
			case <-ctx.Done():
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
}

// came reports whether the process is now what was asked for. The error says that
// it never will be.
func (c call) came(now platform.Process) (bool, error) {
	if c.Action == platform.Stop {
		switch {
		case now.Wanted:
			return false, fmt.Errorf("%s was started again meanwhile (%s)", c.Name, now.State)
		case now.State == platform.Failed:
			return false, fmt.Errorf("%s: %s", c.Name, now.Reason)
		}
		return now.PID == 0 && (now.State == platform.Exited || now.State == platform.Idle), nil
	}
	another := now.Incarnation > c.before.Incarnation
	switch {
	case now.State == platform.Ready && (another || c.Action == platform.Start && c.before.State != platform.Stopping):
		return true, nil
	case now.State == platform.Failed, now.State == platform.Exited, c.Action == platform.Restart && now.RestartFailed():
		return false, &platform.Outcome{NeverReady: true, Reason: fmt.Sprintf("%s did not become ready: %s; its log is %s",
			c.Name, text.Joined(now.State.String(), now.Reason), now.LogPath)}
	}
	return false, nil
}

func (c call) late(now platform.Process) error {
	state := text.Joined(stateWord(now), reason(now))
	if c.Action == platform.Stop {
		return fmt.Errorf("%s has not stopped within %s: %s", c.Name, c.Timeout, state)
	}
	return &platform.Outcome{NeverReady: true, Reason: fmt.Sprintf("%s is not ready after %s: %s; its log is %s", c.Name, c.Timeout, state, now.LogPath)}
}

// message says what happened to the process.
func (c call) message(ctx context.Context) string {
	now := c.process(ctx)
	past := map[platform.Action]string{platform.Kill: "killed", platform.Restart: "restarted", platform.Stop: "stopped", platform.Start: "started", platform.Pause: "paused", platform.Resume: "resumed"}[c.Action]
	present := map[platform.Action]string{platform.Restart: "restarts", platform.Stop: "stops", platform.Start: "starts"}[c.Action]
	was := ""
	if c.before.PID != 0 {
		was = fmt.Sprintf(" (pid %d)", c.before.PID)
	}
	switch {
	case c.Wait && c.Action != platform.Stop:
		return fmt.Sprintf("%s %s%s: ready as pid %d after %s", past, c.Name, was, now.PID, time.Since(c.began).Round(100*time.Millisecond))
	case !c.Wait && present != "":
		return fmt.Sprintf("%s %s%s", c.Name, present, was)
	}
	return fmt.Sprintf("%s %s%s", past, c.Name, was)
}

func (c call) failover(ctx context.Context, before platform.Snapshot) (string, error) {
	if err := c.platform.Command(ctx, platform.Command{Action: platform.Failover}); err != nil {
		return "", err
	}
	var moved []string
	err := c.settle(ctx, func(now platform.Snapshot) bool {
		for _, n := range now.Preferences {
			for _, b := range before.Preferences {
				if n.Signal == b.Signal && n.Active != b.Active {
					moved = append(moved, fmt.Sprintf("%s from %s to %s", n.Signal, before.Packager(b.Active), now.Packager(n.Active)))
				}
			}
		}
		return len(moved) > 0
	})
	if err != nil || len(moved) == 0 {
		return "failover asked for; nothing is played from elsewhere yet", err
	}
	return "failover: " + strings.Join(moved, ", "), nil
}

// upgrade asks for one and waits for its end.
func (c call) upgrade(ctx context.Context, before platform.Snapshot, events <-chan platform.Event) (string, error) {
	if err := c.platform.Command(ctx, platform.Command{Action: platform.Upgrade}); err != nil || !c.Wait {
		return "upgrade begun", err
	}
	timeout := time.NewTimer(c.Timeout)
	defer timeout.Stop()
	look := time.NewTicker(waitLook)
	defer look.Stop()
	for {
		u := c.latest(ctx).Upgrade
		switch {
		case u == nil || before.Upgrade != nil && !u.Began.After(before.Upgrade.Began): // not seen yet
		case u.Ended.IsZero():
		case u.Error != "":
			return "", &platform.Outcome{NeverReady: true, Reason: fmt.Sprintf("upgrade stopped after %d of %d processes: %s", u.Done, u.Total, u.Error)}
		default:
			return fmt.Sprintf("upgraded %d processes to %s in %s", u.Done, u.Version, u.Ended.Sub(u.Began).Round(100*time.Millisecond)), nil
		}
		select {
		case _, open := <-events:
			if !open && ctx.Err() == nil {
				return "", fmt.Errorf("upgrade: the platform has gone meanwhile")
			}
		case <-look.C:
		case <-timeout.C:
			if u == nil {
				u = &platform.Upgrading{}
			}
			return "", &platform.Outcome{NeverReady: true, Reason: fmt.Sprintf("the upgrade is not at its end after %s: %d of %d processes, now %s; it goes on", c.Timeout, u.Done, u.Total, u.Process)}
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
	}
}

// hold begins or ends a hold.
func (c call) hold(ctx context.Context, before platform.Snapshot) (string, error) {
	held, done := before.Held(), ""
	switch c.Action {
	case platform.Hold:
		if held == c.Name {
			return c.Name + " is held already", nil
		}
		done = "held " + c.Name + ": every signal is played from it until it fails"
	default:
		if held == "" {
			return "nothing is held", nil
		}
		done = "released " + held
	}
	if err := c.platform.Command(ctx, platform.Command{Process: c.Name, Action: c.Action}); err != nil {
		return "", err
	}
	// The next request goes by what is seen then.
	seen := false
	err := c.settle(ctx, func(now platform.Snapshot) bool {
		seen = now.Held() == c.Name // none of a release
		return seen
	})
	if err == nil && !seen {
		done += "; the origin has not confirmed it yet"
	}
	return done, err
}

// settle looks until there is something to be seen, or for originPatience.
func (c call) settle(ctx context.Context, seen func(platform.Snapshot) bool) error {
	for end := time.Now().Add(originPatience); !seen(c.latest(ctx)) && time.Now().Before(end); {
		select {
		case <-time.After(settlePoll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
