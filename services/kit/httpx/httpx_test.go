package httpx

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAnAnswerIsReadWholeOrIsAnError(t *testing.T) {
	for _, c := range []struct {
		name    string
		answer  http.HandlerFunc
		status  int
		body    string
		failure string
	}{
		{"a good one", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("all of it")) }, 200, "all of it", ""},
		{"as long as is allowed", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 100)) }, 200, strings.Repeat("\x00", 100), ""},
		{"longer than is allowed", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 101)) }, 200, strings.Repeat("\x00", 100), "the answer is larger than 100 bytes"},
		{"a status without a reason", http.NotFound, 404, "404 page not found\n", "status 404"},
		{"a status with a reason", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte(`{"error":"no packager"}`))
		}, 502, `{"error":"no packager"}`, "status 502: no packager"},
		{"a redirect", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/")
			w.WriteHeader(http.StatusFound)
		}, 302, "", "status 302"},
		{"one that breaks off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(20))
			_, _ = w.Write([]byte("half"))
		}, 200, "half", "the answer broke off: unexpected EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(c.answer)
			defer server.Close()
			client := New(Options{})
			defer client.CloseIdleConnections()
			a, err := Get(t.Context(), client, server.URL, 100)
			if a.Status != c.status || string(a.Body) != c.body {
				t.Errorf("got %d, %q, want %d, %q", a.Status, a.Body, c.status, c.body)
			}
			if got := ""; err != nil {
				if got = err.Error(); got != c.failure {
					t.Errorf("got %q, want %q", got, c.failure)
				}
			} else if c.failure != "" {
				t.Errorf("got no error, want %q", c.failure)
			}
			if a.Began.IsZero() || a.FirstByte.Before(a.Began) {
				t.Errorf("got a first byte at %s of a request at %s", a.FirstByte, a.Began)
			}
		})
	}
}

func TestAnAnswerThatDoesNotComeInTimeIsATimeout(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // its backlog accepts
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client := New(Options{Timeout: 50 * time.Millisecond})
	defer client.CloseIdleConnections()
	_, err = Get(t.Context(), client, "http://"+l.Addr().String(), 100)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("got %v, want a timeout", err)
	}
}

func TestASocketIsAskedByItsPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Host))
	})}}
	server.Start()
	defer server.Close()
	client := New(Options{Dial: Socket(path)})
	defer client.CloseIdleConnections()
	if a, err := Get(t.Context(), client, "http://service/readyz", 100); err != nil || string(a.Body) != "service" {
		t.Errorf("got %q, %v, want the host that was asked for", a.Body, err)
	}
}

func TestARefusalWithoutAJSONErrorHasNoDetail(t *testing.T) {
	for body, want := range map[string]string{"<html>": "status 500", `{}`: "status 500", `{"error":"full"}`: "status 500: full"} {
		if got := (Answer{Status: 500, Body: []byte(body)}).Refusal().Error(); got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}
