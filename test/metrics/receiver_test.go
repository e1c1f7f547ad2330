package metrics

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"livestream-tui/procs/webhook"
	"livestream-tui/test/harness"
)

// secret signs the alerts of a test.
const secret = "the key of a test"

// receiver takes the alerts of a platform, and is beside one that never answers.
type receiver struct {
	address, hanging string

	mu    sync.Mutex
	kinds []webhook.Kind // guarded by mu
	bad   []string       // what is wrong with what came; guarded by mu
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	good := httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(good.Close)
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(hanging.Close)
	r.address, r.hanging = good.URL, hanging.URL
	return r
}

func (r *receiver) take(_ http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var a webhook.Alert
	if err == nil {
		err = json.Unmarshal(body, &a)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", req.Header.Get("Webhook-Id"), req.Header.Get("Webhook-Timestamp"), body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kinds = append(r.kinds, a.Kind)
	if got := req.Header.Get("Webhook-Signature"); err != nil || got != want || a.ID != req.Header.Get("Webhook-Id") {
		r.bad = append(r.bad, fmt.Sprintf("signature %s, want %s: %s, %v", got, want, body, err))
	}
}

// await waits until the alerts of a failover and of an outage have come, the latter in their
// order.
func (r *receiver) await(t *testing.T, p *harness.Platform) {
	t.Helper()
	wanted := []webhook.Kind{webhook.OffAirSoon, webhook.OffAir, webhook.BackOnAir}
	p.Await(limit, "every alert was received", func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		rest := wanted
		for _, kind := range r.kinds {
			if len(rest) > 0 && kind == rest[0] {
				rest = rest[1:]
			}
		}
		if len(rest) > 0 || !slices.Contains(r.kinds, webhook.Failover) {
			return fmt.Errorf("%v were received, and not yet %v and a failover", r.kinds, rest)
		}
		return nil
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	t.Logf("alerts: %v", r.kinds)
	if len(r.bad) > 0 {
		t.Errorf("badly signed: %q", r.bad)
	}
	if slices.Contains(r.kinds, webhook.StillOn) {
		t.Error("it is still on air, without WEBHOOK_STILL_ON")
	}
}
