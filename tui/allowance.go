package tui

import (
	"time"

	"livestream-tui/tui/panel"
)

const (
	// logRate is how many lines of log a second the dashboard takes while they keep coming:
	// more than anybody can read. Of more it takes warnings and errors first, and the newest.
	logRate = 250
)

// allowance is how many lines of log may be taken: all that the logs keep at the start and
// after a quiet time, and logRate a second in a flood. It bounds what a flood costs the
// dashboard and the platform.
type allowance struct {
	spent float64 // of panel.LogsMost
	at    time.Time
}

// lines returns how many lines may be taken in a poll after a period: in a flood always as
// many, since a platform gives dashboards that ask for as many the same answer.
func (a allowance) lines(period time.Duration) int {
	least := int(logRate * period / time.Second)
	if left := panel.LogsMost - int(a.spent); left >= 2*least {
		return left
	}
	return least
}

// next returns the allowance after lines were taken at a time.
func (a allowance) next(lines int, at time.Time) allowance {
	earned := max(0, at.Sub(a.at).Seconds()) * logRate
	return allowance{spent: min(panel.LogsMost, max(0, a.spent-earned)+float64(lines)), at: at}
}
