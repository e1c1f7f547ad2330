package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/kit/handover"
)

func TestASocketThatIsHandedDownIsServed(t *testing.T) {
	l := listening(t)
	for name, env := range map[string][]string{
		"as the supervisor does":         {"LISTEN_FDS=1", "LISTEN_FDNAMES=other"},
		"as an older systemd does":       {"LISTEN_FDS=1"},
		"by one that checks the process": {"LISTEN_FDS=1", "LISTEN_FDNAMES=fake.socket", "LISTEN_PID="},
	} {
		t.Run(name, func(t *testing.T) {
			h := hand(t, l, env...)
			if status, body := get(t, fresh(t), "http://"+l.Addr().String()+"/pid"); status != 200 || body != fmt.Sprint(h.cmd.Process.Pid) {
				t.Errorf("got %d %s, want 200 and %d", status, body, h.cmd.Process.Pid)
			}
			if err := h.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = h.cmd.Wait() // it was killed
		})
	}
}

func TestDescriptorsOfAnotherProcessOrOfNoSocket(t *testing.T) {
	h := hand(t, nil, "LISTEN_FDS=1", "LISTEN_PID=1")
	h.alive() // it listens itself
	if got := h.errors(); !strings.Contains(got, "listening: address=127.0.0.1:") {
		t.Errorf("got %s, want it to listen by itself", got)
	}
	h = hand(t, nil, "LISTEN_FDS=1")
	_ = h.cmd.Wait() // it fails, and says so
	if got := h.errors(); !strings.Contains(got, "failed: LISTEN_FDS=1: descriptor 3 is no socket to listen on: ") {
		t.Errorf("got %s", got)
	}
}

func TestAHandedSocketIsNotAnsweredOnBeforeTheServiceIsReady(t *testing.T) {
	for _, c := range []struct {
		name, wait string
		becomes    bool // ready
	}{{"until it is ready", "1h", true}, {"but not for ever", "200ms", false}} {
		t.Run(c.name, func(t *testing.T) {
			l := listening(t)
			ready := filepath.Join(t.TempDir(), "ready")
			h := hand(t, l, "LISTEN_FDS=1", "READY_WAIT="+c.wait, childReady+"="+ready)
			began := time.Now()
			h.alive() // the socket is answered on at once
			answered := make(chan error, 1)
			go func() {
				res, err := fresh(t).Get("http://" + l.Addr().String() + "/pid")
				if err == nil {
					res.Body.Close()
				}
				answered <- err
			}()
			if c.becomes {
				select {
				case err := <-answered:
					t.Errorf("answered (%v) before it was ready", err)
				case <-time.After(200 * time.Millisecond): // what must not happen has had its chance
				}
				if err := os.WriteFile(ready, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := <-answered; err != nil {
				t.Error(err)
			}
			if took := time.Since(began); !c.becomes && took < 200*time.Millisecond {
				t.Errorf("answered after %s", took)
			}
		})
	}
	t.Run("one of its own is answered on at once", func(t *testing.T) {
		r := start(t, fake{address: "127.0.0.1:0", ready: func() (bool, string) { return false, "never" }}, Common{ReadyWait: time.Hour})
		if status, _ := get(t, fresh(t), r.base()+"/readyz"); status != 503 {
			t.Errorf("got %d, want 503", status)
		}
	})
	t.Run("it can be asked to end meanwhile", func(t *testing.T) {
		h := hand(t, listening(t), "LISTEN_FDS=1", "READY_WAIT=1h", childReady+"=/not/there")
		h.alive()
		if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := h.cmd.Wait(); err != nil {
			t.Errorf("got %v, want a clean end", err)
		}
	})
}

func TestConnectionsThatASupervisorPassesOnAreServed(t *testing.T) {
	over, theirs := pairOf(t)
	h := handFiles(t, []*os.File{theirs}, "LISTEN_FDS=1", "LISTEN_FDNAMES="+handover.Connections)
	plain, err := os.Open(h.stderr.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	pass(t, over, nil) // messages without a connection are skipped
	pass(t, over, plain)
	for range 3 {
		conn, child := pairOf(t)
		pass(t, over, child)
		child.Close()
		client := &http.Client{Timeout: patience, Transport: &http.Transport{
			DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
		}}
		if status, body := get(t, client, "http://service/healthz"); status != http.StatusOK {
			t.Errorf("got %d %s, want 200", status, body)
		}
	}
	if _, err := os.Lstat(h.socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket at its path: got %v, want it left to the supervisor", err)
	}
	over.Close() // the supervisor has gone, and the service works on
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("a TERM: got %v, want a clean end: %s", err, h.errors())
	}
}

func TestConnectionsNeedASocket(t *testing.T) {
	plain, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	h := handFiles(t, []*os.File{plain}, "LISTEN_FDS=1", "LISTEN_FDNAMES="+handover.Connections)
	if err := h.cmd.Wait(); err == nil {
		t.Error("it runs, want it to refuse")
	}
	if want := fmt.Sprintf("descriptor %d (%s) is no socket", handover.First, handover.Connections); !strings.Contains(h.errors(), want) {
		t.Errorf("got %q, want %q", h.errors(), want)
	}
}
