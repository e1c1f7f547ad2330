package player

import (
	"strings"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/viewer/rules"
	"livestream-tui/services/viewer/stationtest"
)

// misbehavingPlaylists are faults of a playlist.
var misbehavingPlaylists = []misbehaviour{
	{name: "the MSN goes down", want: []rules.Rule{rules.Sequence, rules.Growth}, text: "from 111 to 106",
		station: func(s *stationtest.Station) {
			back := stationtest.Once(there + 1)
			s.OnList = func(p *m3u8.MediaPlaylist, newest int64) {
				if back(newest) {
					*p = *s.Playlist(newest - 6)
				}
			}
		}},
	{name: "a segment is gone from the middle", want: []rules.Rule{rules.Identity, rules.Media}, text: "msn 115 was 115.m4s 1s",
		station: func(s *stationtest.Station) {
			s.OnList = func(p *m3u8.MediaPlaylist, newest int64) {
				if newest > there+1 {
					remove(p, there)
				}
			}
		}},
	{name: "a segment was never listed", want: []rules.Rule{rules.Sequence, rules.Media}, text: "a hole of 1s before msn 115",
		station: func(s *stationtest.Station) {
			s.OnList = func(p *m3u8.MediaPlaylist, newest int64) {
				*p = *s.Playlist(newest + 1)
				if newest+1 >= there {
					remove(p, there)
				} else {
					p.Segments = p.Segments[:len(p.Segments)-1]
				}
			}
			s.Window = 6
		}},
	{name: "a URI changes", want: []rules.Rule{rules.Identity}, text: "msn 114 was 114.m4s 1s discontinuity 0, is 114.m4s?again",
		station: func(s *stationtest.Station) {
			s.OnList = func(p *m3u8.MediaPlaylist, newest int64) {
				if at := there - 1 - p.MediaSequence; newest >= there && at >= 0 {
					p.Segments[at].URI += "?again"
				}
			}
		}},
	{name: "a duration changes", want: []rules.Rule{rules.Identity}, text: "is 114.m4s 1.01s",
		station: func(s *stationtest.Station) {
			s.OnList = func(p *m3u8.MediaPlaylist, newest int64) {
				if at := there - 1 - p.MediaSequence; newest >= there && at >= 0 {
					p.Segments[at].Duration += 10 * time.Millisecond
				}
			}
		}},
	{name: "dates drift", want: []rules.Rule{rules.Identity}, text: "the date of msn 114 went from 00:00:09.000 to 00:00:09.600",
		station: func(s *stationtest.Station) {
			s.OnList = func(p *m3u8.MediaPlaylist, newest int64) {
				for i := range p.Segments {
					if newest >= there {
						p.Segments[i].ProgramDateTime = p.Segments[i].ProgramDateTime.Add(600 * time.Millisecond)
					}
				}
			}
		}},
	{name: "the discontinuity sequence goes down", want: []rules.Rule{rules.DiscontinuitySequence, rules.Identity}, text: "went down from 3 to 2",
		station: func(s *stationtest.Station) {
			s.OnList = func(p *m3u8.MediaPlaylist, newest int64) {
				p.DiscontinuitySequence = 3
				if newest > there {
					p.DiscontinuitySequence = 2
				}
			}
		}},
	{name: "a discontinuity that slid out is not counted", want: []rules.Rule{rules.DiscontinuitySequence, rules.Identity}, text: "is 0 at msn 109, it was 1 there",
		station: func(s *stationtest.Station) {
			s.OnList = func(p *m3u8.MediaPlaylist, _ int64) {
				if at := 108 - p.MediaSequence; at >= 0 && at < int64(len(p.Segments)) {
					p.Segments[at].Discontinuity = true
				}
			}
		}},
	{name: "the target duration changes", want: []rules.Rule{rules.TargetDuration}, text: "went from 1s to 2s",
		station: func(s *stationtest.Station) {
			s.Window = 8
			s.OnList = func(p *m3u8.MediaPlaylist, newest int64) {
				if newest >= there {
					p.TargetDuration = 2
				}
			}
		}},
	{name: "a segment is longer than the target duration", want: []rules.Rule{rules.TargetDuration}, text: "msn 101 lasts 1.5s",
		station: func(s *stationtest.Station) {
			s.OnList = func(p *m3u8.MediaPlaylist, _ int64) {
				if p.MediaSequence <= 101 {
					p.Segments[101-p.MediaSequence].Duration = 1500 * time.Millisecond
				}
			}
			s.Window = 6
		}},
	{name: "ENDLIST", want: []rules.Rule{rules.End}, text: "EXT-X-ENDLIST at msn 11",
		station: func(s *stationtest.Station) {
			end := stationtest.Once(there)
			s.OnList = func(p *m3u8.MediaPlaylist, newest int64) { p.EndList = end(newest) }
		}},
	{name: "the window is too short", want: []rules.Rule{rules.Window}, text: "2 segments lasts 2s, at least 3s",
		station: func(s *stationtest.Station) { s.Window = 2 }},
	{name: "the playlist is cut", want: []rules.Rule{rules.Growth}, text: "truncated",
		station: func(s *stationtest.Station) {
			half := stationtest.Once(there)
			s.OnText = func(text string, newest int64) string {
				if half(newest) {
					return strings.TrimSuffix(text, "\n")
				}
				return text
			}
		}},
	{name: "a page instead of the playlist", want: []rules.Rule{rules.Growth}, text: "instead of #EXTM3U",
		station: func(s *stationtest.Station) {
			page := stationtest.Once(there)
			s.OnText = func(text string, newest int64) string {
				if page(newest) {
					return "<html>sorry</html>\n"
				}
				return text
			}
		}},
}
