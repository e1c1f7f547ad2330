package proxy

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"livestream-tui/services/kit/dial"
	"livestream-tui/services/kit/report"
)

const (
	// pollWait is how long an origin may hold a request for the preference.
	pollWait = 10 * time.Second
	// originDial is how long an origin may take to accept.
	originDial = 2 * time.Second
	// originPause is how long to wait after an origin that did not answer.
	originPause   = 200 * time.Millisecond
	maxPreference = 1 << 20
	maxHeader     = 64 << 10
	// askLeast is the least time between two questions.
	askLeast = 50 * time.Millisecond
)

// origins asks the origins which packager they prefer. Safe for concurrent use.
type origins struct {
	urls   []string // ORIGIN_URL; empty for a proxy alone
	client *http.Client
}

func newOrigins(urls []string, connect dial.Context) *origins {
	if connect == nil {
		connect = dial.Within(originDial)
	}
	return &origins{urls: urls, client: &http.Client{
		Timeout:       pollWait + 2*time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DialContext: connect, MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: maxHeader},
	}}
}

func (o *origins) close() { o.client.CloseIdleConnections() }

// follow tells the preferred packager of a signal whenever it changes, until ctx
// is cancelled. While no origin answers, the last word stays.
func (o *origins) follow(ctx context.Context, signal string, prefer func(packager string)) {
	if len(o.urls) == 0 || !report.IsSignal(signal) {
		return
	}
	tag := ""
	last := ""
	for at := 0; ctx.Err() == nil; {
		began := time.Now()
		p, next, err := o.ask(ctx, o.urls[at%len(o.urls)], signal, tag)
		var pause time.Duration
		switch tag = next; {
		case err != nil:
			at++ // another origin, or this one again from the start
			pause = originPause
		case p != nil && p.Active != "" && p.Active != last:
			last = p.Active
			prefer(last)
		case tag == "":
			pause = originPause // it cannot hold requests
		case time.Since(began) < askLeast:
			pause = askLeast // it did not
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// ask is one long poll. The preference is nil when it has not changed.
func (o *origins) ask(ctx context.Context, base, signal, tag string) (*report.Preference, string, error) {
	url := base + "/live/" + signal + "/packagers"
	if tag != "" {
		url += "?wait=" + pollWait.String()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, "", err
	}
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	res, err := o.client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusNotModified:
		return nil, tag, nil
	case http.StatusOK:
	default:
		return nil, "", fmt.Errorf("status %d", res.StatusCode)
	}
	var p report.Preference
	if err := json.NewDecoder(io.LimitReader(res.Body, maxPreference)).Decode(&p); err != nil {
		return nil, "", fmt.Errorf("%s: %w", url, err)
	}
	return &p, res.Header.Get("ETag"), nil
}
