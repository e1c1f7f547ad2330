package event

import "time"

// Outage is a time in which a viewer of a signal had no media to show. It is emitted
// when it begins, every ten seconds while it lasts, and when it ends. Every display of its
// length shows Length, so that all of them agree.
type Outage struct {
	Signal string `json:"signal"`
	// Since is when it began, to the millisecond.
	Since time.Time `json:"since"`
	// Until is when it ended; zero while it lasts.
	Until time.Time `json:"until,omitzero"`
	// LengthMS is its length so far, by the monotonic clock: the wall clock may be set
	// meanwhile.
	LengthMS int64 `json:"length_ms"`
	// MSN is the newest segment that the viewer had, 0 when not known. A viewer that
	// restarts and plays older segments has not recovered.
	MSN int64 `json:"msn,omitempty"`
	// Again is true when it was emitted before and still lasts.
	Again bool `json:"again,omitempty"`
	// Lost is how many segments the viewer never got because of it: those that were declared
	// missing, and those that left the playlist before it had them. 0 while it lasts.
	Lost int `json:"lost,omitempty"`
	// Reason is why there is no media, in words without changing numbers; empty when
	// not known.
	Reason string `json:"reason,omitempty"`
}

// Kind returns KindOutage.
func (Outage) Kind() Kind { return KindOutage }

func (Outage) isEvent() {}

// OutageOf returns an outage of a signal that began at since and still lasts.
func OutageOf(signal string, since, now time.Time) Outage {
	length := max(0, now.Sub(since).Truncate(time.Millisecond))
	return Outage{Signal: signal, Since: since.UTC().Truncate(time.Millisecond), LengthMS: length.Milliseconds()}
}

// EndedOutageOf returns an outage of a signal that has ended.
func EndedOutageOf(signal string, since, until time.Time) Outage {
	o := OutageOf(signal, since, until)
	// Not until itself: the wall clock may have been set meanwhile, the length is right.
	o.Until = o.Since.Add(time.Duration(o.LengthMS) * time.Millisecond)
	return o
}

// Lasts reports whether it has not ended.
func (o Outage) Lasts() bool { return o.Until.IsZero() }

// Length is its length, so far by now while it lasts, to the millisecond.
func (o Outage) Length(now time.Time) time.Duration {
	if o.Lasts() {
		return max(0, now.Sub(o.Since).Truncate(time.Millisecond))
	}
	return time.Duration(o.LengthMS) * time.Millisecond
}
