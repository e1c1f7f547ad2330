package event

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	// TellEvery is how often something that lasts is told again.
	TellEvery = 10 * time.Second
	// recurringMost is how many different texts a Recurring tells apart.
	recurringMost = 64
)

// Recurring decides when to tell of an error or a state that is seen again and again:
// when it begins, every Every while it lasts, and when it ends. It identifies them by
// their text, so no text may hold a changing number. The zero value is ready. Pure:
// callers pass the time. Not safe for concurrent use.
//
//	if t, tell := r.Seen(err.Error(), now); tell { log.Warn(t.String()) }
//	for _, t := range r.Ended(now) { log.Info(t.String()) }
type Recurring struct {
	// Every is the time between two tellings; zero means TellEvery.
	Every time.Duration
	// Quiet is how long something must not be seen to have ended; zero means Every.
	Quiet time.Duration

	seen map[string]*recurrence
}

// recurrence is one text that lasts.
type recurrence struct {
	since, last, told time.Time
	times             int
}

// Phase is when in its life something is told.
type Phase uint8

// The phases.
const (
	Begins Phase = iota
	Lasts
	Ends
)

// Telling is something to be told.
type Telling struct {
	Text  string
	Phase Phase
	// Since is when it was first seen, Last when it was last seen, Times how often.
	Since, Last time.Time
	Times       int
}

// String is a line for people.
func (t Telling) String() string {
	switch t.Phase {
	case Lasts:
		return fmt.Sprintf("%s (since %s, %d times)", t.Text, t.Since.Local().Format(time.TimeOnly), t.Times)
	case Ends:
		if t.Times == 1 {
			return t.Text + " (no more)"
		}
		return fmt.Sprintf("%s (no more: %d times in %s)", t.Text, t.Times, t.Last.Sub(t.Since).Round(100*time.Millisecond))
	}
	return t.Text
}

// Seen notes that text was seen at now, and returns what to tell of it; false when
// there is nothing to tell.
func (r *Recurring) Seen(text string, now time.Time) (Telling, bool) {
	e := r.seen[text]
	if e == nil {
		if r.seen == nil {
			r.seen = map[string]*recurrence{}
		}
		r.makeRoom()
		r.seen[text] = &recurrence{since: now, last: now, told: now, times: 1}
		return Telling{text, Begins, now, now, 1}, true
	}
	e.last = now
	e.times++
	if now.Sub(e.told) < r.every() {
		return Telling{}, false
	}
	e.told = now
	return Telling{text, Lasts, e.since, now, e.times}, true
}

// Ended returns what has not been seen for Quiet, each once, sorted by text.
func (r *Recurring) Ended(now time.Time) []Telling {
	quiet := r.Quiet
	if quiet <= 0 {
		quiet = r.every()
	}
	return r.end(func(_ string, e *recurrence) bool { return now.Sub(e.last) >= quiet })
}

// Only ends everything that lasts and is not among texts, and returns it.
func (r *Recurring) Only(texts ...string) []Telling {
	return r.end(func(text string, _ *recurrence) bool { return !slices.Contains(texts, text) })
}

func (r *Recurring) end(over func(string, *recurrence) bool) []Telling {
	var list []Telling
	for _, text := range slices.Sorted(maps.Keys(r.seen)) {
		if e := r.seen[text]; over(text, e) {
			list = append(list, Telling{text, Ends, e.since, e.last, e.times})
			delete(r.seen, text)
		}
	}
	return list
}

// makeRoom forgets the text that was seen longest ago, so that memory is bounded however
// many texts there are.
func (r *Recurring) makeRoom() {
	if len(r.seen) < recurringMost {
		return
	}
	oldest := ""
	for text, e := range r.seen {
		if o := r.seen[oldest]; o == nil || e.last.Before(o.last) {
			oldest = text
		}
	}
	delete(r.seen, oldest)
}

func (r *Recurring) every() time.Duration {
	if r.Every <= 0 {
		return TellEvery
	}
	return r.Every
}
