package proxy

import (
	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/proxy/follow"
	"livestream-tui/services/proxy/page"
	"livestream-tui/services/proxy/preference"
	"livestream-tui/services/proxy/stream"
	"livestream-tui/services/proxy/uri"
)

// newPage returns the page of s, whose signals are those that s follows and those that the
// origins know.
func newPage(s *Service, origins *preference.Origins) *page.Page {
	o := page.Options{
		Listed: s.players.IsListed, Events: s.events, HandedOver: s.streams.Succeeded(), Done: s.streams.Done(),
		Signals: func() []page.Signal {
			var list []page.Signal
			for _, p := range s.streams.All() {
				signal, shown := uri.Signal(p.Key), p.Shown()
				isThere := shown.Body != nil || shown.Mode == stream.Forwarded // anybody may ask for any name
				if isThere && report.IsSignal(signal) && p.Key == "/"+signal+"/playlist.m3u8" {
					list = append(list, shownSignal(signal, p, shown))
				}
			}
			return list
		},
	}
	o.Audience = func() map[string]page.Audience {
		all := map[string]page.Audience{}
		for _, r := range s.audience.Shown().Renditions {
			a := all[r.Signal]
			a.Sessions, a.Stalls = a.Sessions+r.Sessions, a.Stalls+r.Stalls
			all[r.Signal] = a
		}
		return all
	}
	if len(s.config.Origins) > 0 {
		o.Names = origins.Signals
	}
	return page.New(o)
}

// shownSignal is a playlist as the page shows it.
func shownSignal(signal string, p *follow.Playlist, shown *follow.Snapshot) page.Signal {
	one := page.Signal{
		Signal: signal, Playlist: p.Key, Packager: shown.Packager, MSN: shown.Last, TargetMS: shown.Target.Milliseconds(),
		Mode: shown.Mode.String(), Packagers: []page.Packager{},
	}
	usable := false
	for _, v := range p.Verdicts() {
		usable = usable || health.Usable(v.State)
		if v.Packager != "" { // it was judged
			one.Packagers = append(one.Packagers, page.Packager{URL: v.Packager, State: v.State.String()})
		}
	}
	one.OnAir = usable && shown.Body != nil && shown.Live
	return one
}
