package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"livestream-tui/services/kit/report"
)

// The operator's word to the origin, which the proxy follows.

var ErrNoOrigin = errors.New("this layout has no origin to ask")

// failover asks the origin to move every signal.
func (p poller) failover(ctx context.Context) error {
	return p.post(ctx, "/failover", report.FailoverRequest{})
}

// hold asks the origin to play every signal from a packager; empty releases.
func (p poller) hold(ctx context.Context, packager string) error {
	return p.post(ctx, "/hold", report.HoldRequest{Packager: packager})
}

// post tells every origin: the proxy follows whichever answers it. It returns nil
// after a 200 of any of them, else the words of all.
func (p poller) post(ctx context.Context, path string, v any) error {
	if len(p.origins) == 0 {
		return ErrNoOrigin
	}
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var errs []error
	for _, origin := range p.origins {
		if err := p.postTo(ctx, origin, path, body); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) < len(p.origins) {
		return nil
	}
	return errors.Join(errs...)
}

func (p poller) postTo(ctx context.Context, origin, path string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, origin+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		return fmt.Errorf("the origin (%s): %w", origin, short(err))
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
	return fmt.Errorf("the origin (%s): %s", origin, why.Error)
}

// hold plays every signal from the packager that the process is.
func (l *Local) hold(ctx context.Context, process string) error {
	l.mu.Lock()
	url := l.packagers[process]
	l.mu.Unlock()
	if url == "" {
		return fmt.Errorf("hold %q: allowed are the layout's packagers", process)
	}
	return l.poll.hold(ctx, url)
}
