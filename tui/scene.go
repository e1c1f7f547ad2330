package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// scene is all that panels draw from. The model alone writes to it.
type scene struct {
	// stamp grows with every change of what a panel may show, logs aside.
	stamp    uint64
	layout   layouts.Layout
	snapshot platform.Snapshot
	now      time.Time
	g        glyphs
	// light is the platform's, spare whether another packager could take over.
	light platform.OnAir
	spare spare
	// cpu is by process, latency by packager.key.
	cpu, latency history
	// selected is the process that keys act on.
	selected string
	// verdicts are those of the drills that were run from here.
	verdicts []verdict
	// live is what is played from where: what the origin said last, as the proxy
	// knows it too.
	live []report.Live
	// packagers and viewers are derived from the snapshot.
	packagers []packager
	viewers   []viewer
}

// verdict is what came of a drill.
type verdict struct {
	at         time.Time
	name, text string
	passed     bool
}

// packager is a packager for one signal, as the screen names it.
type packager struct {
	platform.Packager
	signal, name string // cleaned
	// process is nil for a packager that is none of ours.
	process *platform.Process
}

func (p packager) key() string { return p.signal + " " + p.URL }

// viewer is a viewer's last word on a signal.
type viewer = platform.ViewingAt

// heard are the viewers' words, but for those on what nobody plays any more: of
// that nobody speaks.
func (s *scene) heard() []viewer {
	var list []viewer
	for _, v := range s.snapshot.Viewings {
		if v.Process == platform.Self || v.State == event.ViewEnded && s.now.Sub(v.Time) > onair.Silence {
			continue
		}
		lost := s.now.Sub(v.Time) > onair.Silence && len(s.live) > 0 &&
			!slices.ContainsFunc(s.live, func(l report.Live) bool { return l.Signal == v.Signal })
		if p := processOf(s.snapshot, v.Process); !lost || p == nil || !p.Works() {
			list = append(list, v)
		}
	}
	return list
}

// take makes s the scene of a snapshot that was taken at a time.
func (s *scene) take(snapshot platform.Snapshot, at time.Time) {
	second := !at.Truncate(time.Second).Equal(s.now.Truncate(time.Second))
	if second || snapshot.Version != s.snapshot.Version {
		s.stamp++
	}
	s.snapshot, s.now = snapshot, at
	s.light, s.spare = snapshot.OnAir, s.spare.next(snapshot, at)
	if len(snapshot.Live) > 0 || !mute(snapshot) {
		s.live = snapshot.Live
	}
	s.packagers = s.packagersOf()
	s.viewers = s.heard()
	if s.process() == nil && len(snapshot.Processes) > 0 {
		s.selected = snapshot.Processes[0].Name
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
	for _, p := range s.packagers {
		if p.Reported && p.Status.State != report.Down && p.Status.State != report.Unknown {
			latency[p.key()] = p.Status.LatencyMS
		}
	}
	s.cpu.add(cpu)
	s.latency.add(latency)
}

// process is the selected process, nil when there is none.
func (s *scene) process() *platform.Process { return processOf(s.snapshot, s.selected) }

func processOf(snapshot platform.Snapshot, name string) *platform.Process {
	for i := range snapshot.Processes {
		if snapshot.Processes[i].Name == name {
			return &snapshot.Processes[i]
		}
	}
	return nil
}

// ofKind are the processes of one kind, in the layout's order.
func (s *scene) ofRole(role layouts.Role) []*platform.Process {
	var list []*platform.Process
	for i := range s.snapshot.Processes {
		if s.snapshot.Processes[i].Role == role {
			list = append(list, &s.snapshot.Processes[i])
		}
	}
	return list
}

// step moves the selection by n among the named processes.
func (s *scene) step(names []string, n int) {
	if len(names) == 0 {
		return
	}
	i := slices.Index(names, s.selected)
	if i < 0 {
		i = 0
		if n < 0 {
			i = len(names) - 1
		}
	} else {
		i = min(max(i+n, 0), len(names)-1)
	}
	s.selected = names[i]
}

func (s *scene) processNames() []string {
	names := make([]string, len(s.snapshot.Processes))
	for i, p := range s.snapshot.Processes {
		names[i] = p.Name
	}
	return names
}

// packagersOf are the snapshot's packagers.
func (s *scene) packagersOf() []packager {
	var list []packager
	for _, p := range s.snapshot.Packagers {
		list = append(list, packager{Packager: p, signal: clean(p.Signal), name: clean(p.Name), process: processOf(s.snapshot, p.Name)})
	}
	return list
}

// packagerName is the name of the packager at a base URL; empty for none.
func packagerName(s platform.Snapshot, address string) string {
	if address == "" {
		return ""
	}
	return clean(s.Packager(address))
}

// named is a text with the packagers' names in place of their base URLs.
func (s *scene) named(text string) string {
	for _, p := range s.packagers {
		if p.URL != "" && p.process != nil {
			text = strings.ReplaceAll(text, p.URL, p.name)
		}
	}
	return clean(text)
}

// packagerNumber is the packager's place among its signal's, 0 when unknown.
func (s *scene) packagerNumber(name string) int {
	for _, p := range s.packagers {
		if p.name == name {
			return p.Number
		}
	}
	return 0
}

// mark is the glyph, the word and the ink of a process's state.
func (s *scene) mark(p *platform.Process) (glyph, text string, k ink) {
	if p.Paused && p.PID != 0 && p.State != platform.Stopping {
		return s.g.pause, "paused", inkWarn
	}
	text = p.State.String()
	switch p.State {
	case platform.Ready:
		return s.g.full, text, inkGood
	case platform.Degraded:
		return s.g.half, text, inkWarn
	case platform.Running:
		return s.g.quarter, text, inkInfo
	case platform.Starting:
		return s.g.dotted, text, inkInfo
	case platform.Waiting:
		return s.g.dotted, text, inkDim
	case platform.Stopping:
		return s.g.half, text, inkDim
	case platform.Backoff:
		return s.g.cross, text, inkWarn
	case platform.Failed:
		return s.g.cross, text, inkBadStrong
	}
	return s.g.ring, text, inkDim
}

// role is what a packager is to players, and its ink.
func (s *scene) role(p packager) (string, ink) {
	switch {
	case p.Held:
		return "HELD", inkKey
	case p.Active:
		return "ACTIVE", inkGoodStrong
	case p.Reported && p.Usable:
		return "STANDBY", inkDim
	}
	return s.g.dash, inkFaint
}

// health is the glyph, the word and the ink of a packager.
func (s *scene) health(p packager) (glyph, text string, k ink) {
	if p.process != nil && !p.process.Works() && (p.process.State != platform.Running || !p.Reported) {
		return s.mark(p.process)
	}
	text = p.Status.State.String()
	switch p.Status.State {
	case report.Up:
		return s.g.full, text, inkGood
	case report.Suspect:
		return s.g.half, text, inkWarn
	case report.Lagging:
		return s.g.quarter, text, inkWarn
	case report.Stale:
		return s.g.half, text, inkWarn
	case report.Misaligned:
		return s.g.cross, text, inkBad
	case report.Down:
		return s.g.ring, text, inkBadStrong
	}
	return s.g.question, "unknown", inkDim
}

// reason says in words why a process is what it is, empty where that is plain.
func reason(p *platform.Process) string {
	if p.Progress != nil {
		text := clean(p.Progress.Stage)
		if p.Progress.Signal != "" {
			text += " of " + clean(p.Progress.Signal)
		}
		if p.Progress.Percent >= 0 {
			text += " " + strconv.Itoa(int(p.Progress.Percent)) + " %"
		}
		return text
	}
	if p.Reason == "" && p.PID == 0 && p.LastExit != "" && (p.State == platform.Exited || p.State == platform.Failed || p.State == platform.Backoff) {
		return clean(p.LastExit)
	}
	return clean(p.Reason)
}
