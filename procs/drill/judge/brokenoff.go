package judge

import (
	"slices"

	"livestream-tui/procs/drill/fault"
	"livestream-tui/services/viewer/player"
)

// excuse removes from reports the failures of requests that the proxy's death broke off,
// where the player then had the same URL whole, and returns their number. A refused
// connection is never excused: the proxy's sockets outlive it.
func excuse(list []player.Report, deaths []fault.Span) int {
	n := 0
	for i := range list {
		r := &list[i]
		var left []player.Failure
		for _, f := range r.Failures {
			if brokenOff(f, deaths) && cameWhole(r.Transfers, f) {
				n++
				continue
			}
			left = append(left, f)
		}
		r.Failures = left
	}
	return n
}

// Outstanding returns how many requests that the proxy's death broke off have not come
// whole since: a slow reader notices late, and asks again slowly.
func Outstanding(list []player.Report, deaths []fault.Span) int {
	n := 0
	for _, r := range list {
		for _, f := range r.Failures {
			if brokenOff(f, deaths) && !cameWhole(r.Transfers, f) {
				n++
			}
		}
	}
	return n
}

// brokenOff reports whether a request was under way when the proxy died, and had its
// connection broken.
func brokenOff(f player.Failure, deaths []fault.Span) bool {
	end := f.At.Add(f.Length)
	return f.Kind == player.BrokenOff && slices.ContainsFunc(deaths, func(d fault.Span) bool {
		return !f.At.After(d.To) && !end.Before(d.From)
	})
}

func cameWhole(list []player.Request, f player.Failure) bool {
	return slices.ContainsFunc(list, func(q player.Request) bool {
		return q.URL == f.URL && q.Err == "" && q.At.After(f.At)
	})
}
