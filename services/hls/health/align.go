package health

import (
	"slices"
	"strings"
	"time"

	"livestream-tui/services/kit/report"
)

// sameDuration is how far the durations of one segment may be apart: some packagers
// write three digits of what others write six of.
const sameDuration = 10 * time.Millisecond

// align makes those misaligned that contradict the reference: of the packagers that
// are usable (of the stale ones where none is) the one that most others agree with,
// the first of several.
func align(obs []Observation, verdicts []Verdict) {
	class := candidates(verdicts, Usable)
	if len(class) == 0 {
		class = candidates(verdicts, func(s report.State) bool { return s == report.Stale })
	}
	if len(class) == 0 {
		return
	}
	agree := make([]int, len(class)) // with how many others; either of two says the same
	for n, i := range class {
		for m, j := range class[:n] {
			if contradiction(&obs[i], &obs[j]) == "" {
				agree[n]++
				agree[m]++
			}
		}
	}
	most := slices.Max(agree)
	reference := class[slices.Index(agree, most)]
	for i := range obs {
		v := &verdicts[i]
		if v.State == report.Unknown || v.State == report.Down || i == reference || most == len(obs)-1 {
			continue // of those that all agree with one, none contradicts it
		}
		if c := contradiction(&obs[i], &obs[reference]); c != "" {
			v.State, v.Reason = report.Misaligned, "misaligned: "+c
		}
	}
}

func candidates(verdicts []Verdict, fit func(report.State) bool) []int {
	var list []int
	for i, v := range verdicts {
		if fit(v.State) {
			list = append(list, i)
		}
	}
	return list
}

// contradiction says in which way a segment of o is not the peer's segment of that
// number: the oldest such. Empty where all that both list agree.
func contradiction(o, peer *Observation) string {
	a, b := o.Tail, peer.Tail
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].MSN < b[0].MSN:
			a = a[1:]
		case a[0].MSN > b[0].MSN:
			b = b[1:]
		default:
			if c := a[0].differs(b[0], peer.Packager); c != "" {
				return c
			}
			a, b = a[1:], b[1:]
		}
	}
	return ""
}

// differs says how a mark is not the peer's, in the same words whichever segment shows
// it. Dates are none of it: clocks drift, and the
// encoder's is not the packager's. Nor is what stands in a URI's query: tokens and
// sessions differ where the segment is the same.
func (m Mark) differs(o Mark, peer string) string {
	switch {
	case withoutQuery(m.URI) != withoutQuery(o.URI):
		return "its segments have other URIs than at " + peer
	case (m.Duration - o.Duration).Abs() > sameDuration:
		return "its segments last otherwise than at " + peer
	case m.Discontinuity && !o.Discontinuity:
		return "it has a discontinuity that is not at " + peer
	case !m.Discontinuity && o.Discontinuity:
		return "it lacks a discontinuity that is at " + peer
	}
	return ""
}

func withoutQuery(uri string) string {
	path, _, _ := strings.Cut(uri, "?")
	return path
}
