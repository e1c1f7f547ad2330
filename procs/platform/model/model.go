package model

import (
	"slices"
	"time"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

const (
	failoversMost = 100
	ServingMost   = 100
	viewingsMost  = 100
)

// Model is the platform as a value. Each method takes one fact, replaces what it
// changes of Now and publishes the event that clients are told, if there is one. It
// knows no clock. Not safe for concurrent use.
type Model struct {
	// Now is the platform after the last fact. Its slices are replaced, never written
	// to: snapshots share them.
	Now platform.Snapshot
	// Publish takes each event; nil drops them.
	Publish func(platform.Event)
}

// Answers are what the control plane says, as in Snapshot.
type Answers struct {
	Ingests     []report.Ingest
	Details     []report.SignalStatus
	Live        []report.Live
	Preferences []report.Preference
	// Err says why there is no ingest table; empty while the reporter answers.
	Err string
}

func (m *Model) publish(e platform.Event) {
	if m.Publish != nil {
		m.Publish(e)
	}
}

// Stopping takes that the platform is on its way down.
func (m *Model) SetStopping() {
	m.Now.Stopping = true
	m.Now.Version++
}

// Status takes a change of a process's state.
func (m *Model) SetStatus(s platform.Status, now time.Time) {
	m.change(s.Name, func(p *platform.Process) {
		if p.Incarnation != s.Incarnation || s.State == platform.Ready {
			p.Progress = nil
		}
		p.Status = s
	})
	m.Now.Degraded = lived(m.Now.Degraded, s)
	m.Now.Films = filmsLeft(m.Now.Films, s)
	at := m.Now
	at.At = now
	for _, a := range onair.Successors(at) {
		m.active(a)
	}
	m.publish(platform.Event{Time: now, Process: s.Name, What: platform.Changed{Status: s}})
}

// Tell takes a line of a process's log and the event that travels in it, nil for a
// line without one.
func (m *Model) ApplyLine(process string, line event.Line, told event.Event) {
	switch e := told.(type) {
	case event.Progress:
		m.change(process, func(p *platform.Process) {
			if p.Progress = &e; e.Percent >= 100 {
				p.Progress = nil // it is done
			}
		})
	case event.Failover:
		list := append(slices.Clone(m.Now.Failovers), platform.FailoverAt{Time: line.Time, Process: process, Failover: e})
		m.Now.Failovers = list[max(0, len(list)-failoversMost):]
		m.Now.Version++
		m.active(platform.ActiveAt{Signal: e.Signal, URL: e.To, Time: line.Time, By: platform.ByProxy})
		m.publish(platform.Event{Time: line.Time, Process: process, What: e})
	case event.Serving:
		m.serving(platform.ServingAt{Time: line.Time, Process: process, Serving: e})
	case event.Viewing:
		m.viewing(platform.ViewingAt{Time: line.Time, Process: process, Viewing: e})
	case event.Outage:
		m.outage(platform.OutageAt{Time: line.Time, Process: process, Outage: e})
	case event.Film:
		m.film(platform.FilmAt{Time: line.Time, Process: process, Film: e})
	default:
		if line.Level >= event.LevelWarn {
			m.publish(platform.Event{Time: line.Time, Process: process, What: platform.Logged{Line: line}})
		}
	}
}

// Note publishes a message of the platform's own, on a process unless that is empty.
func (m *Model) Announce(level event.Level, process, message string, now time.Time) {
	m.publish(platform.Event{Time: now, Process: process, What: platform.Logged{Line: event.Line{Time: now, Level: level, Module: "platform", Message: message}}})
}

// Answered takes what the control plane answered.
func (m *Model) SetAnswers(a Answers, now time.Time) {
	if a.Err == "" {
		m.Now.Dropped = droppedNow(m.Now, a.Details, now)
		m.Now.Films = filmsThere(m.Now.Films, a.Details)
	}
	for _, p := range a.Preferences {
		m.active(platform.ActiveAt{Signal: p.Signal, URL: p.Active, Time: now, By: platform.ByOrigin})
	}
	m.Now.Ingests, m.Now.Details, m.Now.IngestsErr, m.Now.Live, m.Now.Preferences = a.Ingests, a.Details, a.Err, a.Live, a.Preferences
	m.Now.Version++
}

// Measured takes CPU, memory and lost log of the processes. It leaves their states
// alone: those that were measured may be older than the last one that Status took.
func (m *Model) SetMeasurements(list []platform.Status, now time.Time) {
	for _, measured := range list {
		m.change(measured.Name, func(p *platform.Process) {
			p.LogLost = measured.LogLost
			if measured.PID == p.PID {
				p.CPU, p.RSS = measured.CPU, measured.RSS
			}
		})
	}
	m.settleOutages(now)
}

// Upgrade changes the record of the newest upgrade.
func (m *Model) UpdateUpgrade(by func(*platform.Upgrading)) {
	u := platform.Upgrading{}
	if m.Now.Upgrade != nil {
		u = *m.Now.Upgrade // snapshots share the old one
	}
	by(&u)
	m.Now.Upgrade = &u
	m.Now.Version++
}

// active takes a word on who serves a signal. Words on signals that have ended stay
// until the table is full.
func (m *Model) active(a platform.ActiveAt) {
	list := onair.UpdateActive(m.Now.Actives, a)
	m.Now.Actives = list[max(0, len(list)-viewingsMost):]
}

// change replaces one process's record.
func (m *Model) change(name string, by func(*platform.Process)) {
	i := slices.IndexFunc(m.Now.Processes, func(p platform.Process) bool { return p.Name == name })
	if i < 0 {
		return
	}
	m.Now.Processes = slices.Clone(m.Now.Processes)
	by(&m.Now.Processes[i])
	m.Now.Version++
}
