package tui

import (
	"strings"
	"time"

	"livestream-tui/procs/control"
)

// claim is who serves a signal and when that was so. The proxy decides it, and a
// word on it may be late: the newest counts, whoever says it.
type claim struct {
	at  time.Time
	url string // base URL of the packager
}

// claims are by signal.
type claims map[string]claim

func (c claims) put(signal, url string, at time.Time) {
	if old, ok := c[signal]; url != "" && (!ok || !at.Before(old.at)) {
		c[signal] = claim{at, url}
	}
}

// take hears the witnesses: the viewers, who see where each playlist comes from,
// and the proxy's failovers, which are told once their cost is known. The origin
// only prefers; it counts as long as nobody else has spoken.
func (c claims) take(s control.Snapshot) {
	for _, f := range s.Failovers {
		c.put(f.Signal, f.To, f.Time)
	}
	for _, v := range s.Viewings {
		if v.PlaylistAgeMS >= 0 {
			c.put(v.Signal, v.Packager, v.Time.Add(-time.Duration(v.PlaylistAgeMS)*time.Millisecond))
		}
	}
}

// active is the base URL of the packager that a signal's players are served from,
// empty when nobody says.
func (s *scene) active(signal string) string {
	if c, ok := s.claims[signal]; ok {
		return c.url
	}
	for _, l := range s.live {
		if l.Signal == signal {
			return strings.TrimSuffix(l.Server, "/"+signal+"/playlist.m3u8")
		}
	}
	return ""
}

// succeed names the successor of an active packager of ours that does not work,
// before any witness has: where only one other can be used, it is that one.
func (s *scene) succeed(list []packager) bool {
	changed := false
	for _, p := range list {
		if !p.active || p.process == nil || works(*p.process) {
			continue
		}
		var others []packager
		for _, o := range list {
			if o.signal == p.signal && o.name != p.name && o.url != "" && serves(o) {
				others = append(others, o)
			}
		}
		if len(others) == 1 {
			s.claims.put(p.reported, others[0].url, s.now)
			changed = true
		}
	}
	return changed
}
