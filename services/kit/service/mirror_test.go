package service

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"
)

func withIPv6(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	l.Close()
}

// TestAServiceIsFoundAtBothLoopbackAddresses: its URL has localhost, which is the one
// on some machines and the other on others.
func TestAServiceIsFoundAtBothLoopbackAddresses(t *testing.T) {
	withIPv6(t)
	for name, address := range map[string]string{"127.0.0.1": "127.0.0.1:0", "::1": "[::1]:0", "localhost": "localhost:0"} {
		t.Run(name, func(t *testing.T) {
			r := start(t, fake{address: address, routes: func(router *mux.Router) {
				router.HandleFunc("/own", func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, http.StatusOK, "own") })
			}}, Common{})
			_, port, err := net.SplitHostPort(strings.TrimPrefix(r.base(), "http://"))
			if err != nil {
				t.Fatal(err)
			}
			for _, host := range []string{"127.0.0.1", "::1"} {
				if status, body := get(t, fresh(t), "http://"+net.JoinHostPort(host, port)+"/own"); status != 200 || body != "\"own\"\n" {
					t.Errorf("%s: got %d %s, want 200", host, status, body)
				}
			}
			r.cancel(nil)
			if err := r.ended(); err != nil {
				t.Errorf("got %v, want a clean end", err)
			}
			for _, host := range []string{"127.0.0.1", "::1"} {
				if c, err := net.Dial("tcp", net.JoinHostPort(host, port)); err == nil {
					c.Close()
					t.Errorf("%s: somebody listens after the end", host)
				}
			}
		})
	}
}

func TestBothLoopbackSocketsMayBeHandedDown(t *testing.T) {
	withIPv6(t)
	first := listening(t)
	second, err := net.Listen("tcp", mirrorOf(first.Addr()))
	if err != nil {
		t.Skipf("the port is not free on both: %v", err)
	}
	defer second.Close()
	h := handAll(t, []net.Listener{first, second}, "LISTEN_FDS=2", "LISTEN_FDNAMES=fake:fake")
	for _, l := range []net.Listener{first, second} {
		status, body := get(t, fresh(t), "http://"+l.Addr().String()+"/ready")
		if status != 200 || body != "ready" {
			t.Errorf("%s: got %d %s, want 200\n%s", l.Addr(), status, body, h.errors())
		}
	}
}

func TestAnotherProgramOnTheOtherAddressIsTold(t *testing.T) {
	withIPv6(t)
	l := listening(t)
	other, err := net.Listen("tcp", mirrorOf(l.Addr()))
	if err != nil {
		t.Skipf("the port is not free on both: %v", err)
	}
	defer other.Close()
	var log bytes.Buffer
	list := withMirror(l, false, hclog.New(&hclog.LoggerOptions{Output: &log}))
	if len(list) != 1 || list[0] != l || !strings.Contains(log.String(), "localhost may lead there") {
		t.Errorf("got %d listeners and %q, want the one and a warning", len(list), log.String())
	}
}

func TestOnlyLoopbackHasAMirror(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1": "[::1]:80", "::1": "127.0.0.1:80", "0.0.0.0": "", "::": "", "127.0.0.2": "", "192.0.2.7": "",
	} {
		if got := mirrorOf(&net.TCPAddr{IP: net.ParseIP(address), Port: 80}); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
	if got := mirrorOf(&net.UnixAddr{Name: "/x"}); got != "" {
		t.Errorf("a unix socket: got %q, want none", got)
	}
}

// handAll is hand with several sockets.
func handAll(t *testing.T, list []net.Listener, env ...string) *handed {
	t.Helper()
	var files []*os.File
	for _, l := range list {
		f, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files = append(files, f)
	}
	return handFiles(t, files, env...)
}
