package queue

import (
	"cmp"
	"slices"
	"time"
)

// Two films are made at a time, so that a long one never keeps a short one waiting. Of
// the long ones whose beginning is on air already, one is made at a time.
const (
	makersMost = 2
	lastMost   = 1
)

// soon is the length up to which a film is begun while others are expected.
const soon = 30 * time.Second

// Work is the making of a mezzanine.
type Work struct {
	// File is that of the film.
	File string
	// Length is that of what is made: the shortest comes first.
	Length time.Duration
	// Last marks the rest of a film whose beginning is on air. It comes after all others.
	Last bool

	id int64 // tells equal work apart
}

// compare is negative where w comes before o.
func (w Work) compare(o Work) int {
	switch {
	case w.Last != o.Last && o.Last:
		return -1
	case w.Last != o.Last:
		return 1
	}
	return cmp.Or(cmp.Compare(w.Length, o.Length), cmp.Compare(w.File, o.File))
}

// order is what waits and what is being made. Pure; not safe for concurrent use.
type order struct {
	waiting []Work
	making  []Work
	// expected is how many films are about to come, of a length that is not known yet.
	expected int
}

func (o *order) add(w Work) { o.waiting = append(o.waiting, w) }

// drop removes work, whether it waits or is being made.
func (o *order) drop(w Work) {
	for _, list := range []*[]Work{&o.waiting, &o.making} {
		if i := slices.Index(*list, w); i >= 0 {
			*list = slices.Delete(*list, i, i+1)
			return
		}
	}
}

// take returns the work to begin now; false means that nothing may begin. While others
// are expected only short work begins: there may be shorter among them.
func (o *order) take() (Work, bool) {
	if len(o.making) >= makersMost || len(o.waiting) == 0 {
		return Work{}, false
	}
	next := slices.MinFunc(o.waiting, Work.compare)
	last := 0
	for _, w := range o.making {
		if w.Last {
			last++
		}
	}
	if next.Last && last >= lastMost || o.expected > 0 && (next.Last || next.Length > soon) {
		return Work{}, false
	}
	o.drop(next)
	o.making = append(o.making, next)
	return next, true
}
