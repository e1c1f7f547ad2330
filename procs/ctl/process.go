package ctl

import (
	"context"
	"fmt"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
)

// onProcess returns the function of a verb on one process. past is the verb in the past
// tense; present is the process's doing while the request does not wait, and empty when the
// effect is immediate.
func onProcess(past, present string) func(context.Context, call) (string, error) {
	return func(ctx context.Context, c call) (string, error) {
		before, _ := c.before.Process(c.Name) // Check has accepted the name
		switch {
		case c.Action == platform.Stop && before.PID == 0 && !before.Wanted:
			return c.Name + " is stopped already", nil
		case c.Action == platform.Start && before.PID != 0 && before.State != platform.Stopping && before.Wanted:
			if !c.Wait {
				return c.Name + " runs already", nil
			}
			return c.Name + " runs already", c.await(ctx, before)
		}
		if err := c.command(ctx); err != nil {
			return "", err
		}
		was := ""
		if before.PID != 0 {
			was = fmt.Sprintf(" (pid %d)", before.PID)
		}
		if !c.Wait && present != "" {
			return c.Name + " " + present + was, nil
		}
		done := past + " " + c.Name + was
		if !c.Wait {
			return done, nil
		}
		if err := c.await(ctx, before); err != nil || c.Action == platform.Stop {
			return done, err
		}
		return fmt.Sprintf("%s: ready as pid %d after %s", done, c.process(ctx).PID, time.Since(c.began).Round(100*time.Millisecond)), nil
	}
}

// process returns the process of the request, as it is now.
func (c call) process(ctx context.Context) platform.Process {
	p, _ := c.latest(ctx).Process(c.Name) // Check has accepted the name
	return p
}

// await waits until the effect of the request has come; before is the process as it was.
func (c call) await(ctx context.Context, before platform.Process) error {
	timeout := time.NewTimer(c.Timeout)
	defer timeout.Stop()
	look := time.NewTicker(waitLook)
	defer look.Stop()
	for {
		now := c.process(ctx)
		if done, err := c.done(before, now); done || err != nil {
			return err
		}
		for changed := false; !changed; {
			select {
			case e, open := <-c.events:
				if !open && ctx.Err() == nil {
					return fmt.Errorf("%s %s: the platform ended in the meantime", c.Verb.Name, c.Name)
				}
				changed = !open || e.Status() != nil && e.Process == c.Name
			case <-look.C:
				changed = true
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

// done reports whether the effect of the request has come. The error says why it never will.
func (c call) done(before, now platform.Process) (bool, error) {
	if c.Action == platform.Stop {
		switch {
		case now.Wanted:
			return false, fmt.Errorf("%s was started again in the meantime (%s)", c.Name, now.State)
		case now.State == platform.Failed:
			return false, fmt.Errorf("%s: %s", c.Name, now.Reason)
		}
		return now.PID == 0 && (now.State == platform.Exited || now.State == platform.Idle), nil
	}
	another := now.Incarnation > before.Incarnation
	switch {
	case now.State == platform.Ready && (another || c.Action == platform.Start && before.State != platform.Stopping):
		return true, nil
	case now.State == platform.Failed, now.State == platform.Exited, c.Action == platform.Restart && now.RestartFailed():
		return false, &platform.Outcome{NeverReady: true, Reason: fmt.Sprintf("%s did not become ready: %s; its log is %s",
			c.Name, text.Joined(now.State.String(), now.Reason), now.LogPath)}
	}
	return false, nil
}

// late is the error after Timeout.
func (c call) late(now platform.Process) error {
	state := text.Joined(stateWord(now), reason(now))
	if c.Action == platform.Stop {
		return fmt.Errorf("%s has not stopped within %s: %s", c.Name, c.Timeout, state)
	}
	return &platform.Outcome{NeverReady: true, Reason: fmt.Sprintf("%s is not ready after %s: %s; its log is %s", c.Name, c.Timeout, state, now.LogPath)}
}
