package summary

import (
	"slices"
	"time"

	"livestream-tui/procs/platform"
)

// sameMove is for how long proxies of several machines that report the same failover of a signal
// mean the same.
const sameMove = 5 * time.Second

// Move is a failover of a signal, by whichever proxies reported it.
type Move struct {
	// FailoverAt is what the first reported, with the longest wait of all.
	platform.FailoverAt
	// By are the processes that reported it, the first first.
	By []string
}

// Moves returns the moves that failovers, which are in order of time, tell of. What proxies of
// several machines report of one is one.
func Moves(failovers []platform.FailoverAt) []Move {
	var list []Move
	for _, f := range failovers {
		i := len(list) - 1
		for ; i >= 0 && !list[i].has(f); i-- {
			if f.Time.Sub(list[i].Time) > sameMove {
				i = -1
				break
			}
		}
		if i < 0 {
			list = append(list, Move{f, []string{f.Process}})
			continue
		}
		m := &list[i]
		m.By = append(m.By, f.Process)
		m.GapMS, m.Saved = max(m.GapMS, f.GapMS), m.Saved+f.Saved
	}
	return list
}

// has reports whether another machine's proxy reports the same.
func (m Move) has(f platform.FailoverAt) bool {
	of, _ := platform.SplitMachine(f.Process)
	return f.Signal == m.Signal && f.From == m.From && f.To == m.To && f.Time.Sub(m.Time) <= sameMove &&
		!slices.ContainsFunc(m.By, func(process string) bool { machine, _ := platform.SplitMachine(process); return machine == of })
}

// isOther reports whether a process is one of another machine.
func isOther(process string) bool {
	machine, _ := platform.SplitMachine(process)
	return machine != ""
}
