package viewer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"livestream-tui/services/kit/text"
)

const (
	signalsPeriod  = time.Second
	signalsSooner  = 100 * time.Millisecond // while there is none to watch
	signalsTimeout = time.Second
	maxSignalList  = 1 << 20 // bytes
)

// signals asks the origins which signals there are; the first that answers is
// believed. The error is the first one's.
func signals(ctx context.Context, c *http.Client, origins []string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, signalsTimeout)
	defer cancel()
	var first error
	for _, origin := range origins {
		a, err := transfer(ctx, c, order{url: origin + "/signals", limit: maxSignalList, within: signalsTimeout}, func(Wait) {})
		var names []string
		if err == nil {
			if names, err = parseSignals(a.body); err == nil {
				return names, nil
			}
		}
		if first == nil {
			first = fmt.Errorf("%s: %s", origin, text.Cause(err))
		}
	}
	return nil, first
}

// parseSignals reads an origin's GET /signals.
func parseSignals(b []byte) ([]string, error) {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return nil, fmt.Errorf("bad list of signals: %w", err)
	}
	return names, nil
}
