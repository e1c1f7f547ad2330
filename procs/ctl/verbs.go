package ctl

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"livestream-tui/procs/platform"
)

// Verb is one command of `livestream-tui ctl`.
type Verb struct {
	Name   string
	Action platform.Action
	// About is its line in the help.
	About string
	// Process is set when the verb names a process.
	Process bool
	// MayWait is set when there is something to wait for, Waits when that is the default.
	MayWait, Waits bool
	// do carries it out and returns one line about the effect.
	do func(ctx context.Context, c call) (string, error)
}

// Verbs returns all verbs, in the order of help. A new one is a row here with its function
// in a file.
func Verbs() []Verb {
	return []Verb{
		{"kill", platform.Kill, "kill -9; it comes back under its restart policy", true, true, false, onProcess("killed", "")},
		{"restart", platform.Restart, "stop and start it, with a fresh restart budget", true, true, true, onProcess("restarted", "restarts")},
		{"stop", platform.Stop, "stop it; it stays down until it is started", true, true, true, onProcess("stopped", "stops")},
		{"start", platform.Start, "start a process that was stopped or has failed", true, true, true, onProcess("started", "starts")},
		{"pause", platform.Pause, "SIGSTOP it and all its children", true, false, false, onProcess("paused", "")},
		{"resume", platform.Resume, "SIGCONT it and all its children, after pause", true, false, false, onProcess("resumed", "")},
		{"failover", platform.Failover, "move a signal away from its active packager, or every signal", false, false, false, failover},
		{"hold", platform.Hold, "play a signal from one packager until that fails, or every signal", true, false, false, hold},
		{"release", platform.Release, "end a hold", false, false, false, release},
		{"input", platform.SwitchInput, "show an input of a live signal until that is lost, or choose automatically again", false, false, false, switchInput},
		{"drain", platform.Drain, "move what a machine does to the others, until it may be switched off", false, true, true, drain},
		{"undrain", platform.Undrain, "have a machine that was drained take part again", false, false, false, undrain},
		{"upgrade", platform.Upgrade, "restart every process from the binary on disk, one by one; as SIGUSR2 does", false, true, true, upgrade},
	}
}

// Check returns an error that lists the allowed names unless the verb can be applied to the
// process with that name.
func (v Verb) Check(s platform.Snapshot, name string) error {
	allowed := s.Names(v.Action)
	switch {
	case !v.Process || slices.Contains(allowed, name):
		return nil
	case len(allowed) == 0:
		return fmt.Errorf("%s %q: this layout has no process to %s", v.Name, name, v.Name)
	case name == "":
		return fmt.Errorf("%s needs a name: allowed are %s", v.Name, strings.Join(allowed, ", "))
	}
	return fmt.Errorf("%s %q: allowed are %s", v.Name, name, strings.Join(allowed, ", "))
}
