package event

import "time"

// Outage is a time in which a viewer of a signal had no media to show: from the first
// moment that it lacked some to the moment that it had some again. It is told when it
// begins, each ten seconds while it lasts, and when it ends. Whoever shows its length
// shows Length: there is no other figure.
type Outage struct {
	Signal string `json:"signal"`
	// Since is when it began, to the millisecond.
	Since time.Time `json:"since"`
	// Until is when it ended; zero while it lasts.
	Until time.Time `json:"until,omitzero"`
	// LengthMS is how long it was, by now while it lasts: by a clock that is not set
	// meanwhile, which the wall's may be.
	LengthMS int64 `json:"length_ms"`
	// MSN is the newest segment that the viewer had, 0 when not known: who begins anew
	// and plays what was there before has no media again.
	MSN int64 `json:"msn,omitempty"`
	// Again: it was told before and lasts.
	Again bool `json:"again,omitempty"`
	// Reason is why there is no media, in words and without numbers that move; empty
	// when that is not known.
	Reason string `json:"reason,omitempty"`
}

// Kind returns "outage".
func (Outage) Kind() string { return "outage" }

// OutageOf is the outage of a signal since then, which lasts by now.
func OutageOf(signal string, since, now time.Time) Outage {
	length := max(0, now.Sub(since).Truncate(time.Millisecond))
	return Outage{Signal: signal, Since: since.UTC().Truncate(time.Millisecond), LengthMS: length.Milliseconds()}
}

// EndedOutageOf is the outage of a signal from then to then.
func EndedOutageOf(signal string, since, until time.Time) Outage {
	o := OutageOf(signal, since, until)
	// Not until itself: where the wall's clock was set meanwhile, the length stands.
	o.Until = o.Since.Add(time.Duration(o.LengthMS) * time.Millisecond)
	return o
}

// Lasts reports whether it has not ended.
func (o Outage) Lasts() bool { return o.Until.IsZero() }

// Length is how long it was, or has been by now while it lasts; to the millisecond.
func (o Outage) Length(now time.Time) time.Duration {
	if o.Lasts() {
		return max(0, now.Sub(o.Since).Truncate(time.Millisecond))
	}
	return time.Duration(o.LengthMS) * time.Millisecond
}
