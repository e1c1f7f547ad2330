package model

import (
	"slices"
	"time"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// How many records of each kind a snapshot keeps.
const (
	ServingMost      = 100
	failoversMost    = 100
	inputChangesMost = 100
	// Each film may be a signal, which two viewers watch.
	viewingsMost = 2 * filmsMost
	activesMost  = filmsMost
	droppedMost  = filmsMost
)

// Model is the platform as a value. Each method takes one fact, replaces the fields of Now
// that it changes, and publishes the event for clients, if there is one. Not safe for
// concurrent use.
type Model struct {
	// Now is the platform after the last fact. Its slices are replaced and never written
	// to, since snapshots share them.
	Now platform.Snapshot
	// Publish takes each event; nil discards them.
	Publish func(platform.Event)

	exits exits
	// aired has the state of each signal that has been on air and has not ended: AirOn or
	// AirUnknown.
	aired map[string]platform.AirState
	// countdowns are the signals that will soon be off air, as of the last look.
	countdowns map[string]countdown
	// figures is how many of the changes in Now.Version were of figures only.
	figures uint64
}

// Told is the version of Now without the changes of mere figures, such as CPU, latency and a
// viewer's buffer: a client need not learn of these at once.
func (m *Model) Told() uint64 { return m.Now.Version - m.figures }

// Answers are what the control plane answers, as in platform.Snapshot.
type Answers struct {
	Ingests     []report.Ingest
	Details     []report.SignalStatus
	Live        []report.Live
	Preferences []report.Preference
	// Err is why there is no ingest table; empty while the reporter answers.
	Err string
}

func (m *Model) publish(e platform.Event) {
	if m.Publish != nil {
		m.Publish(e)
	}
}

// SetStopping marks the platform as shutting down.
func (m *Model) SetStopping() {
	m.Now.Stopping = true
	m.Now.Version++
}

// SetStatus takes a change of a process's state.
func (m *Model) SetStatus(s platform.Status, now time.Time) {
	m.change(s.Name, func(p *platform.Process) {
		if p.Incarnation != s.Incarnation || s.State == platform.Ready {
			p.Progress = nil
		}
		p.Status = s
	})
	m.Now.Degraded = servingLeft(m.Now.Degraded, s)
	m.Now.Films = filmsLeft(m.Now.Films, s)
	m.Now.Audiences = audiencesLeft(m.Now.Audiences, s)
	at := m.Now
	at.At = now
	for _, a := range onair.Successors(at) {
		m.active(a)
	}
	m.publish(platform.Event{Time: now, Process: s.Name, What: platform.Changed{Status: s}})
	if exit, is := m.exits.take(s, now); is {
		m.publish(platform.Event{Time: now, Process: s.Name, What: exit})
	}
	m.lookAtCountdowns(now)
}

// ApplyLine takes a line of a process's log and the event that it carries; nil for a line
// without one.
func (m *Model) ApplyLine(process string, line event.Line, carried event.Event) {
	switch e := carried.(type) {
	case event.Progress:
		m.change(process, func(p *platform.Process) {
			if p.Progress = &e; e.Percent >= 100 {
				p.Progress = nil // it is done
			}
		})
	case event.Failover:
		m.Now.Failovers = newest(withFailover(m.Now.Failovers, platform.FailoverAt{Time: line.Time, Process: process, Failover: e}), failoversMost)
		m.Now.Version++
		m.active(platform.ActiveAt{Signal: e.Signal, URL: e.To, Time: line.Time, By: platform.ByProxy})
		m.publish(platform.Event{Time: line.Time, Process: process, What: e})
	case event.Serving:
		m.serving(platform.ServingAt{Time: line.Time, Process: process, Serving: e})
	case event.Viewing:
		m.viewing(platform.ViewingAt{Time: line.Time, Process: process, Viewing: e})
	case event.Audience:
		m.audience(platform.AudienceAt{Time: line.Time, Process: process, Audience: e})
	case event.Input:
		m.input(platform.InputAt{Time: line.Time, Process: process, Input: e})
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

// withFailover returns list with a failover. One that is pending in list is replaced once its
// gap is known, and keeps its time.
func withFailover(list []platform.FailoverAt, f platform.FailoverAt) []platform.FailoverAt {
	list = slices.Clone(list)
	i := slices.IndexFunc(list, f.Completes)
	if i < 0 {
		return append(list, f)
	}
	f.Time = list[i].Time
	list[i] = f
	return list
}

// Commanded takes a command that was accepted. The latest one on each process is kept.
func (m *Model) Commanded(c platform.CommandedAt) {
	if c.Process == "" {
		return
	}
	list := without(m.Now.Commands, func(was platform.CommandedAt) bool { return was.Process == c.Process })
	m.Now.Commands = append(slices.Clone(list), c)
	m.Now.Version++
}

// Announce publishes a message of the platform itself. process is what it is about; empty
// for the whole platform.
func (m *Model) Announce(level event.Level, process, message string, now time.Time) {
	m.publish(platform.Event{Time: now, Process: process, What: platform.Logged{Line: event.Line{Time: now, Level: level, Module: platform.Self, Message: message}}})
}

// SetAnswers takes the control plane's answers.
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

// SetMeasurements takes the CPU, memory and lost log of the processes. It leaves their
// states alone: list may be older than the last call of SetStatus.
func (m *Model) SetMeasurements(list []platform.Status, now time.Time) {
	before := m.Now.Version
	for _, measured := range list {
		m.change(measured.Name, func(p *platform.Process) {
			p.LogLost = measured.LogLost
			if measured.PID == p.PID {
				p.CPU, p.RSS = measured.CPU, measured.RSS
			}
		})
	}
	m.figures += m.Now.Version - before
	m.settleOutages(now)
	m.publishAired(now)
}

// SetDisks takes the disks of the platform's folders.
func (m *Model) SetDisks(list []platform.Disk) {
	if !slices.Equal(m.Now.Disks, list) {
		m.Now.Disks = list
		m.Now.Version++
	}
}

// UpdateUpgrade changes the record of the latest upgrade; change is given a zero one before
// the first.
func (m *Model) UpdateUpgrade(change func(*platform.Upgrading)) {
	u := platform.Upgrading{}
	if m.Now.Upgrade != nil {
		u = *m.Now.Upgrade // snapshots share the old record
	}
	change(&u)
	m.Now.Upgrade = &u
	m.Now.Version++
}

// active takes a report on the active packager of a signal. Reports on signals that have
// ended stay until the list is full.
func (m *Model) active(a platform.ActiveAt) {
	m.Now.Actives = newest(onair.UpdateActive(m.Now.Actives, a), activesMost)
}

// change replaces the record of one process; by changes the copy.
func (m *Model) change(name string, by func(*platform.Process)) {
	i := slices.IndexFunc(m.Now.Processes, func(p platform.Process) bool { return p.Name == name })
	if i < 0 {
		return
	}
	m.Now.Processes = slices.Clone(m.Now.Processes)
	by(&m.Now.Processes[i])
	m.Now.Version++
}
