package api

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/platform/platformtest"
)

// faultSwitch is a process's socket with a fault switch that knows two modes.
type faultSwitch struct {
	mu  sync.Mutex
	set []string // the bodies that it took; guarded by mu
}

func (s *faultSwitch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method != http.MethodPut || r.URL.Path != "/fault" || r.Header.Get("Content-Type") != "application/json" {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	var f platform.Fault
	if json.Unmarshal(body, &f) != nil || f.Mode != "slow" && f.Mode != platform.NoFault {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"mode \"slwo\": allowed are [none slow]"}`)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set = append(s.set, string(body))
}

func (s *faultSwitch) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.set)
}

// onSocket serves h on a Unix socket and returns its path.
func onSocket(t *testing.T, h http.Handler) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "flt") // short: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a temporary folder: no harm if it stays
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(h)
	server.Listener.Close()
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	return path
}

func TestContractAFaultIsSetOnTheProcessItself(t *testing.T) {
	eachPlatform(t, func(t *testing.T, open func(*testing.T, *local.Local) platform.Platform) {
		packager := new(faultSwitch)
		l := platformOf(t, platformtest.Supervisor{})
		l.OnStatus(platform.Status{Name: "server1", State: procs.Ready, PID: 7, Incarnation: 1, Socket: onSocket(t, packager)})
		l.OnStatus(platform.Status{Name: "proxy", State: procs.Ready, PID: 8, Incarnation: 1, Socket: onSocket(t, http.NotFoundHandler())})
		p := open(t, l)
		ask := func(process string, f platform.Fault) error {
			return p.Command(t.Context(), platform.Command{Process: process, Action: platform.SetFault, Fault: f})
		}
		for _, f := range []platform.Fault{{Mode: "slow", BytesPerSecond: 1000}, {Mode: platform.NoFault}} {
			if err := ask("server1", f); err != nil {
				t.Errorf("%+v: got %v, want no error", f, err)
			}
		}
		if got, want := packager.taken(), []string{`{"mode":"slow","bytes_per_s":1000}`, `{"mode":"none"}`}; !slices.Equal(got, want) {
			t.Errorf("the switch took %q, want %q", got, want)
		}
		for _, c := range []struct {
			name, process, mode string
			says                []string
		}{
			{"a mode that the switch does not know", "server1", "slwo", []string{"server1", `mode "slwo": allowed are [none slow]`}},
			{"a process without a switch", "proxy", "slow", []string{"proxy has no fault switch"}},
			{"a process that does not run", "server2", "slow", []string{"server2 is not running"}},
			{"a name that no process has", "sever1", "slow", []string{`"sever1"`, "server1"}},
		} {
			err := ask(c.process, platform.Fault{Mode: c.mode})
			if err == nil {
				t.Errorf("%s: got no error", c.name)
				continue
			}
			for _, word := range c.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%s: got %q, want %q in it", c.name, err, word)
				}
			}
		}
	})
}

func TestContractACancelledFaultIsNotWaitedFor(t *testing.T) {
	eachPlatform(t, func(t *testing.T, open func(*testing.T, *local.Local) platform.Platform) {
		asked, over := make(chan struct{}), make(chan struct{})
		l := platformOf(t, platformtest.Supervisor{})
		l.OnStatus(platform.Status{Name: "server1", State: procs.Ready, PID: 7, Incarnation: 1, Socket: onSocket(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(asked)
			<-over
		}))})
		defer close(over)
		p := open(t, l)
		ctx, leave := context.WithCancel(t.Context())
		go func() {
			<-asked
			leave()
		}()
		if err := p.Command(ctx, platform.Command{Process: "server1", Action: platform.SetFault, Fault: platform.Fault{Mode: "slow"}}); err == nil {
			t.Error("got no error")
		}
	})
}
