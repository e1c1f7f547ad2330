package terminal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// ask returns the status of an address, and where it leads.
func ask(t *testing.T, address string) (status int, to string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body) // only the header counts
	return res.StatusCode, res.Header.Get("Location")
}

func TestASecretAddressIsGivenOnceToWhoeverHasItsPath(t *testing.T) {
	const secret = "http://localhost:8002/watch/live01?playback=T"
	var given string
	err := lead(t.Context(), time.Minute, secret, func(address string) error {
		given = address
		root := address[:strings.LastIndex(address, "/")+1]
		for _, wrong := range []string{root, root + "favicon.ico"} {
			if status, to := ask(t, wrong); status != http.StatusNotFound || to != "" {
				t.Errorf("%s: got %d to %q, want 404", wrong, status, to)
			}
		}
		if status, to := ask(t, address); status != http.StatusSeeOther || to != secret {
			t.Errorf("the browser: got %d to %q, want it led to %s", status, to, secret)
		}
		if status, to := ask(t, address); status != http.StatusNotFound || to != "" {
			t.Errorf("another one: got %d to %q, want 404", status, to)
		}
		return nil
	})
	if err != nil || strings.Contains(given, "playback") || !strings.HasPrefix(given, "http://127.0.0.1:") {
		t.Errorf("got %v, and the address %s", err, given)
	}
	if _, err := http.Get(given); err == nil { //nolint:bodyclose // there is none
		t.Error("the address answers on")
	}
}

func TestABrowserThatDoesNotComeIsAnError(t *testing.T) {
	opens := func(string) error { return nil }
	if err := lead(t.Context(), time.Millisecond, "http://x/", opens); err == nil || !strings.Contains(err.Error(), "has not asked for the page") {
		t.Errorf("it does not come: got %v", err)
	}
	none := errors.New("no such program")
	if err := lead(t.Context(), time.Minute, "http://x/", func(string) error { return none }); !errors.Is(err, none) {
		t.Errorf("it does not start: got %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	if err := lead(ended, time.Minute, "http://x/", func(string) error { cancel(); return nil }); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("the dashboard ends: got %v", err)
	}
}
