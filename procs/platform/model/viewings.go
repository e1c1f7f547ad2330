package model

import (
	"slices"
	"time"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// viewing takes a viewer's report on a signal.
func (m *Model) viewing(v platform.ViewingAt) {
	same := false
	for i := range m.Now.Viewings {
		if was := &m.Now.Viewings[i]; was.Process == v.Process && was.Signal == v.Signal {
			v.Shown, same = was.Shown, was.State == v.State && was.Trouble == v.Trouble && was.Packager == v.Packager
		}
	}
	if v.Shown.IsZero() && (v.State == event.ViewPlaying || v.State == event.ViewStalled) {
		v.Shown = v.Time
	}
	m.Now.Viewings = withViewing(m.Now.Viewings, v)
	m.Now.Version++
	if same {
		m.figures++
	}
	if v.PlaylistAgeMS >= 0 {
		m.active(platform.ActiveAt{Signal: v.Signal, URL: v.Packager, Time: v.Time.Add(-time.Duration(v.PlaylistAgeMS) * time.Millisecond), By: platform.ByViewer})
	}
	if v.State != event.ViewPlaying && v.State != event.ViewEnded {
		return
	}
	// A viewer reports the end of its outages before this. An outage that lasts even so
	// began before the viewer was restarted.
	at := v.Since
	if o := m.Now.OutageBy(v.Process, v.Signal); o != nil && v.State == event.ViewPlaying {
		if onair.IsReplay(v, *o) {
			return
		}
		if o.MSN > 0 && v.MSN > o.MSN && v.MSNAt.After(at) {
			at = v.MSNAt
		}
	}
	if o, lasted := endedAt(m.Now.Outages, v.Process, v.Signal, at); lasted {
		m.outage(o)
	}
}

// withViewing returns list with a viewer's latest report in the place of the one before it.
// The latest reports are last.
func withViewing(list []platform.ViewingAt, v platform.ViewingAt) []platform.ViewingAt {
	list = slices.DeleteFunc(slices.Clone(list), func(o platform.ViewingAt) bool {
		return o.Process == v.Process && o.Signal == v.Signal || o.State == event.ViewEnded && v.Time.Sub(o.Time) > onair.EndedFor
	})
	return newest(append(list, v), viewingsMost)
}
