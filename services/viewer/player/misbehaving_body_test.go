package player

import (
	"net/http"
	"strings"
	"time"

	"livestream-tui/services/viewer/rules"
	"livestream-tui/services/viewer/stationtest"
)

// misbehavingBodies are faults of a body.
var misbehavingBodies = []misbehaviour{
	{name: "a body breaks off", want: nil, failed: "broke off after",
		station: func(s *stationtest.Station) {
			s.OnRequest = stationtest.At(there, func(w http.ResponseWriter) { stationtest.Cut(w, s.Body(there)) })
		}},
	{name: "a body is cut and ended cleanly, with a Content-Length of its own", want: []rules.Rule{rules.WholeBody}, text: "truncated",
		station: func(s *stationtest.Station) {
			s.OnBody = stationtest.Change(there, func(b []byte) []byte { return b[:len(b)-200] })
		}},
	{name: "a body is cut and ended cleanly, chunked", want: []rules.Rule{rules.WholeBody}, text: "truncated",
		station: func(s *stationtest.Station) {
			s.OnRequest = stationtest.At(there, func(w http.ResponseWriter) { stationtest.Chunked(w, s.Body(there)[:600]) })
		}},
	{name: "a body is cut between fragments", want: []rules.Rule{rules.WholeBody}, text: "its media lasts 500ms of the 1s",
		station: func(s *stationtest.Station) {
			s.OnBody = stationtest.Change(there, func([]byte) []byte { return stationtest.Fragment(there, there*time.Second, time.Second/2, 500) })
		}},
	{name: "a body is empty", want: []rules.Rule{rules.WholeBody}, text: "a body of 0 bytes",
		station: func(s *stationtest.Station) { s.OnBody = stationtest.Change(there, func([]byte) []byte { return nil }) }},
	{name: "a page instead of a segment", want: []rules.Rule{rules.Media}, text: `neither MPEG-TS nor fMP4: it begins with "<html>`,
		station: func(s *stationtest.Station) {
			s.OnBody = stationtest.Change(there, func([]byte) []byte { return []byte("<html>sorry, not now</html>") })
		}},
	{name: "bytes are flipped among those that other players had", want: []rules.Rule{rules.SameBytes}, text: "held",
		others:  stationtest.New().Body(there),
		station: func(s *stationtest.Station) { s.OnBody = stationtest.Change(there, stationtest.Flip) }},
	{name: "bytes are not those of the reference", want: []rules.Rule{rules.SameBytes}, text: "it should hold",
		options: Options{Reference: func(url string) (rules.Sum, bool) { return rules.Sum{1}, strings.HasSuffix(url, "/115.m4s") }},
		station: func(*stationtest.Station) {}},
}
