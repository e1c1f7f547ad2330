package cmcd

import (
	"cmp"
	"slices"
	"time"

	"livestream-tui/services/kit/event"
)

// Shown is the audience as it is now.
type Shown struct {
	// Sessions is how many players report now.
	Sessions int `json:"sessions"`
	// Renditions are what they play, in order of signal and rendition.
	Renditions []event.Audience `json:"renditions"`
}

// gathered is what the sessions of a rendition say.
type gathered struct {
	event.Audience
	start, buffer, latency, bitrate, speed []int64
}

// Shown is the audience as it is now.
func (a *Audience) Shown() Shown {
	all := map[*rendition]*gathered{}
	shown := Shown{Renditions: []event.Audience{}}
	for i := range a.sessions.all {
		s := &a.sessions.all[i]
		s.mu.Lock()
		for _, one := range s.list {
			g := all[one.of]
			if g == nil {
				g = &gathered{Audience: event.Audience{Signal: one.of.signal, Rendition: one.of.name}}
				all[one.of] = g
			}
			g.add(one)
			shown.Sessions++
		}
		s.mu.Unlock()
	}
	for _, g := range all {
		g.StartMS, g.BufferMS, g.LatencyMS = median(g.start), median(g.buffer), median(g.latency)
		g.BitrateBPS, g.ThroughputBPS = median(g.bitrate), median(g.speed)
		shown.Renditions = append(shown.Renditions, g.Audience)
	}
	slices.SortFunc(shown.Renditions, func(a, b event.Audience) int {
		return cmp.Or(cmp.Compare(a.Signal, b.Signal), cmp.Compare(a.Rendition, b.Rendition))
	})
	return shown
}

func (g *gathered) add(s *session) {
	g.Sessions++
	g.Stalls += s.stalls
	if s.stalls > 0 {
		g.Stalled++
	}
	for _, one := range [...]struct {
		to *[]int64
		v  int64
	}{
		{&g.start, ms(s.start)}, {&g.buffer, ms(s.buffer)}, {&g.latency, ms(s.latency)}, {&g.bitrate, s.bitrate}, {&g.speed, s.speed},
	} {
		if one.v >= 0 {
			*one.to = append(*one.to, one.v)
		}
	}
}

func ms(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return d.Milliseconds()
}

func median(list []int64) int64 {
	if len(list) == 0 {
		return -1
	}
	slices.Sort(list)
	return list[len(list)/2]
}
