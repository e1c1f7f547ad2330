package player

import "time"

// Outage is a time in which a player had no media to show, from when its buffer ran out
// to when it played media again. A declared gap is an outage as well, though no Stall:
// its viewers see nothing. Lost is how many segments it never got because of it.
type Outage struct {
	Since, Until time.Time
	Lost         int
}

// outages are those of one player. Pure.
type outages struct {
	ended ring[Outage]
	// count, total and longest are of the outages that have ended.
	count          int
	total, longest time.Duration
	lasting        time.Time // when the one that lasts began; zero without one
	// lost counts the segments that were passed over since the buffer last had media: they
	// may be the reason of the next outage.
	lost int
}

// lose counts segments that were passed over.
func (o *outages) lose(segments int) { o.lost += segments }

// got is called when a segment was appended, after see.
func (o *outages) got() {
	if o.lasting.IsZero() {
		o.lost = 0
	}
}

// see is called before and after each change of the buffer.
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
	o.ended.add(Outage{o.lasting, now, o.lost})
	o.count, o.total, o.longest = o.count+1, o.total+length, max(o.longest, length)
	o.lasting, o.lost = time.Time{}, 0
}

// after are the outages that ended after the n-th, as far as they are remembered.
func (o *outages) after(n int) []Outage {
	all := o.ended.all()
	return all[max(0, len(all)-(o.count-n)):]
}
