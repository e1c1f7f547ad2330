package event

import (
	"testing"
	"time"
)

func TestOneLengthOfOneOutage(t *testing.T) {
	begun := time.Date(2024, 4, 5, 11, 23, 45, 678_901_234, time.FixedZone("-03", -3*60*60))
	for _, c := range []struct {
		name string
		in   Outage
		now  time.Time
		want time.Duration
	}{
		{"it lasts", OutageOf("live01", begun, begun.Add(time.Second)), begun.Truncate(time.Millisecond).Add(12_345 * time.Millisecond), 12_345 * time.Millisecond},
		{"it was looked at before it began", OutageOf("live01", begun, begun), begun.Add(-time.Hour), 0},
		{"it is over, whenever it is looked at", EndedOutageOf("live01", begun, begun.Add(1234567*time.Microsecond)), begun.Add(time.Hour), 1234 * time.Millisecond},
		{"an end before its beginning is none", EndedOutageOf("live01", begun, begun.Add(-time.Second)), begun, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.in.Length(c.now); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if !c.in.Lasts() && c.in.Until.Sub(c.in.Since).Milliseconds() != c.in.LengthMS {
				t.Errorf("got since %s until %s and %d ms, want the same figure", c.in.Since, c.in.Until, c.in.LengthMS)
			}
			if c.in.Since.Nanosecond()%int(time.Millisecond) != 0 || c.in.Since.After(begun) {
				t.Errorf("got since %s, want %s to the millisecond", c.in.Since, begun)
			}
		})
	}
}
