package event

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	// NoticeEvery is the time between two notices of something that lasts.
	NoticeEvery = 10 * time.Second
	// recurringMost is how many different texts a Recurring tells apart.
	recurringMost = 64
)

// Recurring decides when to log an error or a state that is seen again and again: when it
// begins, once per Every while it lasts, and when it ends. It identifies each by its text,
// so no text may contain a changing number. The zero value is ready for use. Pure: callers
// pass the time. Not safe for concurrent use.
//
//	if n, due := r.Seen(err.Error(), now); due { log.Warn(n.String()) }
//	for _, n := range r.Ended(now) { log.Info(n.String()) }
type Recurring struct {
	// Every is the time between two notices; zero means NoticeEvery.
	Every time.Duration
	// Quiet is the time without a sighting after which something has ended; zero means
	// Every.
	Quiet time.Duration

	seen map[string]*recurrence
}

// recurrence is one text that lasts.
type recurrence struct {
	since, last, noticed time.Time
	times                int
}

// Phase is what a notice is about.
type Phase uint8

// The phases.
const (
	Begins Phase = iota
	Lasts
	Ends
)

// Notice is something to log.
type Notice struct {
	Text  string
	Phase Phase
	// Since is when it was first seen, Last when it was last seen, Times how often.
	Since, Last time.Time
	Times       int
}

// String returns the notice as a line for people.
func (t Notice) String() string {
	switch t.Phase {
	case Lasts:
		return fmt.Sprintf("%s (since %s, %d times)", t.Text, t.Since.Local().Format(time.TimeOnly), t.Times)
	case Ends:
		if t.Times == 1 {
			return t.Text + " (stopped)"
		}
		return fmt.Sprintf("%s (stopped after %d times in %s)", t.Text, t.Times, t.Last.Sub(t.Since).Round(100*time.Millisecond))
	}
	return t.Text
}

// Seen notes that text was seen at now, and returns the notice to log; false when there is
// none.
func (r *Recurring) Seen(text string, now time.Time) (Notice, bool) {
	e := r.seen[text]
	if e == nil {
		if r.seen == nil {
			r.seen = map[string]*recurrence{}
		}
		r.makeRoom()
		r.seen[text] = &recurrence{since: now, last: now, noticed: now, times: 1}
		return Notice{text, Begins, now, now, 1}, true
	}
	e.last = now
	e.times++
	if now.Sub(e.noticed) < r.every() {
		return Notice{}, false
	}
	e.noticed = now
	return Notice{text, Lasts, e.since, now, e.times}, true
}

// Ended returns what has not been seen for Quiet, each once, sorted by text.
func (r *Recurring) Ended(now time.Time) []Notice {
	quiet := r.Quiet
	if quiet <= 0 {
		quiet = r.every()
	}
	return r.end(func(_ string, e *recurrence) bool { return now.Sub(e.last) >= quiet })
}

// EndExcept ends everything that lasts and is not among texts, and returns it.
func (r *Recurring) EndExcept(texts ...string) []Notice {
	return r.end(func(text string, _ *recurrence) bool { return !slices.Contains(texts, text) })
}

func (r *Recurring) end(over func(string, *recurrence) bool) []Notice {
	var list []Notice
	for _, text := range slices.Sorted(maps.Keys(r.seen)) {
		if e := r.seen[text]; over(text, e) {
			list = append(list, Notice{text, Ends, e.since, e.last, e.times})
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
		return NoticeEvery
	}
	return r.Every
}
