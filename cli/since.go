package cli

import (
	"fmt"
	"time"
)

// sinceHelp is what --since takes, in words.
const sinceHelp = "a time ago, such as 90m or 24h; a time of day, such as 20:00; or a date, such as \"2006-01-02 15:04\""

// parseSince returns the time that --since names. A time of day is the last one of that
// time.
func parseSince(value string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(value); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	for _, form := range []string{"15:04", time.TimeOnly} {
		clock, err := time.Parse(form, value)
		if err != nil {
			continue
		}
		year, month, day := now.Date()
		at := time.Date(year, month, day, clock.Hour(), clock.Minute(), clock.Second(), 0, now.Location())
		if at.After(now) {
			at = time.Date(year, month, day-1, clock.Hour(), clock.Minute(), clock.Second(), 0, now.Location())
		}
		return at, nil
	}
	for _, form := range []string{time.DateOnly, "2006-01-02 15:04", time.DateTime, time.RFC3339} {
		if at, err := time.ParseInLocation(form, value, now.Location()); err == nil && at.Before(now) {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("--since %q: allowed are %s", value, sinceHelp)
}
