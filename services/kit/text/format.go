package text

import (
	"fmt"
	"strings"
	"time"
)

// Because returns s with its reason after a colon, or s alone when reason is empty.
func Because(s, reason string) string {
	if reason == "" {
		return s
	}
	return s + ": " + reason
}

// Joined returns the texts that are not empty, cleaned, with colons between them.
func Joined(texts ...string) string {
	var list []string
	for _, t := range texts {
		if t != "" {
			list = append(list, Clean(t))
		}
	}
	return strings.Join(list, ": ")
}

// Clock returns the local time of day, such as 15:04:05.
func Clock(t time.Time) string { return t.Local().Format(time.TimeOnly) }

// Brief returns a duration in at most two units, such as 1m05s.
func Brief(d time.Duration) string {
	d = d.Round(time.Second)
	s, m, h := int(d.Seconds())%60, int(d.Minutes())%60, int(d.Hours())
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", s)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", m, s)
	case h < 24:
		return fmt.Sprintf("%dh%02dm", h, m)
	}
	return fmt.Sprintf("%dd%02dh", h/24, h%24)
}

// Bytes returns a number of bytes in KiB, MiB or GiB.
func Bytes(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
}
