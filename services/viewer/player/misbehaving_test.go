package player

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/viewer/rules"
	"livestream-tui/services/viewer/stationtest"
)

// there is an MSN that a player reaches after about 10 s.
const there = 115

// misbehaviour is a fault of a server, and what a player finds.
type misbehaviour struct {
	name    string
	station func(*stationtest.Station)
	options Options
	others  []byte       // what other players got of the segment there; nil means nothing
	want    []rules.Rule // exactly these
	text    string       // of one of them
	failed  string       // of one failed request; empty means no failed request
}

func TestMisbehaviourIsFoundAndNamed(t *testing.T) {
	for _, c := range slices.Concat(misbehavingPlaylists, misbehavingRequests, misbehavingBodies, misbehavingMedia) {
		t.Run(c.name, func(t *testing.T) {
			s := stationtest.New()
			c.station(s)
			if c.others != nil {
				c.options.Ledger = new(rules.Ledger)
				c.options.Ledger.Enter("http://proxy/live01/115.m4s", sumOf(c.others))
			}
			r := watch(t, s, c.options, 30*time.Second)
			got, text := map[rules.Rule]bool{}, ""
			for _, v := range r.Violations {
				got[v.Rule] = true
				text += v.String() + "\n"
			}
			want := map[rules.Rule]bool{}
			for _, rule := range c.want {
				want[rule] = true
			}
			if !maps.Equal(got, want) || !strings.Contains(text, c.text) {
				t.Errorf("got:\n%swant %v with %q", text, c.want, c.text)
			}
			var failed []string
			for _, f := range r.Failures {
				failed = append(failed, f.Err)
			}
			if said := strings.Join(failed, "\n"); (said != "") != (c.failed != "") || !strings.Contains(said, c.failed) {
				t.Errorf("failed requests: got %q, want %q", failed, c.failed)
			}
			if sum := Summarize([]Report{r}); sum.Clean() {
				t.Errorf("got a clean summary: %s", sum)
			}
			if r.Violated != len(r.Violations) || r.Failed != len(r.Failures) {
				t.Errorf("got counts of %d and %d, want %d and %d", r.Violated, r.Failed, len(r.Violations), len(r.Failures))
			}
		})
	}
}

// remove takes a segment out of a playlist, and those behind it get its numbers.
func remove(p *m3u8.MediaPlaylist, msn int64) {
	switch at := msn - p.MediaSequence; {
	case at >= 0 && at < int64(len(p.Segments)):
		p.Segments = slices.Delete(p.Segments, int(at), int(at)+1)
	case at < 0:
		p.MediaSequence--
	}
}

// remap changes the init section from a segment on.
func remap(msn int64, discontinuity bool) func(*m3u8.MediaPlaylist, int64) {
	return func(p *m3u8.MediaPlaylist, _ int64) {
		for i := range p.Segments {
			switch m := p.MediaSequence + int64(i); {
			case m > msn && i == 0 && discontinuity:
				p.DiscontinuitySequence = 1
				fallthrough
			case m >= msn:
				p.Segments[i].Map = &m3u8.Map{URI: "init2.mp4"}
				p.Segments[i].Discontinuity = discontinuity && m == msn
			}
		}
	}
}
