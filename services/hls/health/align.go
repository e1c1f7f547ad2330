package health

import (
	"slices"
	"strings"
	"time"

	"livestream-tui/services/kit/report"
)

// sameDuration is how far the durations of one segment may be apart: some packagers write
// three digits where others write six.
const sameDuration = 10 * time.Millisecond

// align makes packagers misaligned that contradict the reference. That is the usable
// packager (a stale one if none is usable) that agrees with most others, the first of
// several.
func align(obs []Observation, verdicts []Verdict) {
	class := candidates(verdicts, Usable)
	if len(class) == 0 {
		class = candidates(verdicts, func(s report.State) bool { return s == report.Stale })
	}
	if len(class) == 0 {
		return
	}
	agree := make([]int, len(class)) // with how many others each agrees
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
			continue // all that agree with one do not contradict it
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

// contradiction is how a segment of o differs from the peer's segment of the same number,
// for the oldest such segment. It is empty when all common segments agree.
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

// differs is how a mark differs from the peer's, in the same words for any segment. Dates
// do not count, since clocks drift and the encoder's is not the packager's. Nor does the
// query of a URI: tokens and sessions differ while the segment is the same.
func (m Mark) differs(o Mark, peer string) string {
	switch {
	case withoutQuery(m.URI) != withoutQuery(o.URI):
		return "its segments have other URIs than at " + peer
	case (m.Duration - o.Duration).Abs() > sameDuration:
		return "its segments have other durations than at " + peer
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
