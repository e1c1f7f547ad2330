package player

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/viewer/rules"
	"livestream-tui/services/viewer/stationtest"
)

// misbehavingRequests are faults of how requests are answered.
var misbehavingRequests = []misbehaviour{
	{name: "the playlist fails", want: nil, failed: "status 502 Bad Gateway",
		station: func(s *stationtest.Station) {
			bad := stationtest.Once(there)
			s.OnRequest = func(w http.ResponseWriter, _ *http.Request, msn int64) bool {
				if msn >= 0 || !bad(s.Newest()) {
					return false
				}
				w.WriteHeader(http.StatusBadGateway)
				return true
			}
		}},
	{name: "the playlist stands still", want: []rules.Rule{rules.Window}, text: "after msn 115, at most 1.5s is allowed",
		station: func(s *stationtest.Station) {
			s.Window = 8
			s.OnList = func(p *m3u8.MediaPlaylist, newest int64) {
				if newest > there && newest < there+3 {
					*p = *s.Playlist(there)
				}
			}
		}},
	{name: "a listed segment is not there", want: []rules.Rule{rules.Download}, text: "msn 115 is listed, http://proxy/live01/115.m4s is answered with status 404", failed: "status 404 Not Found",
		station: func(s *stationtest.Station) {
			missing := stationtest.Once(there)
			s.OnRequest = func(w http.ResponseWriter, r *http.Request, msn int64) bool {
				if msn != there || !missing(msn) {
					return false
				}
				http.NotFound(w, r)
				return true
			}
		}},
	{name: "a listed init section is not there", want: []rules.Rule{rules.Download}, text: "the init section of msn 1", failed: "status 404 Not Found",
		station: func(s *stationtest.Station) {
			missing := stationtest.Once(there)
			s.OnRequest = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
				if !strings.HasSuffix(r.URL.Path, "init.mp4") || !missing(s.Newest()) {
					return false
				}
				http.NotFound(w, r)
				return true
			}
		}},
	{name: "a segment leads elsewhere", want: []rules.Rule{rules.Download}, text: "another host",
		station: func(s *stationtest.Station) {
			s.OnList = func(p *m3u8.MediaPlaylist, _ int64) {
				if at := there - p.MediaSequence; at >= 0 && at < int64(len(p.Segments)) {
					p.Segments[at].URI = "http://elsewhere/115.m4s"
				}
			}
		}},
	{name: "a segment is gone as soon as it is not listed", want: []rules.Rule{rules.Download}, text: "msn 110 has left the playlist lately", failed: "status 404 Not Found",
		station: func(s *stationtest.Station) {
			s.OnRequest = func(w http.ResponseWriter, r *http.Request, msn int64) bool {
				if msn < 0 || msn > s.Newest()-int64(s.Window) {
					return false
				}
				http.NotFound(w, r)
				return true
			}
		}},
	{name: "a segment trickles", want: []rules.Rule{rules.Download}, text: "its bytes were waited for 1.",
		station: func(s *stationtest.Station) {
			s.OnRequest = func(w http.ResponseWriter, r *http.Request, msn int64) bool {
				if msn != there {
					return false
				}
				for _, part := range slices.Collect(slices.Chunk(s.Body(msn), 100)) {
					_, _ = w.Write(part)
					_ = http.NewResponseController(w).Flush()
					stationtest.Hang(r, 110*time.Millisecond)
				}
				return true
			}
		}},
}
