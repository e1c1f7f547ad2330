package ctl

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
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
		{"release", platform.Release, "end a hold", false, false, false},
		{"upgrade", platform.Upgrade, "restart every process from the binary on disk, one by one; as SIGUSR2 does", false, true, true},
	}
}

// Request is what an operator asks for on a command line.
type Request struct {
	Verb
	// Name is the process's, empty where the verb names none.
	Name string
	// Wait: Ask returns when the process is ready again, or has stopped, at most
	// Timeout later.
	Wait    bool
	Timeout time.Duration
}

// Result is what came of it.
type Result struct {
	Action string `json:"action"`
	// Process is the one that was named, as it is now.
	Process *platform.Process `json:"process,omitempty"`
	// Message is one line for people.
	Message string `json:"message"`
}

// Write writes it as a line for people, or as one JSON document.
func (d Result) Write(out io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(out, d)
	}
	_, err := fmt.Fprintln(out, text.Joined(d.Message))
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
