package preference

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"livestream-tui/services/kit/dial"
	"livestream-tui/services/kit/httpx"
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
	// askLeast is the least time between two requests.
	askLeast = 50 * time.Millisecond
)

// Origins asks the origins which packager they prefer. Safe for concurrent use.
type Origins struct {
	urls   []string // ORIGIN_URL; empty for a proxy alone
	client *http.Client
}

// New returns the origins at urls. connect connects to them; nil means package dial.
func New(urls []string, connect dial.Context) *Origins {
	return &Origins{urls: urls, client: httpx.New(httpx.Options{
		Timeout: pollWait + 2*time.Second, Dial: connect, DialTimeout: originDial, Idle: 64, MaxHeader: maxHeader,
	})}
}

// Close closes the connections to the origins.
func (o *Origins) Close() { o.client.CloseIdleConnections() }

// Follow calls prefer with the packager that is preferred for a signal whenever it
// changes, until ctx is cancelled. While no origin answers, the last preference stays.
func (o *Origins) Follow(ctx context.Context, signal string, prefer func(packager string)) {
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
			pause = originPause // it does not hold requests
		case time.Since(began) < askLeast:
			pause = askLeast // it did not hold this one
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// signalsWait is how long an origin may take to say which signals there are.
const signalsWait = 2 * time.Second

// Signals asks which signals there are; the first origin that answers is right. The error
// is the last one's.
func (o *Origins) Signals(ctx context.Context) ([]string, error) {
	err := errors.New("there is no origin")
	for _, base := range o.urls {
		var list []string
		if list, err = o.signals(ctx, base); err == nil {
			return list, nil
		}
	}
	return nil, err
}

func (o *Origins) signals(ctx context.Context, base string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, signalsWait)
	defer cancel()
	a, err := httpx.Get(ctx, o.client, base+"/signals", maxPreference)
	if err != nil {
		return nil, err
	}
	var list []string
	if err := json.Unmarshal(a.Body, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", base, err)
	}
	return slices.DeleteFunc(list, func(name string) bool { return !report.IsSignal(name) }), nil
}

// ask sends one long poll. The preference is nil when it has not changed.
func (o *Origins) ask(ctx context.Context, base, signal, tag string) (*report.Preference, string, error) {
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
