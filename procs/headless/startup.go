package headless

import (
	"fmt"
	"time"

	"livestream-tui/procs/platform"
)

const (
	// quietWait is how long a process may take to become ready before a line says what it
	// waits for.
	quietWait = 2 * time.Second
	// readyPatience is how long a process may take to become ready for the first time, from
	// its first start or last progress, with restarts.
	readyPatience = 30 * time.Second
)

// startup follows processes until each has been ready once. It has no clock.
type startup struct {
	names []string
	procs map[string]*starting
}

// starting is one process of a startup.
type starting struct {
	status   platform.Status
	ready    bool      // it has been ready once
	began    time.Time // its first start or last progress; zero before the first start
	noted    string    // the text of its last note
	notedAt  time.Time // the time of its last note, or when it began to wait
	progress string
}

func newStartup(list []platform.Process) *startup {
	s := &startup{procs: map[string]*starting{}}
	for _, p := range list {
		s.names = append(s.names, p.Name)
		s.procs[p.Name] = &starting{}
	}
	return s
}

// status takes a change of a process's state.
func (s *startup) status(st platform.Status, now time.Time) {
	r := s.procs[st.Name]
	if r == nil {
		return
	}
	if r.status.State != st.State && (r.notedAt.IsZero() || st.State == platform.Waiting || st.State == platform.Starting) {
		r.notedAt = now
	}
	if st.State == platform.Starting && r.began.IsZero() {
		r.began = now
	}
	r.status = st
	if r.status.IsStopped() {
		r.began = time.Time{} // once it is started, its time begins anew
	}
	if st.State == platform.Ready {
		r.ready = true
	}
}

// progress takes the progress of a process, in words; empty when it reports nothing.
func (s *startup) progress(name, words string, now time.Time) {
	if r := s.procs[name]; r != nil && words != "" && r.progress != words {
		r.progress, r.began = words, now
	}
}

// excuse begins the time anew that processes have to become ready: nothing is there yet that
// they could be ready for.
func (s *startup) excuse(now time.Time) {
	for _, r := range s.procs {
		if !r.began.IsZero() {
			r.began = now
		}
	}
}

// note is a message about a process.
type note struct{ process, text string }

// waiting returns a note for each process that has been starting for quietWait, if its text
// is new.
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
		if now.Sub(r.notedAt) < quietWait || words == r.noted {
			continue
		}
		r.noted, r.notedAt = words, now
		notes = append(notes, note{name, words})
	}
	return notes
}

// words says what a process waits for.
func (r *starting) words() string {
	switch {
	case r.progress != "" && !r.ready:
		return r.progress
	case r.status.Reason != "":
		return r.status.Reason
	}
	return r.status.State.String()
}

// first says what the first process that is not ready waits for; when all are ready, it
// returns otherwise.
func (s *startup) first(otherwise string) string {
	for _, name := range s.names {
		if r := s.procs[name]; r.status.State != platform.Ready && !r.status.IsStopped() {
			return name + ": " + r.words()
		}
	}
	return otherwise
}

// allReady reports whether every process that nobody has stopped is ready now.
func (s *startup) allReady() bool {
	for _, r := range s.procs {
		if r.status.State != platform.Ready && !r.status.IsStopped() {
			return false
		}
	}
	return true
}

// anyStopped reports whether an operator has stopped a process: what does not come on air
// then is the operator's doing.
func (s *startup) anyStopped() bool {
	for _, r := range s.procs {
		if r.status.IsStopped() {
			return true
		}
	}
	return false
}

// failure says why the platform will not come on air: a process that nobody has stopped has
// failed, or has not become ready in time. It is empty otherwise.
func (s *startup) failure(now time.Time) string {
	for _, name := range s.names {
		r := s.procs[name]
		why := r.status.Reason
		if why == "" {
			why = r.status.State.String()
		}
		switch {
		case r.ready, r.status.IsStopped():
		case r.status.State == platform.Failed, r.status.State == platform.Exited:
			return fmt.Sprintf("%s never became ready: %s; its log is %s", name, why, r.status.LogPath)
		case !r.began.IsZero() && now.Sub(r.began) > readyPatience && !r.status.Paused:
			return fmt.Sprintf("%s did not become ready within %s: %s; its log is %s", name, readyPatience, why, r.status.LogPath)
		}
	}
	return ""
}
