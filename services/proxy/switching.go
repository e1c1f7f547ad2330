package proxy

import (
	"fmt"
	"time"

	"livestream-tui/services/report"
)

// switching is a failover that has begun and whose cost is not known yet.
type switching struct {
	move
	fault, at time.Time // when the old packager was first seen unwell, when it was left
	before    int64     // the newest MSN then
	saved     int
}

// A failover is told when players have had a segment after it and nobody waits any
// more, at the latest after switchMost.
const switchMost = 10 * time.Second

// switched notes a move to another packager. Needs mu.
func (st *stream) switched(m move, now time.Time) {
	if m.From == "" || st.line.last() < 0 { // nobody was served yet
		st.s.log.Info("packager chosen", "playlist", st.key, "packager", m.To)
		return
	}
	w := &switching{move: m, fault: now, at: now, before: st.line.last()}
	for i := range st.record {
		if st.packagers[i].base == m.From {
			if !st.record[i].fault.IsZero() {
				w.fault = st.record[i].fault
			}
			w.saved = st.record[i].saved
			st.record[i].saved = 0
		}
	}
	st.s.log.Debug("switching", "playlist", st.key, "from", m.From, "to", m.To, "cause", report.Clean(m.Cause))
	st.switching = append(st.switching, w)
}

// finishSwitches tells the failovers whose cost is known. Needs mu.
func (st *stream) finishSwitches(now time.Time) {
	open := st.switching[:0]
	for _, w := range st.switching {
		gap, waiting := st.waits.gap(w.fault, w.at, now)
		if (st.line.last() <= w.before || waiting > 0) && now.Sub(w.at) < switchMost {
			open = append(open, w)
			continue
		}
		gapMS := -1.0
		if gap >= 0 {
			gapMS = float64(gap.Microseconds()) / 1000
		}
		for i := range st.record {
			if st.packagers[i].base == w.From {
				w.saved += st.record[i].saved
				st.record[i].saved = 0
			}
		}
		st.s.tell(report.Failover{
			Signal: st.name(), From: w.From, To: w.To, Cause: report.Clean(w.Cause),
			MSNBefore: w.before, MSNAfter: st.line.last(), GapMS: gapMS, Saved: w.saved,
		})
	}
	clear(st.switching[len(open):])
	st.switching = open
}

// name is what the stream is called in events: the signal, or the playlist's path
// where the signal has several or there is none.
func (st *stream) name() string {
	if st.signal != "" && st.key == "/"+st.signal+"/playlist.m3u8" {
		return st.signal
	}
	return report.Clean(st.key)
}

// failoverText is the event's message for people.
func failoverText(f report.Failover) string {
	gap := "no player was waiting"
	if f.GapMS >= 0 {
		gap = fmt.Sprintf("the longest wait of a player was %.0f ms", f.GapMS)
	}
	return fmt.Sprintf("failover from %s to %s: %s; %s", f.From, f.To, f.Cause, gap)
}
