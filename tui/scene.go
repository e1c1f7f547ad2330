package tui

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/control"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// scene is all that panels draw from. The model alone writes to it.
type scene struct {
	// stamp grows with every change of what a panel may show, logs aside.
	stamp    uint64
	layout   layouts.Layout
	snapshot control.Snapshot
	now      time.Time
	g        glyphs
	// air is the platform's light, light what it is made of: that of each signal.
	air   air
	light control.OnAir
	// cpu is by process, latency by packager.key.
	cpu, latency history
	// selected is the process that keys act on.
	selected string
	// verdicts are those of the drills that were run from here.
	verdicts []verdict
	// live is what is played from where: what the origin said last, as the proxy
	// knows it too.
	live []report.Live
	// claims say who serves each signal.
	claims claims
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

// packager is a packager for one signal.
type packager struct {
	signal   string // empty while none is known; reported is how it was told
	reported string
	name     string // of the process, or host and port where it is none of ours
	index    int    // among the packagers, from 1
	url      string
	active   bool
	// held: the operator holds it until it is released or fails.
	held bool
	// process is nil for a packager that is none of ours.
	process *control.Process
	// status is what discovery found; known is false while it found nothing.
	status report.PackagerStatus
	known  bool
}

func (p packager) key() string { return p.signal + " " + p.url }

// viewer is a viewer's last word on a signal.
type viewer = control.ViewingAt

// heard are the viewers' words, but for those on what nobody plays any more: of
// that nobody speaks.
func (s *scene) heard() []viewer {
	var list []viewer
	for _, v := range s.snapshot.Viewings {
		if v.State == event.ViewEnded && s.now.Sub(v.Time) > silence {
			continue
		}
		lost := s.now.Sub(v.Time) > silence && len(s.live) > 0 &&
			!slices.ContainsFunc(s.live, func(l report.Live) bool { return l.Signal == v.Signal })
		if p := processOf(s.snapshot, v.Process); !lost || p == nil || !works(*p) {
			list = append(list, v)
		}
	}
	return list
}

// take makes s the scene of a snapshot that was taken at a time.
func (s *scene) take(snapshot control.Snapshot, at time.Time) {
	second := !at.Truncate(time.Second).Equal(s.now.Truncate(time.Second))
	if second || snapshot.Version != s.snapshot.Version {
		s.stamp++
	}
	s.snapshot, s.now = snapshot, at
	snapshot.At = at // the platform's clock may stand still, ours does not
	s.light = snapshot.OnAir()
	if len(snapshot.Live) > 0 || !mute(snapshot) {
		s.live = snapshot.Live
	}
	if s.claims == nil {
		s.claims = claims{}
	}
	s.claims.take(snapshot)
	s.packagers = s.packagersOf()
	if s.succeed(s.packagers) {
		s.packagers = s.packagersOf()
	}
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
		if p.known && p.status.State != report.Down && p.status.State != report.Unknown {
			latency[p.key()] = p.status.LatencyMS
		}
	}
	s.cpu.add(cpu)
	s.latency.add(latency)
}

// process is the selected process, nil when there is none.
func (s *scene) process() *control.Process { return processOf(s.snapshot, s.selected) }

func processOf(snapshot control.Snapshot, name string) *control.Process {
	for i := range snapshot.Processes {
		if snapshot.Processes[i].Name == name {
			return &snapshot.Processes[i]
		}
	}
	return nil
}

// ofKind are the processes of one kind, in the layout's order.
func (s *scene) ofKind(kind string) []*control.Process {
	var list []*control.Process
	for i := range s.snapshot.Processes {
		if kindOf(s.snapshot.Processes[i].Service) == kind {
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

// packagersOf lists every packager of every signal, in the order of the reports.
// Those of ours that no report names yet follow.
func (s *scene) packagersOf() []packager {
	now := s.snapshot
	var ours []packager
	for i := range now.Processes {
		if p := &now.Processes[i]; kindOf(p.Service) == "packager" {
			ours = append(ours, packager{name: p.Name, process: p})
		}
	}
	var list []packager
	for _, d := range now.Details {
		active, held := s.active(d.Signal), ""
		for _, p := range now.Preferences {
			if p.Signal == d.Signal && p.Held {
				held = p.Active
			}
		}
		seen := map[string]bool{}
		for i, status := range d.Packagers {
			p := packager{
				signal: clean(d.Signal), reported: d.Signal, name: packagerName(now, status.URL), index: i + 1, url: status.URL, status: status, known: true,
				held:   status.URL != "" && status.URL == held,
				active: status.URL != "" && status.URL == active,
			}
			p.process = processOf(now, p.name)
			seen[p.name] = true
			list = append(list, p)
		}
		for _, p := range ours {
			if !seen[p.name] {
				p.signal, p.reported, p.index = clean(d.Signal), d.Signal, len(seen)+1
				seen[p.name] = true
				list = append(list, p)
			}
		}
	}
	if len(now.Details) == 0 {
		for i := range ours {
			ours[i].index = i + 1
		}
		return ours
	}
	return list
}

// packagerName is the name of the packager at a base URL: that of our process
// with its port, else host and port.
func packagerName(s control.Snapshot, address string) string {
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil {
		return clean(address)
	}
	port, _ := strconv.Atoi(u.Port()) // 0 is no process's
	switch u.Hostname() {
	case "localhost", "127.0.0.1", "::1":
		for _, p := range s.Processes {
			if p.Port != 0 && p.Port == port && kindOf(p.Service) == "packager" {
				return p.Name
			}
		}
	}
	return clean(u.Host)
}

// named is a text with the packagers' names in place of their base URLs.
func (s *scene) named(text string) string {
	for _, p := range s.packagers {
		if p.url != "" && p.process != nil {
			text = strings.ReplaceAll(text, p.url, p.name)
		}
	}
	return clean(text)
}

// packagerNumber is the packager's place among its signal's, 0 when unknown.
func (s *scene) packagerNumber(name string) int {
	for _, p := range s.packagers {
		if p.name == name {
			return p.index
		}
	}
	return 0
}

// mark is the glyph, the word and the ink of a process's state.
func (s *scene) mark(p *control.Process) (glyph, text string, k ink) {
	if p.Paused && p.PID != 0 && p.State != stateStopping {
		return s.g.pause, "paused", inkWarn
	}
	text = p.State.String()
	switch p.State {
	case stateReady:
		return s.g.full, text, inkGood
	case stateDegraded:
		return s.g.half, text, inkWarn
	case stateRunning:
		return s.g.quarter, text, inkInfo
	case stateStarting:
		return s.g.dotted, text, inkInfo
	case stateWaiting:
		return s.g.dotted, text, inkDim
	case stateStopping:
		return s.g.half, text, inkDim
	case stateBackoff:
		return s.g.cross, text, inkWarn
	case stateFailed:
		return s.g.cross, text, inkBadStrong
	}
	return s.g.ring, text, inkDim
}

// role is what a packager is to players, and its ink.
func (s *scene) role(p packager) (string, ink) {
	switch {
	case p.held:
		return "HELD", inkKey
	case p.active:
		return "ACTIVE", inkGoodStrong
	case p.known && serves(p):
		return "STANDBY", inkDim
	}
	return s.g.dash, inkFaint
}

// serves reports whether a packager could be played from.
func serves(p packager) bool {
	if p.process != nil && !works(*p.process) {
		return false
	}
	return !p.known || p.status.State == report.Up || p.status.State == report.Suspect || p.status.State == report.Lagging
}

// health is the glyph, the word and the ink of a packager.
func (s *scene) health(p packager) (glyph, text string, k ink) {
	if p.process != nil && !works(*p.process) && (p.process.State != stateRunning || !p.known) {
		return s.mark(p.process)
	}
	text = p.status.State.String()
	switch p.status.State {
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
func reason(p *control.Process) string {
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
	if p.Reason == "" && p.PID == 0 && p.LastExit != "" && (p.State == stateExited || p.State == stateFailed || p.State == stateBackoff) {
		return clean(p.LastExit)
	}
	return clean(p.Reason)
}
