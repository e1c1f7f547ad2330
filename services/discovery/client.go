package discovery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/dial"
	"livestream-tui/services/kit/report"
)

// Limits of every request.
const (
	requestTimeout = time.Second
	maxAnswer      = 4 << 10 // bytes of an answer other than a playlist that are read
	maxSignals     = 1 << 17 // bytes of a list of signals
)

// client talks to packagers and reporters. Safe for concurrent use.
type client struct {
	http *http.Client
	now  func() time.Time
}

func newClient() *client {
	return &client{now: time.Now, http: &http.Client{
		Timeout: requestTimeout,
		// A packager that sends us elsewhere is not the one we ask about.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:         dial.Within(requestTimeout),
			MaxIdleConnsPerHost: 16,
			IdleConnTimeout:     90 * time.Second,
			DisableCompression:  true, // the latency is the packager's, not gzip's
		},
	}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// playlist asks a packager for a signal's playlist.
func (c *client) playlist(ctx context.Context, packager, signal string) result {
	began := c.now()
	list, first, err := c.fetch(ctx, packager+"/"+signal+"/"+media.PlaylistName)
	at := c.now()
	if err != nil {
		return result{At: at, Err: cause(err)}
	}
	return result{At: at, Latency: first.Sub(began), Playlist: list}
}

// fetch returns a playlist and when the first byte of the answer came.
func (c *client) fetch(ctx context.Context, url string) (*m3u8.MediaPlaylist, time.Time, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, time.Time{}, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, time.Time{}, err
	}
	first := c.now()
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, first, answered(res)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, m3u8.MaxPlaylist+1))
	if err != nil {
		return nil, first, fmt.Errorf("playlist broke off: %w", err)
	}
	if len(body) > m3u8.MaxPlaylist {
		return nil, first, fmt.Errorf("playlist is larger than %d bytes", m3u8.MaxPlaylist)
	}
	list, err := m3u8.ParseMedia(body)
	if err != nil {
		return nil, first, err
	}
	if len(list.Segments) == 0 {
		return nil, first, errors.New("playlist lists no segment")
	}
	return list, first, nil
}

// signals asks a packager which signals there are.
func (c *client) signals(ctx context.Context, packager string) ([]string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, packager+"/signals", nil)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, answered(res)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxSignals))
	if err != nil {
		return nil, err
	}
	var names []string
	if err := json.Unmarshal(body, &names); err != nil {
		return nil, fmt.Errorf("signals: %w", err)
	}
	return slices.DeleteFunc(names, func(name string) bool { return !report.IsSignal(name) }), nil
}

// post gives a reporter a report.
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
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return answered(res)
	}
	return nil
}

// refusal is an answer that is none of the good ones.
type refusal struct {
	status int
	detail string // of a JSON error, else empty
}

func (e *refusal) Error() string {
	if e.detail == "" {
		return fmt.Sprintf("status %d", e.status)
	}
	return fmt.Sprintf("status %d: %s", e.status, e.detail)
}

func answered(res *http.Response) error {
	e := refusal{status: res.StatusCode}
	// What is no JSON error has no detail that is worth showing.
	if body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer)); err == nil {
		var detail report.Error
		if json.Unmarshal(body, &detail) == nil {
			e.detail = detail.Error
		}
	}
	return &e
}
