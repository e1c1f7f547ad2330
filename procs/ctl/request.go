package ctl

import (
	"fmt"
	"io"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
)

// Request is a verb of a command line with its arguments.
type Request struct {
	Verb
	// Name is the name of the process; empty for a verb without one.
	Name string
	// Signal is the signal that it is for; empty for every signal.
	Signal string
	// Input is the input of Signal that a verb on inputs is for, or "auto".
	Input string
	// Machine is the machine that a verb on machines is for.
	Machine string
	// Wait makes Do return only when the process is ready again, has stopped, or the upgrade
	// or the drain has ended; at most after Timeout.
	Wait    bool
	Timeout time.Duration
}

// Result is the effect of a request.
type Result struct {
	Action string `json:"action"`
	// Process is the process that was named, as it is now; nil for a verb without one.
	Process *platform.Process `json:"process,omitempty"`
	// Message is one line for people.
	Message string `json:"message"`
}

// Write writes the message as a line, or the result as one JSON document.
func (r Result) Write(out io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(out, r)
	}
	_, err := fmt.Fprintln(out, text.Joined(r.Message))
	return err
}
