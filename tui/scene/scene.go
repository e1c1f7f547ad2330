package scene

import (
	"slices"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/canvas"
)

// Scene is what all panels draw from. Only the model writes to it.
type Scene struct {
	// Stamp grows with every change of what a panel may show, except for logs.
	Stamp    uint64
	Layout   layouts.Layout
	Snapshot platform.Snapshot
	// Now is when the snapshot was taken.
	Now    time.Time
	Glyphs canvas.Glyphs
	// Light is the snapshot's OnAir.
	Light platform.OnAir
	// History has the figures of the last fifteen minutes, and when another packager could
	// have taken over.
	History series.History
	// Selected is the process that keys act on.
	Selected string
	// Past is what the journal tells, with the changes of how playlists are served.
	Past *Past
	// Live is what is played from where. While nothing can say so, it stays as it was.
	Live []report.Live
	// Packagers and Viewers follow from the snapshot.
	Packagers []Packager
	Viewers   []platform.ViewingAt
	// Columns are the packagers' names, and Signals all signals, the worst first.
	Columns []string
	Signals []Signal
	// Choice is the Key of the signal that the operator has chosen; empty means the worst.
	Choice string
	// Inputs are those of all live signals, InputChoice is the Key of the one that the operator
	// has chosen; empty means the first.
	Inputs      []Input
	InputChoice string
	// MachineChoice is the name of the machine that the operator has chosen; empty means that
	// of the selected process.
	MachineChoice string

	spare spare
	// told is what the journal told, without what the snapshot adds.
	told *Past
}

// New returns a scene without a snapshot.
func New(l layouts.Layout, g canvas.Glyphs) Scene {
	return Scene{Layout: l, Glyphs: g, Past: &Past{}, told: &Past{}}
}

// Take makes s the scene of a snapshot that was taken at a time.
func (s *Scene) Take(snapshot platform.Snapshot, at time.Time) {
	served := len(snapshot.ServingChanges)
	again := served != len(s.Snapshot.ServingChanges) || served > 0 && snapshot.ServingChanges[served-1] != s.Snapshot.ServingChanges[served-1]
	second := !at.Truncate(time.Second).Equal(s.Now.Truncate(time.Second))
	if second || snapshot.Version != s.Snapshot.Version {
		s.Stamp++
	}
	s.Snapshot, s.Now = snapshot, at
	s.Light, s.spare = snapshot.OnAir, s.spare.next(snapshot, at)
	if len(snapshot.Live) > 0 || originSpeaks(snapshot) {
		s.Live = snapshot.Live
	}
	if again {
		s.Remember(s.told)
	}
	s.Packagers = s.packagers()
	s.Viewers = s.viewers()
	s.Columns = s.columns()
	s.Signals = s.signals()
	s.Inputs = s.inputs()
	if s.SelectedProcess() == nil && len(snapshot.Processes) > 0 {
		s.Selected = snapshot.Processes[0].Name
	}
}

// Remember takes over what the journal tells.
func (s *Scene) Remember(p *Past) {
	s.told, s.Past = p, p
	s.Stamp++
	if len(s.Snapshot.ServingChanges) == 0 {
		return
	}
	all := *p
	all.Happened = slices.Clone(p.Happened)
	for _, c := range s.Snapshot.ServingChanges {
		all.Happened = append(all.Happened, Happened{At: c.Time, Process: c.Process, What: c.Serving})
	}
	all.Happened = newestFirst(all.Happened)
	s.Past = &all
}

// originSpeaks reports whether something can say now what is played from where.
func originSpeaks(s platform.Snapshot) bool {
	return s.IngestsErr == "" && slices.ContainsFunc(s.Processes, func(p platform.Process) bool {
		return p.Role == layouts.Origin && p.Works()
	})
}

// viewers returns the last report of each viewer on each signal, without reports on
// signals that are no longer played: no newer one will follow.
func (s *Scene) viewers() []platform.ViewingAt {
	var list []platform.ViewingAt
	for _, v := range s.Snapshot.Viewings {
		silent := s.Now.Sub(v.Time) > onair.Silence
		if v.Process == platform.Self || v.State == event.ViewEnded && silent {
			continue
		}
		played := len(s.Live) == 0 || slices.ContainsFunc(s.Live, func(l report.Live) bool { return l.Signal == v.Signal })
		if p := s.Process(v.Process); !silent || played || p == nil || !p.Works() {
			list = append(list, v)
		}
	}
	return list
}

// NoSpare reports whether the screen should say that no packager could take over.
func (s *Scene) NoSpare() bool { return s.spare.remembered(s.History).lacks(s.Light, s.Now) }

// Playlist returns the URL that a player opens for a signal.
func (s *Scene) Playlist(signal string) string { return canvas.Clean(s.Snapshot.Playlist(signal)) }
