package local

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/report"
)

// The operator's requests to the origin, which the proxy follows.

// ErrNoOrigin is the error of a failover, a hold or a release in a layout without an origin.
var ErrNoOrigin = errors.New("this layout has no origin")

// failover asks the origins to move a signal; an empty name means every signal.
func (p poller) failover(ctx context.Context, signal string) error {
	return p.post(ctx, "/failover", report.FailoverRequest{Signal: signal})
}

// hold asks the origins to play a signal from a packager; an empty name means every signal,
// and an empty URL ends a hold.
func (p poller) hold(ctx context.Context, signal, packager string) error {
	return p.post(ctx, "/hold", report.HoldRequest{Signal: signal, Packager: packager})
}

// post sends a request to every origin, since the proxy follows any of them. It returns nil
// once one of them accepts, and otherwise all their errors.
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
		if err := p.postTo(ctx, origin+path, body); err != nil {
			errs = append(errs, fmt.Errorf("the origin (%s): %w", origin, err))
		}
	}
	if len(errs) < len(p.origins) {
		return nil
	}
	return errors.Join(errs...)
}

func (p poller) postTo(ctx context.Context, address string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	p.authorize(req)
	a, err := httpx.Do(p.client, req, answerMost)
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return cause(err)
	case a.Status != http.StatusOK:
		return refusal(a)
	}
	return nil
}

// refusal returns the reason in a service's answer; its status where it gives no reason.
func refusal(a httpx.Answer) error {
	err := a.Refusal()
	var refused *httpx.StatusError
	if errors.As(err, &refused) && refused.Detail != "" {
		return errors.New(refused.Detail)
	}
	return err
}

// hold plays a signal, or every signal where its name is empty, from a packager.
func (l *Local) hold(ctx context.Context, signal, process string) error {
	url := l.packagers[process]
	if url == "" {
		return fmt.Errorf("hold %q: allowed are the layout's packagers", process)
	}
	return l.poll.hold(ctx, signal, url)
}

// adminToken is the setting of the token with which the origin is commanded.
const adminToken = "ADMIN_TOKEN"

// withAdminToken is an environment with a token of our own where the operator has set
// none: then only this platform commands its origin.
func withAdminToken(env map[string]string) map[string]string {
	if env[adminToken] != "" {
		return env
	}
	env = maps.Clone(env)
	if env == nil {
		env = map[string]string{}
	}
	env[adminToken] = rand.Text()
	return env
}

// authorize lets a request to the origin command it.
func (p poller) authorize(r *http.Request) {
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
}
