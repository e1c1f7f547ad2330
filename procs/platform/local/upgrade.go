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
	// versionPatience is how long the binary on disk may take to say its version.
	versionPatience = 10 * time.Second
	// upgradeLook is how often an upgrade looks again of its own accord.
	upgradeLook = time.Second
)

var (
	errUpgrading  = errors.New("an upgrade is under way already")
	errNotRunning = errors.New("the platform does not run")
)

// upgrade begins an upgrade.
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
	l.upgrades <- struct{}{} // has room: the last one has ended
	return nil
}

// doUpgrades does them until ctx is cancelled.
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
			l.say(event.LevelError, u.Process, fmt.Sprintf("upgrade stopped after %d of %d processes: %v", u.Done, u.Total, err))
		} else {
			l.say(event.LevelInfo, "", fmt.Sprintf("upgraded %d processes to %s in %s", u.Done, u.Version, u.Ended.Sub(u.Began).Round(100*time.Millisecond)))
		}
	}
}

func (l *Local) upgradeAll(ctx context.Context) error {
	version, err := l.versionOnDisk(ctx)
	if err != nil {
		return err // before anything is restarted
	}
	names := inOrder(l.layout)
	slices.Reverse(names)
	l.record(func(u *platform.Upgrading) { u.Version, u.Total = version, len(names) })
	l.say(event.LevelInfo, "", fmt.Sprintf("upgrading %d processes to %s: %s", len(names), version, strings.Join(names, ", ")))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, events, _ := l.Subscribe(ctx)
	for i, name := range names {
		if p, _ := l.Now().Process(name); !p.Wanted {
			l.say(event.LevelInfo, name, "is stopped: its next start is the upgrade")
			l.record(func(u *platform.Upgrading) { u.Total-- })
			continue
		}
		l.record(func(u *platform.Upgrading) { u.Process = name })
		l.say(event.LevelInfo, name, fmt.Sprintf("upgrading, %d of %d", i+1, len(names)))
		if err := l.renew(ctx, name, events); err != nil {
			return err
		}
		l.record(func(u *platform.Upgrading) { u.Process, u.Done = "", u.Done+1 })
	}
	return nil
}

// versionOnDisk asks the binary that is to be run from now on, which shows that it
// can be.
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
		err = errors.New("it says no version")
	}
	if err != nil {
		return "", fmt.Errorf("%s does not run: %w; nothing was restarted", l.self, err)
	}
	return version, nil
}

// renew restarts a process and waits until its new incarnation is ready.
func (l *Local) renew(ctx context.Context, name string, events <-chan platform.Event) error {
	// One that is starting may be from the binary that was there before.
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

// awaitProcess waits until a process is as it should be, or never will be.
func (l *Local) awaitProcess(ctx context.Context, name string, events <-chan platform.Event, is func(platform.Process) (bool, error)) error {
	look := time.NewTicker(upgradeLook)
	defer look.Stop()
	for {
		now, _ := l.Now().Process(name)
		if ok, err := is(now); ok || err != nil {
			return err
		}
		for heard := false; !heard; {
			select {
			case <-ctx.Done():
				return errors.New("the platform is stopping")
			case e, open := <-events:
				heard = !open || e.Dropped > 0 || e.Status() != nil && e.Process == name
				if !open {
					events = nil // the end, of which ctx tells
				}
			case <-look.C:
				heard = true
			}
		}
	}
}

// isRenewed reports whether a later incarnation than before is ready. The error says
// that it will not be, or not now.
func isRenewed(before, now platform.Process) (bool, error) {
	later := now.Incarnation > before.Incarnation
	switch {
	case later && now.State == procs.Ready:
		return true, nil
	case !now.Wanted:
		return false, fmt.Errorf("%s was stopped meanwhile", now.Name)
	case now.RestartFailed():
		return false, fmt.Errorf("%s: %s; its log is %s", now.Name, now.Reason, now.LogPath)
	case later && now.State == procs.Backoff, now.State == procs.Failed, now.State == procs.Exited:
		return false, fmt.Errorf("%s did not become ready: %s: %s; its log is %s", now.Name, now.State, now.Reason, now.LogPath)
	}
	return false, nil
}

// inOrder are the names of a layout's processes, each after those that it depends on.
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
			break // a circle, which no layout has that was parsed
		}
	}
	return names
}

// record changes the record of the upgrade that is under way.
func (l *Local) record(by func(*platform.Upgrading)) {
	l.Update(func(m *model.Model) { m.UpdateUpgrade(by) })
}

// say logs a message of the platform's own and tells subscribers of it.
func (l *Local) say(level event.Level, process, message string) {
	if level >= event.LevelError {
		l.log.Error(message, "process", process)
	} else {
		l.log.Info(message, "process", process)
	}
	l.Update(func(m *model.Model) { m.Announce(level, process, message, time.Now()) })
}
