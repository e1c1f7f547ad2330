package ctl

import (
	"context"
	"fmt"
	"io"
	"slices"
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

// Verb is one command of `livestream-tui ctl`.
type Verb struct {
	Name   string
	Action platform.Action
	About  string
	// Process: it names one.
	Process bool
	// MayWait: there is something to wait for; Waits: unless it is told not to.
	MayWait, Waits bool
}

// release ends what Hold began. In Hold's own way, which is the screen's key, a
// script that asks twice would end up where it began.
const release = "release"

// Verbs are all of them, in the order of help. A new Action needs a row here, and
// its words in Ask.
func Verbs() []Verb {
	return []Verb{
		{"kill", platform.Kill, "kill -9; it comes back under its restart policy", true, true, false},
		{"restart", platform.Restart, "stop and start it, with a fresh restart budget", true, true, true},
		{"stop", platform.Stop, "stop it; it stays down until it is started", true, true, true},
		{"start", platform.Start, "start what was stopped or has failed", true, true, true},
		{"pause", platform.Pause, "SIGSTOP it and everything that it has started", true, false, false},
		{"resume", platform.Resume, "SIGCONT: let it run on after pause", true, false, false},
		{"failover", platform.Failover, "move every signal away from its active packager", false, false, false},
		{"hold", platform.Hold, "play every signal from one packager until that fails", true, false, false},
		{release, platform.Hold, "end a hold", false, false, false},
		{"upgrade", platform.Upgrade, "restart every process from the binary on disk, one by one; as SIGUSR2 does", false, true, true},
	}
}

// Asking is what an operator asks for on a command line.
type Asking struct {
	Verb
	// Name is the process's, empty where the verb names none.
	Name string
	// Wait: Ask returns when the process is ready again, or has stopped, at most
	// Timeout later.
	Wait    bool
	Timeout time.Duration
}

// Done is what came of it.
type Done struct {
	Action string `json:"action"`
	// Process is the one that was named, as it is now.
	Process *platform.Process `json:"process,omitempty"`
	// Message is one line for people.
	Message string `json:"message"`
}

// Write writes it as a line for people, or as one JSON document.
func (d Done) Write(w io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(w, d)
	}
	_, err := fmt.Fprintln(w, text.Joined(d.Message))
	return err
}

// Check refuses a name that the verb cannot be asked of, and lists the allowed ones.
func (v Verb) Check(s platform.Snapshot, name string) error {
	allowed := s.Names(v.Action)
	switch {
	case !v.Process || slices.Contains(allowed, name):
		return nil
	case len(allowed) == 0:
		return fmt.Errorf("%s %q: this layout has none to %s", v.Name, name, v.Name)
	case name == "":
		return fmt.Errorf("%s needs a name: allowed are %s", v.Name, strings.Join(allowed, ", "))
	}
	return fmt.Errorf("%s %q: allowed are %s", v.Name, name, strings.Join(allowed, ", "))
}

// Ask asks the platform for something and says what came of it. The error is an
// *Outcome that says NeverReady when a process did not become ready in time.
func Ask(ctx context.Context, p platform.Platform, a Asking) (Done, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	snapshot, events, err := p.Subscribe(ctx)
	if err != nil {
		return Done{}, err
	}
	before, _ := snapshot.Process(a.Name) // a name that Check has let pass, or none
	w := wish{Asking: a, platform: p, before: before, began: time.Now()}
	message := ""
	switch {
	case a.Action == platform.Failover:
		message, err = w.failover(ctx, snapshot)
	case a.Action == platform.Hold:
		message, err = w.hold(ctx, snapshot)
	case a.Action == platform.Upgrade:
		message, err = w.upgrade(ctx, snapshot, events)
	case w.already():
		message = fmt.Sprintf("%s %s", a.Name, map[bool]string{true: "runs already", false: "is stopped already"}[a.Action == platform.Start])
		if a.Action == platform.Start && a.Wait {
			err = w.await(ctx, events)
		}
	default:
		if err = p.Command(ctx, platform.Command{Process: a.Name, Action: a.Action}); err == nil && a.Wait {
			err = w.await(ctx, events)
		}
		if err == nil {
			message = w.message(ctx)
		}
	}
	if err != nil {
		return Done{}, err
	}
	d := Done{Action: a.Verb.Name, Message: message}
	if a.Process {
		now, err := p.Snapshot(ctx)
		if err != nil {
			return Done{}, err
		}
		if process, ok := now.Process(a.Name); ok {
			d.Process = &process
		}
	}
	return d, nil
}

// wish is an Asking on its way.
type wish struct {
	Asking
	platform platform.Platform
	before   platform.Process // as it was when it was asked for
	began    time.Time
}

// latest is the newest snapshot that is known: the events tell of a platform that has
// gone.
func (w wish) latest(ctx context.Context) platform.Snapshot {
	s, _ := w.platform.Snapshot(ctx)
	return s
}

// process is the one that was named, as it is now.
func (w wish) process(ctx context.Context) platform.Process {
	p, _ := w.latest(ctx).Process(w.Name) // Check has let the name pass
	return p
}

// already reports whether there is nothing to be done: who asks for a state that
// is there has what he wants.
func (w wish) already() bool {
	running := w.before.PID != 0 && w.before.State != platform.Stopping
	return w.Action == platform.Start && running && w.before.Wanted || w.Action == platform.Stop && w.before.PID == 0 && !w.before.Wanted
}

// await waits until it has come true.
func (w wish) await(ctx context.Context, events <-chan platform.Event) error {
	timeout := time.NewTimer(w.Timeout)
	defer timeout.Stop()
	look := time.NewTicker(waitLook)
	defer look.Stop()
	for {
		now := w.process(ctx)
		if came, err := w.came(now); came || err != nil {
			return err
		}
		for heard := false; !heard; {
			select {
			case e, open := <-events:
				if !open && ctx.Err() == nil {
					return fmt.Errorf("%s %s: the platform has gone meanwhile", w.Verb.Name, w.Name)
				}
				heard = !open || e.Status != nil && e.Process == w.Name
			case <-look.C:
				heard = true
			case <-timeout.C:
				return w.late(now)
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
func (w wish) came(now platform.Process) (bool, error) {
	if w.Action == platform.Stop {
		switch {
		case now.Wanted:
			return false, fmt.Errorf("%s was started again meanwhile (%s)", w.Name, now.State)
		case now.State == platform.Failed:
			return false, fmt.Errorf("%s: %s", w.Name, now.Reason)
		}
		return now.PID == 0 && (now.State == platform.Exited || now.State == platform.Idle), nil
	}
	another := now.Incarnation > w.before.Incarnation
	switch {
	case now.State == platform.Ready && (another || w.Action == platform.Start && w.before.State != platform.Stopping):
		return true, nil
	case now.State == platform.Failed, now.State == platform.Exited, w.Action == platform.Restart && now.RestartFailed():
		return false, &platform.Outcome{NeverReady: true, Reason: fmt.Sprintf("%s did not become ready: %s; its log is %s",
			w.Name, text.Joined(now.State.String(), now.Reason), now.LogPath)}
	}
	return false, nil
}

func (w wish) late(now platform.Process) error {
	state := text.Joined(stateWord(now), reason(now))
	if w.Action == platform.Stop {
		return fmt.Errorf("%s has not stopped within %s: %s", w.Name, w.Timeout, state)
	}
	return &platform.Outcome{NeverReady: true, Reason: fmt.Sprintf("%s is not ready after %s: %s; its log is %s", w.Name, w.Timeout, state, now.LogPath)}
}

// message says what happened to the process.
func (w wish) message(ctx context.Context) string {
	now := w.process(ctx)
	past := map[platform.Action]string{platform.Kill: "killed", platform.Restart: "restarted", platform.Stop: "stopped", platform.Start: "started", platform.Pause: "paused", platform.Resume: "resumed"}[w.Action]
	present := map[platform.Action]string{platform.Restart: "restarts", platform.Stop: "stops", platform.Start: "starts"}[w.Action]
	was := ""
	if w.before.PID != 0 {
		was = fmt.Sprintf(" (pid %d)", w.before.PID)
	}
	switch {
	case w.Wait && w.Action != platform.Stop:
		return fmt.Sprintf("%s %s%s: ready as pid %d after %s", past, w.Name, was, now.PID, time.Since(w.began).Round(100*time.Millisecond))
	case !w.Wait && present != "":
		return fmt.Sprintf("%s %s%s", w.Name, present, was)
	}
	return fmt.Sprintf("%s %s%s", past, w.Name, was)
}

func (w wish) failover(ctx context.Context, before platform.Snapshot) (string, error) {
	if err := w.platform.Command(ctx, platform.Command{Action: platform.Failover}); err != nil {
		return "", err
	}
	var moved []string
	err := w.settle(ctx, func(now platform.Snapshot) bool {
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
func (w wish) upgrade(ctx context.Context, before platform.Snapshot, events <-chan platform.Event) (string, error) {
	if err := w.platform.Command(ctx, platform.Command{Action: platform.Upgrade}); err != nil || !w.Wait {
		return "upgrade begun", err
	}
	timeout := time.NewTimer(w.Timeout)
	defer timeout.Stop()
	look := time.NewTicker(waitLook)
	defer look.Stop()
	for {
		u := w.latest(ctx).Upgrade
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
			return "", &platform.Outcome{NeverReady: true, Reason: fmt.Sprintf("the upgrade is not at its end after %s: %d of %d processes, now %s; it goes on", w.Timeout, u.Done, u.Total, u.Process)}
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
	}
}

// hold holds or releases; Hold itself does the one or the other by what is.
func (w wish) hold(ctx context.Context, before platform.Snapshot) (string, error) {
	held, name, hold := before.Held(), w.Name, w.Verb.Name != release
	switch {
	case hold && held == name:
		return name + " is held already", nil
	case !hold && held == "":
		return "nothing is held", nil
	case !hold:
		name = held
	}
	if err := w.platform.Command(ctx, platform.Command{Process: name, Action: platform.Hold}); err != nil {
		return "", err
	}
	// The next one who asks goes by what is seen then.
	seen := false
	err := w.settle(ctx, func(now platform.Snapshot) bool {
		seen = (now.Held() == name) == hold
		return seen
	})
	message := map[bool]string{true: "held " + name + ": every signal is played from it until it fails", false: "released " + name}[hold]
	if err == nil && !seen {
		message += "; the origin has not confirmed it yet"
	}
	return message, err
}

// settle looks until there is something to be seen, or for originPatience.
func (w wish) settle(ctx context.Context, seen func(platform.Snapshot) bool) error {
	for end := time.Now().Add(originPatience); !seen(w.latest(ctx)) && time.Now().Before(end); {
		select {
		case <-time.After(settlePoll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
