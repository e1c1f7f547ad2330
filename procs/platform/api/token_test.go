package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/httpx"
)

// minter is a platform that makes tokens.
type minter struct {
	platform.Platform
	made []string
}

func (m *minter) Snapshot(context.Context) (platform.Snapshot, error) {
	return platform.Snapshot{}, nil
}

func (m *minter) Token(_ context.Context, signal string) (string, error) {
	if signal == "" {
		return "", errors.New("no signal")
	}
	m.made = append(m.made, signal)
	return "token-" + signal, nil
}

func TestATokenComesOverTheSocketForCommandsAlone(t *testing.T) {
	m := &minter{}
	path := serve(t, m, defaultTimeouts()).path
	r := dialed(t, path)
	if has, err := r.Token(t.Context(), "live01"); err != nil || has != "token-live01" {
		t.Errorf("got %q, %v, want a token", has, err)
	}
	if has, err := r.Token(t.Context(), ""); err == nil || err.Error() != "no signal" || has != "" {
		t.Errorf("a refusal: got %q, %v, want the platform's reason", has, err)
	}
	m.made = nil
	r = dialed(t, serve(t, platform.ReadOnly(m), defaultTimeouts()).path)
	if has, err := r.Token(t.Context(), "live01"); err == nil || !strings.Contains(err.Error(), "makes no playback tokens") || has != "" {
		t.Errorf("the socket for watching: got %q, %v, want it refused", has, err)
	}
	client := httpx.New(httpx.Options{Dial: httpx.Socket(path)})
	defer client.CloseIdleConnections()
	for name, h := range map[string]http.Header{
		"from a web page": {"Content-Type": {"application/json"}, "Origin": {"http://x"}},
		"of a form":       {"Content-Type": {"text/plain"}},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://platform/token", strings.NewReader(`{"signal":"live01"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = h
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body) // what could be read is compared
		res.Body.Close()
		if res.StatusCode != http.StatusUnsupportedMediaType || strings.Contains(string(b), "token-") {
			t.Errorf("%s: got %d %s, want 415", name, res.StatusCode, b)
		}
	}
	if len(m.made) > 0 {
		t.Errorf("tokens were made for %q", m.made)
	}
}
