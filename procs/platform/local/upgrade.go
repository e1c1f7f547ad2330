package local

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
)

const (
	// versionPatience is how long the binary on disk may take to print its version.
	versionPatience = 10 * time.Second
	// upgradeLook is how often an upgrade looks at its process without an event.
	upgradeLook = time.Second
)

var (
	errUpgrading  = errors.New("an upgrade is already under way")
	errNotRunning = errors.New("the platform is not running")
)

// upgrade starts an upgrade.
func (l *Local) upgrade() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !l.running || l.model.Now.Stopping:
		return errNotRunning
	case l.model.Now.Upgrade != nil && l.model.Now.Upgrade.Ended.IsZero():
		return errUpgrading
	}
	l.model.UpdateUpgrade(func(u *platform.Upgrading) { *u = platform.Upgrading{Began: time.Now()} })
	l.upgrades <- struct{}{} // has room, since the last upgrade has ended
	return nil
}

// doUpgrades carries out upgrades until ctx is cancelled.
func (l *Local) doUpgrades(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.upgrades:
		}
		err := l.upgradeAll(ctx)
		var u platform.Upgrading
		l.record(func(v *platform.Upgrading) {
			v.Ended = time.Now()
			if err != nil {
				v.Error = err.Error()
			}
			u = *v
		})
		if err != nil {
			l.announce(event.LevelError, u.Process, fmt.Sprintf("upgrade stopped after %d of %d processes: %v", u.Done, u.Total, err))
		} else {
			l.announce(event.LevelInfo, "", fmt.Sprintf("upgraded %d processes to %s in %s", u.Done, u.Version, u.Ended.Sub(u.Began).Round(100*time.Millisecond)))
		}
	}
}

// upgradeAll restarts every process that runs.
func (l *Local) upgradeAll(ctx context.Context) error {
	version, err := l.versionOnDisk(ctx)
	if err != nil {
		return err // before anything is restarted
	}
	names := inOrder(l.layout)
	slices.Reverse(names)
	l.record(func(u *platform.Upgrading) { u.Version, u.Total = version, len(names) })
	l.announce(event.LevelInfo, "", fmt.Sprintf("upgrading %d processes to %s: %s", len(names), version, strings.Join(names, ", ")))
	if err := l.rolling.begin(ctx); err != nil {
		return err
	}
	defer l.rolling.end()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, events, _ := l.Subscribe(ctx)
	for i, name := range names {
		if p, _ := l.Now().Process(name); !p.Wanted {
			l.announce(event.LevelInfo, name, "is stopped: its next start uses the new binary")
			l.record(func(u *platform.Upgrading) { u.Total-- })
			continue
		}
		l.record(func(u *platform.Upgrading) { u.Process = name })
		l.announce(event.LevelInfo, name, fmt.Sprintf("upgrading, %d of %d", i+1, len(names)))
		if err := l.renew(ctx, name, events); err != nil {
			return err
		}
		l.record(func(u *platform.Upgrading) { u.Process, u.Done = "", u.Done+1 })
	}
	return nil
}

// versionOnDisk runs the binary on disk for its version, which shows that it can be run.
func (l *Local) versionOnDisk(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, versionPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, l.self, "version")
	cmd.Env = listed(l.env)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	version, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	version = text.Clean(version)
	if err == nil && version == "" {
		err = errors.New("it prints no version")
	}
	if err != nil {
		return "", fmt.Errorf("%s does not run: %w; nothing was restarted", l.self, err)
	}
	return version, nil
}

// renew restarts a process and waits until its new incarnation is ready.
func (l *Local) renew(ctx context.Context, name string, events <-chan platform.Event) error {
	// An incarnation that is starting may be one of the previous binary.
	settled := func(p platform.Process) (bool, error) { return p.Next == 0, nil }
	if err := l.awaitProcess(ctx, name, events, settled); err != nil {
		return err
	}
	before, _ := l.Now().Process(name)
	if err := l.sup.Command(ctx, name, procs.Restart); err != nil {
		return err
	}
	return l.awaitProcess(ctx, name, events, func(now platform.Process) (bool, error) { return isRenewed(before, now) })
}

// awaitProcess waits until is returns true for a process, or an error.
func (l *Local) awaitProcess(ctx context.Context, name string, events <-chan platform.Event, is func(platform.Process) (bool, error)) error {
	look := time.NewTicker(upgradeLook)
	defer look.Stop()
	for {
		now, _ := l.Now().Process(name)
		if ok, err := is(now); ok || err != nil {
			return err
		}
		for changed := false; !changed; {
			select {
			case <-ctx.Done():
				return errors.New("the platform is stopping")
			case e, open := <-events:
				changed = !open || e.Dropped > 0 || e.Status() != nil && e.Process == name
				if !open {
					events = nil // ctx is cancelled at the end
				}
			case <-look.C:
				changed = true
			}
		}
	}
}

// isRenewed reports whether a later incarnation than before is ready. The error says why it
// will not become ready.
func isRenewed(before, now platform.Process) (bool, error) {
	later := now.Incarnation > before.Incarnation
	switch {
	case later && now.State == procs.Ready:
		return true, nil
	case !now.Wanted:
		return false, fmt.Errorf("%s was stopped in the meantime", now.Name)
	case now.RestartFailed():
		return false, fmt.Errorf("%s: %s; its log is %s", now.Name, now.Reason, now.LogPath)
	case later && now.State == procs.Backoff, now.State == procs.Failed, now.State == procs.Exited:
		return false, fmt.Errorf("%s did not become ready: %s: %s; its log is %s", now.Name, now.State, now.Reason, now.LogPath)
	}
	return false, nil
}

// inOrder returns the names of a layout's processes, each after those that it depends on.
func inOrder(l layouts.Layout) []string {
	var names []string
	for len(names) < len(l.Processes) {
		before := len(names)
		for _, p := range l.Processes {
			missing := slices.ContainsFunc(p.DependsOn, func(d string) bool { return !slices.Contains(names, d) })
			if !missing && !slices.Contains(names, p.Name) {
				names = append(names, p.Name)
			}
		}
		if len(names) == before {
			break // a cycle, which the parser of layouts rejects
		}
	}
	return names
}

// record changes the record of the current upgrade.
func (l *Local) record(by func(*platform.Upgrading)) {
	l.Update(func(m *model.Model) { m.UpdateUpgrade(by) })
}

// announce logs a message of the platform itself and publishes it.
func (l *Local) announce(level event.Level, process, message string) {
	var about []any
	if process != "" {
		about = []any{"process", process}
	}
	if level >= event.LevelError {
		l.log.Error(message, about...)
	} else {
		l.log.Info(message, about...)
	}
	l.Update(func(m *model.Model) { m.Announce(level, process, message, time.Now()) })
}
