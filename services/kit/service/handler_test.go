package service

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gorilla/mux"

	"livestream-tui/services/kit/report"
)

func TestHealthIsServedOnThePortAndOnTheSocket(t *testing.T) {
	var ready atomic.Bool
	socket := filepath.Join(t.TempDir(), "s")
	r := start(t, fake{
		address: "127.0.0.1:0",
		ready:   func() (bool, string) { return ready.Load(), "making the mezzanine of live01" },
		routes: func(r *mux.Router) {
			r.HandleFunc("/own", func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, 200, "own") }).Methods(Reads()...)
		},
	}, Common{Socket: socket})
	base := r.base()
	type answer struct {
		path string
		code int
		body string
	}
	check := func(name string, c *http.Client, base string, want ...answer) {
		t.Helper()
		for _, a := range want {
			if code, body := get(t, c, base+a.path); code != a.code || !strings.Contains(body, a.body) {
				t.Errorf("%s: GET %s: got %d %q, want %d %q", name, a.path, code, body, a.code, a.body)
			}
		}
	}
	waiting := []answer{{"/healthz", 200, "ok"}, {"/readyz", 503, "making the mezzanine of live01\n"}, {"/metrics", 200, "go_goroutines"}}
	check("port", http.DefaultClient, base, append(waiting, answer{"/own", 200, `"own"`})...)
	check("socket", over(t, socket), "http://socket", append(waiting, answer{"/own", 404, ""})...)
	ready.Store(true)
	check("port", http.DefaultClient, base, answer{"/readyz", 200, "ready"})
	check("socket", over(t, socket), "http://socket", answer{"/readyz", 200, "ready"})
	r.cancel(nil)
	if err := r.ended(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
	if _, err := os.Lstat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket after the end: got %v, want none", err)
	}
}

// controlled is a fake that can be told something over its socket.
type controlled struct{ fake }

func (controlled) ControlRoutes(r *mux.Router) {
	r.HandleFunc("/lever", func(w http.ResponseWriter, req *http.Request) {
		var v report.FailoverRequest
		if ReadControl(w, req, &v) {
			WriteJSON(w, http.StatusOK, v.Signal)
		}
	}).Methods(http.MethodPut)
}

func TestControlIsOnTheSocketAlone(t *testing.T) {
	s := controlled{fake{address: "127.0.0.1:0"}}
	k := NewKit("fake", Common{LogFormat: "json", LogLevel: "info"}, Environment{}, io.Discard)
	ask := func(h http.Handler, method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	for _, c := range []struct {
		name               string
		handler            http.Handler
		method, path, body string
		status             int
		want               string
	}{
		{"the socket", SocketHandler(s, k), "PUT", "/lever", `{"signal":"live01"}`, 200, `"live01"`},
		{"the socket, no JSON", SocketHandler(s, k), "PUT", "/lever", `live01`, 400, "{\n  \"error\": \""},
		{"the socket, another method", SocketHandler(s, k), "GET", "/lever", ``, 405, "{\n  \"error\": \""},
		{"the socket, health", SocketHandler(s, k), "GET", "/healthz", ``, 200, "ok"},
		{"the address", Handler(s, k), "PUT", "/lever", `{"signal":"live01"}`, 404, "{\n  \"error\": \""},
		{"the socket of a service that is not controlled", SocketHandler(s.fake, k), "PUT", "/lever", `{}`, 404, ""},
	} {
		if status, body := ask(c.handler, c.method, c.path, c.body); status != c.status || !strings.HasPrefix(body, c.want) {
			t.Errorf("%s: got %d %s, want %d %s", c.name, status, body, c.status, c.want)
		}
	}
}

func TestErrorsAreJSON(t *testing.T) {
	r := start(t, fake{address: "127.0.0.1:0", routes: func(r *mux.Router) {
		ok := func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, 200, "ok") }
		r.HandleFunc("/both", ok).Methods(Reads()...)
		r.HandleFunc("/both", ok).Methods(http.MethodPost)
		r.HandleFunc("/post", ok).Methods(http.MethodPost)
	}}, Common{})
	base := r.base()
	for _, c := range []struct {
		method, path string
		code         int
		allow        string
	}{
		{"GET", "/nosuch", 404, ""},
		{"GET", "/../both", 404, ""},
		{"GET", "/both/", 404, ""},
		{"DELETE", "/both", 405, "GET, HEAD, POST"},
		{"GET", "/post", 405, "POST"},
		{"POST", "/healthz", 405, "GET, HEAD"},
		{"GET", "/both", 200, ""},
		{"HEAD", "/both", 200, ""},
		{"POST", "/both", 200, ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, base, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.URL.Path = c.path
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != c.code || res.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: got %d, Allow %q, %v, want %d, %q", c.method, c.path, res.StatusCode, res.Header.Get("Allow"), err, c.code, c.allow)
		}
		if c.code != 200 && !strings.HasPrefix(string(body), "{\n  \"error\": \"") {
			t.Errorf("%s %s: got %s, want a JSON error", c.method, c.path, body)
		}
		if c.method == "HEAD" && len(body) > 0 {
			t.Errorf("%s %s: got the body %s, want none", c.method, c.path, body)
		}
	}
}
