package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/kit/event"
)

// eye asks our proxy what it sees. Another one has nothing of the kind, and then
// there is nothing to see.
type eye struct {
	base   string // the proxy's base URL
	client *http.Client
}

// Failover is one that the proxy told of.
type Failover struct {
	ID   int64     `json:"id"`
	Time time.Time `json:"time"`
	event.Failover
}

// failovers are those told since.
func (e eye) failovers(ctx context.Context, since time.Time) []Failover {
	_, body, err := ask(ctx, e.client, http.MethodGet, e.base+"/events", nil)
	if err != nil {
		return nil
	}
	var all []struct {
		Event string `json:"event"`
		Failover
	}
	if json.Unmarshal(body, &all) != nil {
		return nil
	}
	var list []Failover
	for _, e := range all {
		if e.Event == string(event.KindFailover) && !e.Time.Before(since) {
			list = append(list, e.Failover)
		}
	}
	return list
}

// unwell says which packager our proxy finds not up, nil when none or not known.
func (e eye) unwell(ctx context.Context) error {
	if down := e.down(ctx); len(down) > 0 {
		return fmt.Errorf("the proxy finds a packager not up: %s", strings.Join(down, ", "))
	}
	return nil
}

// down are the packagers that our proxy finds not up, by their base URLs.
func (e eye) down(ctx context.Context) []string {
	_, body, err := ask(ctx, e.client, http.MethodGet, e.base+"/metrics", nil)
	if err != nil {
		return nil // another's proxy
	}
	var list []string
	for line := range strings.Lines(string(body)) {
		labels, ok := strings.CutPrefix(line, "proxy_packager_up{")
		if !ok {
			continue
		}
		labels, value, _ := strings.Cut(labels, "}")
		if up, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && up == 0 {
			_, rest, _ := strings.Cut(labels, `packager="`)
			packager, _, _ := strings.Cut(rest, `"`)
			list = append(list, packager)
		}
	}
	return list
}
