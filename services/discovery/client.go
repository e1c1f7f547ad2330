package discovery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"livestream-tui/services/hls/follow"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
)

// Limits of every request.
const (
	requestTimeout = time.Second
	maxAnswer      = 4 << 10 // bytes of a reporter's answer
	maxSignals     = 1 << 17 // bytes of a list of signals
)

// errEmpty is a playlist without segments.
var errEmpty = errors.New("playlist lists no segment")

// client talks to packagers and reporters. Safe for concurrent use.
type client struct{ http *http.Client }

func newClient() *client {
	return &client{httpx.New(httpx.Options{Timeout: requestTimeout, Idle: 16})}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// playlist asks a packager for the playlist of a signal.
func (c *client) playlist(ctx context.Context, packager, signal string) result {
	list, a, err := follow.Load(ctx, c.http, packager+"/"+signal+"/"+media.PlaylistName)
	if err == nil && len(list.Segments) == 0 {
		err = errEmpty
	}
	if err != nil {
		return result{At: time.Now(), Err: cause(err)}
	}
	return result{At: time.Now(), Latency: a.FirstByte.Sub(a.Began), Playlist: list}
}

// signals asks a packager which signals it has.
func (c *client) signals(ctx context.Context, packager string) ([]string, error) {
	a, err := httpx.Get(ctx, c.http, packager+"/signals", maxSignals)
	if err != nil {
		return nil, err
	}
	var names []string
	if err := json.Unmarshal(a.Body, &names); err != nil {
		return nil, fmt.Errorf("signals: %w", err)
	}
	return slices.DeleteFunc(names, func(name string) bool { return !report.IsSignal(name) }), nil
}

// post sends a report to a reporter.
func (c *client) post(ctx context.Context, reporter string, r report.IngestReport) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, reporter+"/ingests", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	a, err := httpx.Do(c.http, req, maxAnswer)
	switch {
	case a.Status/100 == 2:
		return nil // the status is the answer, whatever its body
	case a.Status != 0:
		return a.Refusal()
	}
	return err
}

// cause is text.Cause that says how long an answer was waited for.
func cause(err error) string {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Sprintf("no answer within %s", requestTimeout)
	}
	return text.Cause(err)
}
