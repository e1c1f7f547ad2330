package summary

import (
	"slices"
	"time"
)

// Span is a time from From up to To.
type Span struct{ From, To time.Time }

// Length is how long it is.
func (s Span) Length() time.Duration { return max(0, s.To.Sub(s.From)) }

// spans are times in order that do not overlap.
type spans []Span

// union returns the times that are in any of list, which may overlap and be in any order.
func union(list ...Span) spans {
	list = slices.DeleteFunc(slices.Clone(list), func(s Span) bool { return !s.From.Before(s.To) })
	slices.SortFunc(list, func(a, b Span) int { return a.From.Compare(b.From) })
	var out spans
	for _, s := range list {
		if n := len(out); n > 0 && !s.From.After(out[n-1].To) {
			if s.To.After(out[n-1].To) {
				out[n-1].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// within returns the part of s that is in w.
func (s spans) within(w Span) spans {
	var out spans
	for _, one := range s {
		if one.From.Before(w.From) {
			one.From = w.From
		}
		if one.To.After(w.To) {
			one.To = w.To
		}
		if one.From.Before(one.To) {
			out = append(out, one)
		}
	}
	return out
}

// without returns the part of s that is not in o.
func (s spans) without(o spans) spans {
	var out spans
	first := 0 // of o that may still cut something
	for _, one := range s {
		for first < len(o) && !one.From.Before(o[first].To) {
			first++
		}
		for _, cut := range o[first:] {
			if !cut.From.Before(one.To) {
				break
			}
			if one.From.Before(cut.From) {
				out = append(out, Span{one.From, cut.From})
			}
			one.From = cut.To
		}
		if one.From.Before(one.To) {
			out = append(out, one)
		}
	}
	return out
}

// length is how long all of s is.
func (s spans) length() time.Duration {
	var d time.Duration
	for _, one := range s {
		d += one.Length()
	}
	return d
}
