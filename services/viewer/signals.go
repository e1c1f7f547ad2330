package viewer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/text"
)

const (
	signalsPeriod  = time.Second
	signalsSooner  = 100 * time.Millisecond // while no signal is watched
	signalsTimeout = time.Second
	maxSignalList  = 1 << 20 // bytes
)

// signals asks the origins which signals there are, until one answers. The error is that
// of the first.
func signals(ctx context.Context, c *http.Client, origins []string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, signalsTimeout)
	defer cancel()
	var first error
	for _, origin := range origins {
		a, err := httpx.Get(ctx, c, origin+"/signals", maxSignalList)
		var names []string
		if err == nil {
			if names, err = parseSignals(a.Body); err == nil {
				return names, nil
			}
		}
		if first == nil {
			first = fmt.Errorf("%s: %s", origin, text.Cause(err))
		}
	}
	return nil, first
}

// parseSignals reads the answer to GET /signals.
func parseSignals(b []byte) ([]string, error) {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return nil, fmt.Errorf("bad list of signals: %w", err)
	}
	return names, nil
}
