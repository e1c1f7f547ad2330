package headless

import (
	"fmt"
	"time"

	"livestream-tui/procs/platform"
)

const (
	// quietWait is how long a process may take to become ready before the
	// operator is told what it waits for.
	quietWait = 2 * time.Second
	// readyPatience is how long a process may take to become ready for the first
	// time, restarts included, counted from its first start or last progress.
	readyPatience = 30 * time.Second
)

// startup follows processes on their way to being ready for the first time. It
// knows no clock.
type startup struct {
	names []string
	procs map[string]*rising
}

// rising is one process.
type rising struct {
	status   platform.Status
	ready    bool      // has been ready once
	began    time.Time // its first start or last progress; zero before the first
	told     string    // what was last said of it
	toldAt   time.Time // or when it began to wait
	progress string
}

func newStartup(list []platform.Process) *startup {
	s := &startup{procs: map[string]*rising{}}
	for _, p := range list {
		s.names = append(s.names, p.Name)
		s.procs[p.Name] = &rising{}
	}
	return s
}

// status takes a change of a process's state.
func (s *startup) status(st platform.Status, now time.Time) {
	r := s.procs[st.Name]
	if r == nil {
		return
	}
	if r.status.State != st.State && (r.toldAt.IsZero() || st.State == platform.Waiting || st.State == platform.Starting) {
		r.toldAt = now
	}
	if st.State == platform.Starting && r.began.IsZero() {
		r.began = now
	}
	r.status = st
	if st.State == platform.Ready {
		r.ready = true
	}
}

// progress takes how far a process is, in words; empty when it says nothing.
func (s *startup) progress(name, words string, now time.Time) {
	if r := s.procs[name]; r != nil && words != "" && r.progress != words {
		r.progress, r.began = words, now
	}
}

// note is something to say of a process.
type note struct{ process, text string }

// waiting returns a note for each process that has not become ready for a while
// and of which there is something new to say.
func (s *startup) waiting(now time.Time) []note {
	var notes []note
	for _, name := range s.names {
		r := s.procs[name]
		switch r.status.State {
		case platform.Waiting, platform.Starting, platform.Running:
		default:
			continue
		}
		words := r.words()
		if now.Sub(r.toldAt) < quietWait || words == r.told {
			continue
		}
		r.told, r.toldAt = words, now
		notes = append(notes, note{name, words})
	}
	return notes
}

func (r *rising) words() string {
	switch {
	case r.progress != "" && !r.ready:
		return r.progress
	case r.status.Reason != "":
		return r.status.Reason
	}
	return r.status.State.String()
}

// allReady reports whether every process is ready now.
func (s *startup) allReady() bool {
	for _, r := range s.procs {
		if r.status.State != platform.Ready {
			return false
		}
	}
	return true
}

// failure says why the platform will not come on air: a process has given up, or
// has not become ready for too long. Empty while there is hope.
func (s *startup) failure(now time.Time) string {
	for _, name := range s.names {
		r := s.procs[name]
		why := r.status.Reason
		if why == "" {
			why = r.status.State.String()
		}
		switch {
		case r.ready:
		case r.status.State == platform.Failed, r.status.State == platform.Exited:
			return fmt.Sprintf("%s never became ready: %s; its log is %s", name, why, r.status.LogPath)
		case !r.began.IsZero() && now.Sub(r.began) > readyPatience && !r.status.Paused:
			return fmt.Sprintf("%s did not become ready within %s: %s; its log is %s", name, readyPatience, why, r.status.LogPath)
		}
	}
	return ""
}
