package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"livestream-tui/services/report"
)

// The operator's word to the origin, which the proxy follows.

var errNoOrigin = errors.New("this layout has no origin to ask")

// failover asks the origin to move every signal.
func (p poller) failover(ctx context.Context) error {
	return p.post(ctx, "/failover", report.FailoverRequest{})
}

// hold asks the origin to play every signal from a packager; empty releases.
func (p poller) hold(ctx context.Context, packager string) error {
	return p.post(ctx, "/hold", report.HoldRequest{Packager: packager})
}

// post returns nil after a 200, else the origin's words.
func (p poller) post(ctx context.Context, path string, v any) error {
	if p.origin == "" {
		return errNoOrigin
	}
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.origin+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		return fmt.Errorf("the origin (%s): %w", p.origin, short(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	var why report.Error
	b, err := io.ReadAll(io.LimitReader(resp.Body, answerMost))
	if err != nil || json.Unmarshal(b, &why) != nil || why.Error == "" {
		why.Error = fmt.Sprintf("status %d", resp.StatusCode)
	}
	return fmt.Errorf("the origin (%s): %s", p.origin, why.Error)
}

// holdOrRelease holds the packager that the process is, or releases it where it is
// held.
func (l *Local) holdOrRelease(ctx context.Context, process string) error {
	l.mu.Lock()
	held, url := "", l.packagers[process]
	for _, p := range l.now.Preferences {
		if p.Held {
			held = p.Active
		}
	}
	l.mu.Unlock()
	switch url {
	case "":
		return fmt.Errorf("hold %q: allowed are the layout's packagers", process)
	case held:
		return l.poll.hold(ctx, "")
	}
	return l.poll.hold(ctx, url)
}
