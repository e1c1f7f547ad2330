package scene

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// togetherWithin is how long after the first of them events of several signals are still one
// row.
const togetherWithin = 2 * time.Second

// Happened is a row of the events: something that happened, to one signal or to several at
// once.
type Happened struct {
	At time.Time
	// Process reported it, or it is about that process.
	Process string
	// What is the first of the events.
	What platform.What
	// Signals are the signals that it is about, in order of time.
	Signals []string
	// The rest is of outages: whether this is the end, whether the end is not known, whether
	// a command caused it, the cause in words, the longest and all segments that were lost.
	Back, Cut, Planned bool
	Cause              string
	Longest            time.Duration
	Lost               int
}

// order is the order of what happened at one time: first the cause, then its effect.
func (h Happened) order() int {
	switch h.What.(type) {
	case platform.Ended, platform.Started:
		return 0
	case platform.Commanded, platform.Drilled:
		return 1
	case platform.Exit:
		return 2
	case event.Failover, event.Input:
		return 3
	}
	return 4
}

// kind is equal for events that are one row when they come together; empty for all others.
func (h Happened) kind() string {
	switch what := h.What.(type) {
	case event.Outage:
		return fmt.Sprint("outage ", h.Back, h.Cut, h.Planned, !h.Back && what.Lasts(), !h.Back, what.Reason)
	case event.Failover:
		return fmt.Sprintf("failover %q %q %q %q %t", h.Process, what.From, what.To, what.Cause, what.Pending)
	case platform.Averted:
		return fmt.Sprint("averted ", what.Cause)
	case platform.Aired:
		return fmt.Sprintf("aired %s %q", what.State, what.Reason)
	}
	return ""
}

// with returns h with another event of its kind.
func (h Happened) with(o Happened) Happened {
	for _, s := range o.Signals {
		if !slices.Contains(h.Signals, s) {
			h.Signals = append(slices.Clip(h.Signals), s)
		}
	}
	h.Longest, h.Lost = max(h.Longest, o.Longest), h.Lost+o.Lost
	if f, is := h.What.(event.Failover); is {
		one := o.What.(event.Failover)
		f.GapMS, f.Saved = max(f.GapMS, one.GapMS), f.Saved+one.Saved
		h.What = f
	}
	return h
}

// grouped makes one row of what happened to several signals at once.
func grouped(list []Happened) []Happened {
	slices.SortStableFunc(list, func(a, b Happened) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.order(), b.order())) })
	var out []Happened
	latest := map[string]int{} // by kind
	for _, h := range list {
		kind := h.kind()
		if i, is := latest[kind]; is && kind != "" && h.At.Sub(out[i].At) <= togetherWithin && !slices.Contains(out[i].Signals, h.Signals[0]) {
			out[i] = out[i].with(h)
			continue
		}
		latest[kind] = len(out)
		out = append(out, h)
	}
	return out
}
