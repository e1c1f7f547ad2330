package proxy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/httpx"
)

const (
	answerWithin = 2 * time.Second
	answerMost   = 1 << 20
)

// API asks the platform's own proxy what it sees. Another proxy has no such
// API, and the methods then return nothing.
type API struct {
	// URL is the proxy's base URL.
	URL    string
	Client *http.Client
}

// Failover is a failover that the proxy reported.
type Failover struct {
	ID   int64     `json:"id"`
	Time time.Time `json:"time"`
	event.Failover
}

// Failovers returns the failovers since a time.
func (a API) Failovers(ctx context.Context, since time.Time) []Failover {
	answer, err := get(ctx, a.Client, a.URL+"/events")
	if err != nil {
		return nil
	}
	var all []struct {
		Event string `json:"event"`
		Failover
	}
	if json.Unmarshal(answer.Body, &all) != nil {
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

// Unwell returns an error that names the packagers that are not up for the proxy; nil when
// all are up or the proxy does not say.
func (a API) Unwell(ctx context.Context) error {
	if down := a.Down(ctx); len(down) > 0 {
		return fmt.Errorf("the proxy finds a packager not up: %s", strings.Join(down, ", "))
	}
	return nil
}

// Down returns the base URLs of the packagers that are not up for the proxy.
func (a API) Down(ctx context.Context) []string {
	answer, err := get(ctx, a.Client, a.URL+"/metrics")
	if err != nil {
		return nil // another proxy
	}
	var list []string
	for line := range strings.Lines(string(answer.Body)) {
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

// get returns the answer to a request whose status is 200.
func get(ctx context.Context, client *http.Client, address string) (httpx.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	a, err := httpx.Get(ctx, client, address, answerMost)
	if err != nil {
		err = fmt.Errorf("%s: %w", address, err)
	}
	return a, err
}
