package service

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"
)

// guarded is a fake whose address is for players.
type guarded struct {
	fake
	admin string
}

func (g guarded) AdminAddress() string { return g.admin }

func (g guarded) AdminRoutes(r *mux.Router) {
	r.HandleFunc("/events", func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, http.StatusOK, "10.0.0.7 failed") }).Methods(Reads()...)
}

func TestWhatPlayersMaySee(t *testing.T) {
	const players, reason = "127.0.0.1:8002", "10.0.0.7 does not answer"
	closed := guarded{fake{address: players, ready: func() (bool, string) { return false, reason }, routes: func(r *mux.Router) {
		r.PathPrefix("/").HandlerFunc(func(w http.ResponseWriter, r *http.Request) { WriteError(w, http.StatusNotFound, "no such media") }).Methods(Reads()...)
	}}, ""}
	public, apart := closed, closed
	public.admin, apart.admin = players, "127.0.0.1:8003"
	k := NewKit("fake", Common{LogFormat: "json", LogLevel: "info"}, Environment{}, io.Discard)
	for _, c := range []struct {
		name    string
		handler http.Handler
		path    string
		status  int
		body    string
	}{
		{"players, alive", Handler(closed, k), "/healthz", 200, "ok\n"},
		{"players, not ready", Handler(closed, k), "/readyz", 503, "not ready\n"},
		{"players, metrics", Handler(closed, k), "/metrics", 404, "nothing is served"},
		{"players, events", Handler(closed, k), "/events", 404, "nothing is served"},
		{"players, where operators have a port", Handler(apart, k), "/metrics", 404, "nothing is served"},
		{"players, media", Handler(closed, k), "/live01/metrics", 404, "no such media"},
		{"all on one, metrics", Handler(public, k), "/metrics", 200, "go_goroutines"},
		{"all on one, events", Handler(public, k), "/events", 200, "10.0.0.7"},
		{"all on one, not ready", Handler(public, k), "/readyz", 503, reason},
		{"operators, metrics", AdminHandler(apart, k), "/metrics", 200, "go_goroutines"},
		{"operators, events", AdminHandler(apart, k), "/events", 200, "10.0.0.7"},
		{"operators, not ready", AdminHandler(apart, k), "/readyz", 503, reason},
		{"operators, media", AdminHandler(apart, k), "/live01/playlist.m3u8", 404, "nothing is served"},
		{"the socket, events", SocketHandler(closed, k), "/events", 200, "10.0.0.7"},
		{"the socket, not ready", SocketHandler(closed, k), "/readyz", 503, reason},
		{"another service, metrics", Handler(closed.fake, k), "/metrics", 200, "go_goroutines"},
	} {
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.path, nil))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s: got %d %.200q, want %d %q", c.name, w.Code, w.Body, c.status, c.body)
		}
	}
}

func TestOperatorsHaveAnAddressOfTheirOwn(t *testing.T) {
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	admin := probe.Addr().String()
	t.Run("that is taken", func(t *testing.T) {
		err := start(t, guarded{fake{address: "127.0.0.1:0"}, admin}, Common{}).ended()
		if want := "cannot listen on " + admin + " for operators: address already in use"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	})
	_ = probe.Close()
	r := start(t, guarded{fake{address: "127.0.0.1:0"}, admin}, Common{Socket: filepath.Join(t.TempDir(), "s")})
	if code, _ := get(t, http.DefaultClient, r.base()+"/metrics"); code != http.StatusNotFound {
		t.Errorf("players: got %d, want 404", code)
	}
	deadline := time.Now().Add(patience)
	for { // the socket is opened after the port
		res, err := http.Get("http://" + admin + "/events")
		if err == nil {
			_ = res.Body.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	r.cancel(nil)
	if err := r.ended(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
}

func TestAdmin(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"none", ""}, {"public", "0.0.0.0:80"}, {"8003", "127.0.0.1:8003"}, {"0", "error"}, {"yes", "error"}, {"", "error"},
	} {
		var a Admin
		got := "error"
		if err := a.UnmarshalText([]byte(c.text)); err == nil {
			got = a.Address("0.0.0.0:80", "127.0.0.1")
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}
