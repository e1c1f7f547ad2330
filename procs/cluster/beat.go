package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/cluster/clock"
	"livestream-tui/procs/cluster/registry"
	"livestream-tui/procs/platform"
	"livestream-tui/services/cluster"
	"livestream-tui/services/kit/event"
)

// beatEvery is how often a machine says that it is there.
const beatEvery = time.Second

// heard is what is known of another machine.
type heard struct {
	beat cluster.Beat
	// at is when the beat came, by a clock that never steps; zero before the first.
	at    time.Time
	trips clock.Trips
	lost  bool // it was announced that the machine is not heard, or stopped
}

// isHeard reports whether a machine is heard now.
func (h *heard) isHeard(now time.Time) bool {
	return h != nil && !h.at.IsZero() && now.Sub(h.at) < platform.MachineSilence
}

// live does once a second what has to be done so often, until ctx is cancelled: it looks after
// the own duties, sends a beat and publishes the machines.
func (a *Agent) live(ctx context.Context) {
	var seq uint64
	engine := engineWatch{}
	for {
		s := a.platform.Now()
		state := engine.state(ctx, s, a.runsEngine(), a.link.reached())
		a.lookAtDuties(ctx)
		a.lookAtWay(time.Now())
		seq++
		beat := a.beat(s, seq, state)
		if b, err := json.Marshal(beat); err == nil {
			_ = a.link.Publish(cluster.SubjectBeat+a.id.Machine, b) // the next one comes soon
		}
		a.mu.Lock()
		a.duty.beat = beat
		a.mu.Unlock()
		a.publishMachines(s)
		stopping := a.platform.Stopping()
		if s.Stopping {
			stopping = nil // it was said
		}
		select {
		case <-ctx.Done():
			return
		case <-stopping: // while the own engine still works
		case <-time.After(procs.UntilNext(time.Now(), beatEvery)):
		}
	}
}

// runsEngine reports whether this machine is one of those that run the engine.
func (a *Agent) runsEngine() bool {
	return registry.RunsEngine(a.known().Members(), a.id.Machine)
}

// beat is what this machine says of itself.
func (a *Agent) beat(s platform.Snapshot, seq uint64, engine cluster.EngineState) cluster.Beat {
	b := cluster.Beat{
		Machine: a.id.Machine, Run: a.run, Seq: seq, At: time.Now().UTC(), Version: a.versionOf(s), Layout: s.Layout,
		Address: a.id.Address, Engine: engine, Stopping: s.Stopping, Signals: airedBy(s), Uses: usedBy(s), Links: map[string]cluster.Link{},
	}
	b.Load, b.CPUs, b.MemoryUsed, b.MemoryTotal = load()
	for _, p := range s.Processes {
		if p.Machine != a.id.Machine {
			continue
		}
		b.Processes++
		if p.Works() {
			b.Working++
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	b.Drain, b.Left, b.Table = a.duty.drain, a.duty.left, a.duty.table
	for name, h := range a.heard {
		if t, ok := h.trips.Best(); ok && h.isHeard(time.Now()) {
			b.Links[name] = linkOf(t)
		}
	}
	return b
}

// versionOf returns the version that the own processes have: after an upgrade they have the one
// that was on disk, and the supervisor stays what it is.
func (a *Agent) versionOf(s platform.Snapshot) string {
	if u := s.Upgrade; u != nil && !u.Ended.IsZero() && u.Error == "" {
		if words := strings.Fields(u.Version); len(words) > 1 { // livestream-tui VERSION ...
			return words[1]
		}
	}
	return a.version
}

func linkOf(t clock.Trip) cluster.Link {
	return cluster.Link{RTTms: milliseconds(t.RTT), OffsetMS: milliseconds(t.Offset)}
}

// milliseconds is a duration in milliseconds, to a hundredth.
func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}

// airedBy returns the signals that the own workers air.
func airedBy(s platform.Snapshot) []string {
	if !slices.ContainsFunc(s.OfRole(layouts.Worker), platform.Process.Works) {
		return nil
	}
	var list []string
	for _, f := range s.Films {
		if f.State == event.FilmAired && f.Signal != "" {
			list = append(list, f.Signal)
		}
	}
	for _, l := range s.LiveSignals {
		if l.OnAir || l.StandsBy { // workers copy it from the receiver that leads
			list = append(list, l.Name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// usedBy returns the base URLs of the packagers that the own players are served from.
func usedBy(s platform.Snapshot) []string {
	var list []string
	for i := range s.Packagers { // they are large
		if p := &s.Packagers[i]; p.Active && p.URL != "" {
			list = append(list, p.URL)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// hear takes the beat of a machine.
func (a *Agent) hear(m cluster.Msg) {
	var b cluster.Beat
	if json.Unmarshal(m.Data, &b) != nil || b.Machine != cluster.LastWord(m.Subject) || b.Machine == a.id.Machine {
		return
	}
	a.mu.Lock()
	h := a.heard[b.Machine]
	if h == nil {
		h = &heard{}
		a.heard[b.Machine] = h
	}
	if b.Run == h.beat.Run && b.Seq <= h.beat.Seq {
		a.mu.Unlock()
		return // it took another way, and is late
	}
	silent := time.Since(h.at)
	lost := h.lost
	if b.Run != h.beat.Run {
		h.trips = nil // its clock may have been set
	}
	h.beat, h.at, h.lost = b, time.Now(), false
	a.mu.Unlock()
	if lost {
		a.platform.Announce(event.LevelInfo, "", fmt.Sprintf("machine %s is heard again, after %s", b.Machine, silent.Round(time.Second)))
	}
}
