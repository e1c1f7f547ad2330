package procs

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/procs/machine"
)

func TestAProbeTellsWhatAServiceSays(t *testing.T) {
	say := func(w http.ResponseWriter, status int, text string) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text) // the probe has gone: it is not what is tested
	}
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
		want  machine.Event
	}{
		{"ready", func(w http.ResponseWriter, _ *http.Request) { say(w, 200, "ready\n") }, machine.Event{Kind: machine.Probed, Ready: true, Reason: "ready"}},
		{"not ready yet", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/readyz" {
				say(w, 503, "making the mezzanine\nof a film\n")
			}
		}, machine.Event{Kind: machine.Probed, Reason: "making the mezzanine"}},
		{"a long reason", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/readyz" {
				say(w, 503, strings.Repeat("x", 3*reasonMost))
			}
		}, machine.Event{Kind: machine.Probed, Reason: strings.Repeat("x", reasonMost)}},
		{"not well", func(w http.ResponseWriter, _ *http.Request) { say(w, 500, "no") }, machine.Event{Kind: machine.Missed}},
		{"it breaks off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, machine.Event{Kind: machine.Missed}},
		{"it does not say whether it is ready", func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/readyz" {
				panic(http.ErrAbortHandler)
			}
		}, machine.Event{Kind: machine.Probed, Reason: "alive, but does not say whether it is ready"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, socket := unixServer(t, c.serve)
			p := prober{dial: to(socket)}
			defer p.hangUp()
			for n := range 3 {
				if got := p.ask(t.Context()); !reflect.DeepEqual(got, c.want) {
					t.Errorf("probe %d: got %+v, want %+v", n, got, c.want)
				}
				server.CloseClientConnections() // as a server does with one that was idle for long
			}
			server.Close()
			if got, want := p.ask(t.Context()), (machine.Event{Kind: machine.Missed}); !reflect.DeepEqual(got, want) {
				t.Errorf("gone: got %+v, want %+v", got, want)
			}
		})
	}
}

func TestAServiceThatHangsIsMissedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := prober{dial: func(context.Context) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, theirs) }() // it reads, and says nothing
			return ours, nil
		}}
		defer p.hangUp()
		began := time.Now()
		if got, want := p.ask(t.Context()), (machine.Event{Kind: machine.Missed}); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if took := time.Since(began); took != probeTimeout {
			t.Errorf("it took %s, want %s", took, probeTimeout)
		}
	})
}

// to dials the socket at path.
func to(path string) dial {
	return func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
}

func unixServer(t *testing.T, serve http.HandlerFunc) (*httptest.Server, string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "lt-") // short: a socket lies in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) }) // a temporary folder: no harm if it stays
	socket := filepath.Join(folder, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(serve)
	_ = server.Listener.Close() // ours instead
	server.Listener = l
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server, socket
}
