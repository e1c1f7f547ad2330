package viewer

import (
	"time"

	"livestream-tui/services/kit/event"
)

// Outage is a time in which a player had no media to show: from the moment that its
// buffer ran out to the moment that it played media again. What the picture owes to a
// declared gap is no Stall, and is an outage: nobody sees anything in it.
type Outage struct{ Since, Until time.Time }

// outages are those of one player. Pure.
type outages struct {
	ended ring[Outage]
	// count, total and longest are of those that have ended.
	count          int
	total, longest time.Duration
	lasting        time.Time // since when one lasts; zero while none does
}

// see takes a buffer before and after each change of it.
func (o *outages) see(b *Buffer, now time.Time) {
	since, lasts := b.Lacking(now)
	if lasts {
		o.lasting = since
		return
	}
	if o.lasting.IsZero() {
		return
	}
	length := now.Sub(o.lasting)
	o.ended.add(Outage{o.lasting, now})
	o.count, o.total, o.longest = o.count+1, o.total+length, max(o.longest, length)
	o.lasting = time.Time{}
}

// after are those that have ended after the n-th, as far as they are remembered.
func (o *outages) after(n int) []Outage {
	all := o.ended.all()
	return all[max(0, len(all)-(o.count-n)):]
}

// teller tells of the outages of a signal: of each when it begins, now and then while
// it lasts, and when it ends. Pure; not safe for concurrent use.
type teller struct {
	signal string
	ended  int // of those that have ended, how many were told
	recurs event.Recurring
}

// tell returns what is to be told now of a player: those that have ended since it was
// asked before, and the one that lasts.
func (t *teller) tell(ended []Outage, st PlayerStatus, now time.Time) []event.Outage {
	var list []event.Outage
	for _, o := range ended {
		list = append(list, event.EndedOutageOf(t.signal, o.Since, o.Until))
	}
	if t.ended += len(ended); len(ended) > 0 {
		t.recurs.Only()
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
