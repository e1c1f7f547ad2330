package packager

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// inflow is one signal that comes by HTTP. Guarded by the intake's mu.
type inflow struct {
	g     *signal
	begun time.Time          // when its first playlist came
	last  time.Time          // when anything came
	again time.Time          // when a hole will have had its time; zero for none
	told  map[int64]bool     // contradictions that were logged, by MSN
	stop  context.CancelFunc // of what follows the peers; nil before it has begun
}

// fit holds a segment against the init sections that are there: it must go with
// one of them. Which one it goes with the playlist says.
func (f *inflow) fit(m *media) (lasts time.Duration, err error) {
	var none error = errNoInit
	for _, i := range f.g.shelf.items {
		if i.media.msn >= 0 {
			continue
		}
		lasts, err = fit(i.media.init, m.fragments, m.msn)
		if err == nil {
			return lasts, nil
		}
		none = &refusal{http.StatusBadRequest, fmt.Errorf("segment: %w", err)}
	}
	return 0, none
}

// merge adds what is new of a worker's entries and returns the numbers of those
// that contradict what was said before. Gaps it leaves out: what one worker lacks
// another may bring.
func (f *inflow) merge(entries []entry) (wrong []int64) {
	g := f.g
	pending := map[int64]entry{}
	for _, e := range g.window.due(g.entries) {
		pending[e.msn] = e
	}
	newest := g.window.newest()
	for _, e := range entries {
		old, known := pending[e.msn]
		if e.msn <= newest {
			old, known = g.window.at(e.msn)
		}
		switch {
		case e.segment.Gap || known && (old.segment.Gap || old.says(e)):
		case known:
			wrong = append(wrong, e.msn)
		case e.msn > newest:
			pending[e.msn] = e
		}
	}
	msns := slices.Sorted(maps.Keys(pending))
	msns = msns[max(0, len(msns)-4*g.window.size):]
	g.entries = nil
	for _, msn := range msns {
		g.entries = append(g.entries, pending[msn])
	}
	maps.DeleteFunc(f.told, func(msn int64, _ bool) bool { return msn < newest-4*int64(g.window.size) })
	return wrong
}

// says reports whether another entry says the same of the same segment.
func (e entry) says(o entry) bool {
	a, b := e.segment, o.segment
	return a.Duration == b.Duration && a.Map.URI == b.Map.URI && a.ProgramDateTime.Equal(b.ProgramDateTime)
}
