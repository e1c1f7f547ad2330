package platform

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/services/kit/dial"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/signals"
)

const (
	// OutagesShown is how many outages a status lists.
	OutagesShown = 5
	// OutagesMost is how many outages that have ended are kept.
	OutagesMost = 100
)

// Snapshot is the platform at one moment. Its slices are shared: read only.
type Snapshot struct {
	// Version grows with every change.
	Version uint64    `json:"version"`
	At      time.Time `json:"at"`
	// PID is that of the supervisor.
	PID int `json:"pid"`
	// Layout is the layout's name, Started when the platform was launched.
	Layout  string    `json:"layout"`
	Started time.Time `json:"started"`
	// Stopping is set while the platform is shutting down.
	Stopping bool `json:"stopping"`
	// Processes are in the order of the layout; those of other machines come after them, with
	// names like b/server1.
	Processes []Process `json:"processes"`
	// Machines are those of the cluster, in order of name; empty without one.
	Machines []Machine `json:"machines,omitempty"`
	// Ingests is the reporter's table, Details its details. IngestsErr is why both are
	// empty; it is empty while the reporter answers.
	Ingests    []report.Ingest       `json:"ingests"`
	Details    []report.SignalStatus `json:"details"`
	IngestsErr string                `json:"ingests_error,omitempty"`
	// Live is what the origin says to play, one entry a signal, in order of name.
	// Preferences are all its answers: which packager is active, which is held, and the
	// order of the others.
	Live        []report.Live       `json:"live"`
	Preferences []report.Preference `json:"preferences"`
	// LiveSignals are what the receivers say of the live signals and their inputs, in the
	// order of the layout; empty where there are none, or no receiver answers.
	LiveSignals []signals.Status `json:"live_signals,omitempty"`
	// InputChanges are the latest 100 changes of what live signals are made from, newest last.
	InputChanges []InputAt `json:"input_changes,omitempty"`
	// Failovers are the latest 100 failovers, newest last.
	Failovers []FailoverAt `json:"failovers"`
	// Degraded are the playlists that the proxy does not merge now although it merges
	// others of their kind: players notice a failover. ServingChanges are those that became
	// degraded, or merged again. Each has the latest 100, newest last.
	Degraded       []ServingAt `json:"degraded"`
	ServingChanges []ServingAt `json:"serving_changes"`
	// Viewings are the latest report of each viewer on each signal, at most 2000: what the
	// audience sees.
	Viewings []ViewingAt `json:"viewings"`
	// Audiences are the latest report of each proxy on the players of each rendition that
	// report (CMCD), at most 100, in order of signal and rendition.
	Audiences []AudienceAt `json:"audiences,omitempty"`
	// Outages are the times in which a viewer had no media of a signal, as last reported:
	// all that last, and at most 100 that have ended. The latest report is last.
	Outages []OutageAt `json:"outages"`
	// Films are the latest report of each worker on each file of its input folder, in order
	// of name, at most 1000.
	Films []FilmAt `json:"films"`
	// Dropped are signals that have left the ingest table while discovery worked: they have
	// ended.
	Dropped []DroppedAt `json:"dropped,omitempty"`
	// Commands are the latest command on each process that was accepted.
	Commands []CommandedAt `json:"commands,omitempty"`
	// Actives is the latest report of each signal's active packager.
	Actives []ActiveAt `json:"actives"`
	// Packagers and OnAir follow from the rest: package onair computes which packager serves
	// each signal, which could, and what the audience sees. Clients read them here.
	Packagers []Packager `json:"packagers"`
	OnAir     OnAir      `json:"on_air"`
	// Disks are the disks of the platform's folders; empty before the first look.
	Disks []Disk `json:"disks,omitempty"`
	// Upgrade is the latest upgrade; nil before the first.
	Upgrade *Upgrading `json:"upgrade,omitempty"`
	// LogSeq is the sequence number of the newest log line.
	LogSeq uint64 `json:"log_seq"`
	// PlayURL is the proxy's base URL, under which players find every signal; empty without
	// a proxy.
	PlayURL string `json:"play_url"`
	// PageURL is the proxy's base URL for browsers, under which they find the page of every
	// signal: https where the proxy has a certificate. It is empty where there is no page.
	PageURL string `json:"page_url,omitempty"`
	// Tokens is set where only players with a playback token may play. Platform.Token makes
	// one.
	Tokens bool `json:"tokens,omitempty"`
	// LogFolder is the folder of the processes' logs.
	LogFolder string `json:"log_folder"`
}

// Watched reports whether the layout runs a viewer, whose reports decide what is on air.
func (s Snapshot) Watched() bool {
	return slices.ContainsFunc(s.Processes, func(p Process) bool { return p.Role == layouts.Viewer })
}

// Process returns the process of that name; false when the layout has no such process.
func (s Snapshot) Process(name string) (Process, bool) {
	i := slices.IndexFunc(s.Processes, func(p Process) bool { return p.Name == name })
	if i < 0 {
		return Process{}, false
	}
	return s.Processes[i], true
}

// OfRole returns the processes of a role, in the order of the layout.
func (s Snapshot) OfRole(r layouts.Role) []Process {
	var list []Process
	for _, p := range s.Processes {
		if p.Role == r {
			list = append(list, p)
		}
	}
	return list
}

// Names returns the names of the processes that a can be applied to, in the layout's
// order; nil for an action on the whole platform.
func (s Snapshot) Names(a Action) []string {
	var names []string
	to := a.target()
	for _, p := range s.Processes {
		if to == toProcess || to == toPackager && p.Role == layouts.Packager {
			names = append(names, p.Name)
		}
	}
	return names
}

// Packager returns the name of the packager at a base URL: that of the process with that
// address, that by which another machine has made it known, or that of the process of this
// platform with its port, or else its host and port.
func (s Snapshot) Packager(address string) string {
	for _, p := range s.Processes {
		if p.Address != "" && p.Address == address && p.Role == layouts.Packager {
			return p.Name
		}
	}
	for _, m := range s.Machines {
		if name := m.Packagers[address]; name != "" && !m.Own {
			return OnMachine(m.Name, name)
		}
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	port, _ := strconv.Atoi(u.Port()) // no process has port 0
	for _, p := range s.Processes {
		if port != 0 && p.Port == port && p.Role == layouts.Packager && p.Address == "" && dial.Reachable(u.Hostname()) == dial.Localhost {
			return p.Name
		}
	}
	return u.Host
}

// Playlist returns the URL of a signal for players.
func (s Snapshot) Playlist(signal string) string {
	return s.PlayURL + "/" + url.PathEscape(signal) + "/playlist.m3u8"
}

// Page returns the URL of a signal's page for browsers.
func (s Snapshot) Page(signal string) string {
	return s.PageURL + "/watch/" + url.PathEscape(signal)
}

// Held returns the name of the packager that an operator holds; empty when there is no
// hold.
func (s Snapshot) Held() string {
	for _, p := range s.Preferences {
		if p.Held {
			return s.Packager(p.Active)
		}
	}
	return ""
}

// HeldFor returns the name of the packager that an operator holds for a signal; empty when
// there is no hold.
func (s Snapshot) HeldFor(signal string) string {
	for _, p := range s.Preferences {
		if p.Held && p.Signal == signal {
			return s.Packager(p.Active)
		}
	}
	return ""
}

// LiveSignal returns what is known of a live signal; false where there is none of that name.
func (s Snapshot) LiveSignal(name string) (signals.Status, bool) {
	i := slices.IndexFunc(s.LiveSignals, func(l signals.Status) bool { return l.Name == name })
	if i < 0 {
		return signals.Status{}, false
	}
	return s.LiveSignals[i], true
}

// IsLive reports whether a signal is live, also while no receiver answers.
func (s Snapshot) IsLive(signal string) bool {
	_, known := s.LiveSignal(signal)
	return known || slices.ContainsFunc(s.InputChanges, func(c InputAt) bool { return c.Signal == signal })
}

// AwaitsEncoder reports whether all that could be on air is live signals whose encoders have
// not sent yet: nothing is wrong then.
func (s Snapshot) AwaitsEncoder() bool {
	return len(s.LiveSignals) > 0 && len(s.Details) == 0 && !slices.ContainsFunc(s.LiveSignals, func(l signals.Status) bool { return l.OnAir })
}

// SignalNames returns the signals of the ingest table, in its order: those that Failover,
// Hold and Release can be for.
func (s Snapshot) SignalNames() []string {
	names := make([]string, len(s.Details))
	for i, d := range s.Details {
		names[i] = d.Signal
	}
	return names
}

// Active returns the packager that players of a signal are served from; false while it
// is not known.
func (s Snapshot) Active(signal string) (Packager, bool) {
	for i := range s.Packagers { // there are many, and they are large
		if p := &s.Packagers[i]; p.Signal == signal && p.Active {
			return *p, true
		}
	}
	return Packager{}, false
}

// Usable returns how many packagers of a signal are usable, and how many it has.
func (s Snapshot) Usable(signal string) (usable, total int) {
	for i := range s.Packagers {
		if p := &s.Packagers[i]; p.Signal == signal {
			total++
			if p.Usable {
				usable++
			}
		}
	}
	return usable, total
}

// PlayedFrom returns the name of the packager that a signal is played from, marked when an
// operator holds it; empty while it is not known.
func (s Snapshot) PlayedFrom(signal string) string {
	p, ok := s.Active(signal)
	switch {
	case !ok:
		return ""
	case p.Held:
		return p.Name + " (held)"
	}
	return p.Name
}

// FilmList returns one entry for each file of the input folders, in order of name.
func (s Snapshot) FilmList() []FilmAt {
	var list []FilmAt
	for _, f := range s.Films {
		if n := len(list); n == 0 || list[n-1].File != f.File {
			list = append(list, f)
		} else if slices.Index(filmStates, f.State) < slices.Index(filmStates, list[n-1].State) {
			list[n-1] = f
		}
	}
	return list
}

// FilmOf returns the file that a signal is made from, or would be; false when there is no
// such file. Of several it returns the one in the best state.
func (s Snapshot) FilmOf(signal string) (FilmAt, bool) {
	best, found := FilmAt{}, false
	for i := range s.Films {
		if f := &s.Films[i]; f.Signal == signal && (!found || slices.Index(filmStates, f.State) < slices.Index(filmStates, best.State)) {
			best, found = *f, true
		}
	}
	return best, found
}

// FilmsBySignal returns what FilmOf returns for each signal that has a file.
func (s Snapshot) FilmsBySignal() map[string]FilmAt {
	best := map[string]FilmAt{}
	for _, f := range s.Films {
		was, found := best[f.Signal]
		if f.Signal != "" && (!found || slices.Index(filmStates, f.State) < slices.Index(filmStates, was.State)) {
			best[f.Signal] = f
		}
	}
	return best
}

// filmStates are the states of a film, best first. Where several workers report on one
// file, the best state counts.
var filmStates = []event.FilmState{event.FilmAired, event.FilmWaiting, event.FilmRefused, event.FilmPassed, event.FilmGone}

// OutageBy returns the current outage of a signal by one viewer's reports; nil when there
// is no outage.
func (s Snapshot) OutageBy(process, signal string) *event.Outage {
	for i := range s.Outages {
		if o := &s.Outages[i]; o.Lasts() && o.Process == process && o.Signal == signal {
			return &o.Outage
		}
	}
	return nil
}

// Outage returns the current outage of a signal, which is the first to have begun by any
// viewer's reports; nil when there is no outage.
func (s Snapshot) Outage(signal string) *event.Outage {
	var first *event.Outage
	for i := range s.Outages {
		o := &s.Outages[i].Outage
		if o.Lasts() && o.Signal == signal && (first == nil || o.Since.Before(first.Since)) {
			first = o
		}
	}
	return first
}
