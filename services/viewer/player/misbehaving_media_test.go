package player

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"livestream-tui/services/viewer/rules"
	"livestream-tui/services/viewer/stationtest"
)

// misbehavingMedia are faults of the media in bodies that are whole.
var misbehavingMedia = []misbehaviour{
	{name: "boxes do not decode", want: []rules.Rule{rules.Media}, text: "does not belong in one",
		station: func(s *stationtest.Station) {
			s.OnBody = stationtest.Change(there, func(b []byte) []byte { return append(b, stationtest.Box("moov")...) })
		}},
	{name: "a track that is not in the init section", want: []rules.Rule{rules.Media}, text: "track 9 is not in the init section",
		station: func(s *stationtest.Station) {
			s.OnBody = stationtest.Change(there, func(b []byte) []byte {
				at := bytes.Index(b, []byte("tfhd"))
				b[at+11] = 9
				return b
			})
		}},
	{name: "timestamps jump", want: []rules.Rule{rules.Media}, text: "msn 115: track 1 begins at 1m55.3s, the segment before it ends at 1m55s",
		station: func(s *stationtest.Station) {
			s.OnBody = func(b []byte, msn int64) []byte {
				if msn < there {
					return b
				}
				return stationtest.Segment(time.Duration(msn)*time.Second+300*time.Millisecond, time.Second, uint32(msn), 1000)
			}
		}},
	{name: "the init section becomes another", want: []rules.Rule{rules.Media}, text: "changed at msn 115 without a discontinuity",
		station: func(s *stationtest.Station) { s.OnList = remap(there, false) }},
	{name: "the init section holds other bytes than before", want: []rules.Rule{rules.SameBytes, rules.Media}, text: "init.mp4 held",
		station: func(s *stationtest.Station) {
			s.OnRequest = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
				if !strings.HasSuffix(r.URL.Path, "init.mp4") || s.Newest() < there {
					return false
				}
				_, _ = w.Write(stationtest.Init('x'))
				return true
			}
		}},
	{name: "the init section is cut", want: []rules.Rule{rules.WholeBody}, text: "init:",
		station: func(s *stationtest.Station) {
			s.OnRequest = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
				if !strings.HasSuffix(r.URL.Path, "init.mp4") {
					return false
				}
				_, _ = w.Write(stationtest.Init('.')[:100])
				return true
			}
		}},
	{name: "MPEG-TS out of step", want: []rules.Rule{rules.Media}, text: "packet 3 begins with 0x0",
		station: func(s *stationtest.Station) {
			s.TS = true
			s.OnBody = stationtest.Change(there, func(b []byte) []byte { b[3*stationtest.PacketSize] = 0; return b })
		}},
	{name: "MPEG-TS with half a packet", want: []rules.Rule{rules.WholeBody}, text: "no whole number of MPEG-TS packets",
		station: func(s *stationtest.Station) {
			s.TS = true
			s.OnBody = stationtest.Change(there, func(b []byte) []byte { return b[:len(b)-stationtest.PacketSize/2] })
		}},
	{name: "MPEG-TS cut between packets", want: []rules.Rule{rules.WholeBody}, text: "its media lasts",
		station: func(s *stationtest.Station) {
			s.TS = true
			s.OnBody = stationtest.Change(there, func(b []byte) []byte { return b[:5*stationtest.PacketSize] })
		}},
	{name: "MPEG-TS whose timestamps jump", want: []rules.Rule{rules.Media}, text: "msn 115: track 256 begins",
		station: func(s *stationtest.Station) {
			s.TS = true
			s.OnBody = func(b []byte, msn int64) []byte {
				if msn < there {
					return b
				}
				return stationtest.TransportStream(time.Duration(msn)*time.Second+time.Hour, time.Second)
			}
		}},
}
