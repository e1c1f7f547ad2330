package scene

import (
	"slices"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/canvas"
)

// Scene is all that panels draw from. The model alone writes to it.
type Scene struct {
	// Stamp grows with every change of what a panel may show, logs aside.
	Stamp    uint64
	Layout   layouts.Layout
	Snapshot platform.Snapshot
	Now      time.Time
	Glyphs   canvas.Glyphs
	// Light is the platform's, spare whether another packager could take over.
	Light platform.OnAir
	Spare spare
	// CPU is by process, latency by packager.key.
	CPU, Latency history
	// Selected is the process that keys act on.
	Selected string
	// Verdicts are those of the drills that were run from here.
	Verdicts []Verdict
	// Live is what is played from where: what the origin said last, as the proxy
	// knows it too.
	Live []report.Live
	// Packagers and viewers are derived from the snapshot.
	Packagers []Packager
	Viewers   []Viewer
}

// Verdict is what came of a drill.
type Verdict struct {
	At         time.Time
	Name, Text string
	Passed     bool
}

// Packager is a packager for one signal, as the screen names it.
type Packager struct {
	platform.Packager
	Label, Title string // cleaned
	// Process is nil for a packager that is none of ours.
	Process *platform.Process
}

func (p Packager) Key() string { return p.Label + " " + p.URL }

// Viewer is a viewer's last word on a signal.
type Viewer = platform.ViewingAt

// heard are the viewers' words, but for those on what nobody plays any more: of
// that nobody speaks.
func (s *Scene) heard() []Viewer {
	var list []Viewer
	for _, v := range s.Snapshot.Viewings {
		if v.Process == platform.Self || v.State == event.ViewEnded && s.Now.Sub(v.Time) > onair.Silence {
			continue
		}
		lost := s.Now.Sub(v.Time) > onair.Silence && len(s.Live) > 0 &&
			!slices.ContainsFunc(s.Live, func(l report.Live) bool { return l.Signal == v.Signal })
		if p := ProcessOf(s.Snapshot, v.Process); !lost || p == nil || !p.Works() {
			list = append(list, v)
		}
	}
	return list
}

// Take makes s the scene of a snapshot that was taken at a time.
func (s *Scene) Take(snapshot platform.Snapshot, at time.Time) {
	second := !at.Truncate(time.Second).Equal(s.Now.Truncate(time.Second))
	if second || snapshot.Version != s.Snapshot.Version {
		s.Stamp++
	}
	s.Snapshot, s.Now = snapshot, at
	s.Light, s.Spare = snapshot.OnAir, s.Spare.next(snapshot, at)
	if len(snapshot.Live) > 0 || !mute(snapshot) {
		s.Live = snapshot.Live
	}
	s.Packagers = s.packagersOf()
	s.Viewers = s.heard()
	if s.Process() == nil && len(snapshot.Processes) > 0 {
		s.Selected = snapshot.Processes[0].Name
	}
	if !second {
		return
	}
	cpu, latency := map[string]float64{}, map[string]float64{}
	for _, p := range snapshot.Processes {
		if p.PID != 0 {
			cpu[p.Name] = p.CPU
		}
	}
	for _, p := range s.Packagers {
		if p.Reported && p.Status.State != report.Down && p.Status.State != report.Unknown {
			latency[p.Key()] = p.Status.LatencyMS
		}
	}
	s.CPU.add(cpu)
	s.Latency.add(latency)
}

// Process is the selected process, nil when there is none.
func (s *Scene) Process() *platform.Process { return ProcessOf(s.Snapshot, s.Selected) }

func ProcessOf(snapshot platform.Snapshot, name string) *platform.Process {
	for i := range snapshot.Processes {
		if snapshot.Processes[i].Name == name {
			return &snapshot.Processes[i]
		}
	}
	return nil
}

// ofKind are the processes of one kind, in the layout's order.
func (s *Scene) OfRole(role layouts.Role) []*platform.Process {
	var list []*platform.Process
	for i := range s.Snapshot.Processes {
		if s.Snapshot.Processes[i].Role == role {
			list = append(list, &s.Snapshot.Processes[i])
		}
	}
	return list
}

// Step moves the selection by n among the named processes.
func (s *Scene) Step(names []string, n int) {
	if len(names) == 0 {
		return
	}
	i := slices.Index(names, s.Selected)
	if i < 0 {
		i = 0
		if n < 0 {
			i = len(names) - 1
		}
	} else {
		i = min(max(i+n, 0), len(names)-1)
	}
	s.Selected = names[i]
}

func (s *Scene) ProcessNames() []string {
	names := make([]string, len(s.Snapshot.Processes))
	for i, p := range s.Snapshot.Processes {
		names[i] = p.Name
	}
	return names
}

// packagersOf are the snapshot's packagers.
func (s *Scene) packagersOf() []Packager {
	var list []Packager
	for _, p := range s.Snapshot.Packagers {
		list = append(list, Packager{Packager: p, Label: canvas.Clean(p.Signal), Title: canvas.Clean(p.Name), Process: ProcessOf(s.Snapshot, p.Name)})
	}
	return list
}

// PackagerName is the name of the packager at a base URL; empty for none.
func PackagerName(s platform.Snapshot, address string) string {
	if address == "" {
		return ""
	}
	return canvas.Clean(s.Packager(address))
}

// Named is a text with the packagers' names in place of their base URLs.
func (s *Scene) Named(text string) string {
	for _, p := range s.Packagers {
		if p.URL != "" && p.Process != nil {
			text = strings.ReplaceAll(text, p.URL, p.Title)
		}
	}
	return canvas.Clean(text)
}

// PackagerNumber is the packager's place among its signal's, 0 when unknown.
func (s *Scene) PackagerNumber(name string) int {
	for _, p := range s.Packagers {
		if p.Title == name {
			return p.Number
		}
	}
	return 0
}
