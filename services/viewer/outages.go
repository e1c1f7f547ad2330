package viewer

import (
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/player"
)

// teller decides when the outages of a signal are logged: each when it begins, now and
// then while it lasts, and when it ends. Pure; not safe for concurrent use.
type teller struct {
	signal string
	ended  int // how many ended outages were logged
	recurs event.Recurring
}

// tell returns what to log now: the outages of a player that have ended since the last
// call, and the one that lasts when it is due.
func (t *teller) tell(ended []player.Outage, st player.Status, now time.Time) []event.Outage {
	var list []event.Outage
	for _, o := range ended {
		e := event.EndedOutageOf(t.signal, o.Since, o.Until)
		e.Lost = o.Lost
		list = append(list, e)
	}
	if t.ended += len(ended); len(ended) > 0 {
		t.recurs.EndExcept()
	}
	if st.Lacking.IsZero() {
		return list
	}
	if told, tell := t.recurs.Seen("it lasts", now); tell {
		o := event.OutageOf(t.signal, st.Lacking, now)
		o.Again, o.Reason, o.MSN = told.Phase == event.Lasts, st.Trouble, max(st.MSN, 0)
		list = append(list, o)
	}
	return list
}
