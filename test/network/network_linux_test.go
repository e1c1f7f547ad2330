package network

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// lab is two hosts on a switch, and a server on the first of them.
func lab(t *testing.T) (one *Link, home *Host, address string) {
	t.Helper()
	n := New(t)
	s := n.Switch("s", 1)
	first, home := n.Host("one"), n.Host("home")
	one = first.Plug(s, 11)
	home.Plug(s, 12)
	var l net.Listener
	var err error
	if within := first.within(func() { l, err = net.Listen("tcp", one.Address+":0") }); err != nil || within != nil {
		t.Fatal(err, within)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 100_000))
	})}}
	server.Start()
	t.Cleanup(server.Close)
	return one, home, l.Addr().String()
}

// try connects from a host; a link that is cut makes that hang.
func try(from *Host, address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	c, err := from.Dialer(new(net.Dialer).DialContext)(ctx, "tcp", address)
	if err == nil {
		err = c.Close()
	}
	return err
}

func TestALinkThatIsCutDropsEverythingWithoutAWord(t *testing.T) {
	link, home, address := lab(t)
	if err := try(home, address); err != nil {
		t.Fatalf("before: %v", err)
	}
	link.Cut()
	if err := try(home, address); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("cut: got %v, want no answer", err)
	}
	link.Join()
	for deadline := time.Now().Add(30 * time.Second); ; {
		err := try(home, address)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("joined again: %v", err)
		}
	}
}

func TestASlowLinkDelaysAndLosesAndSpoilsNothing(t *testing.T) {
	link, home, address := lab(t)
	client := home.Client()
	defer client.CloseIdleConnections()
	get := func() time.Duration {
		t.Helper()
		client.CloseIdleConnections()
		began := time.Now()
		r, err := client.Get("http://" + address)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if n, err := io.Copy(io.Discard, r.Body); err != nil || n != 100_000 {
			t.Fatalf("%d bytes, %v", n, err)
		}
		return time.Since(began)
	}
	get()
	repair := link.Slow(20*time.Millisecond, 0.02)
	if took := get(); took < 80*time.Millisecond {
		t.Errorf("a connection and a request took %s over a wire of 20 ms each way, want 80 ms or more", took)
	}
	repair()
	get()
}

func TestEveryProcessOfAHostIsReached(t *testing.T) {
	n := New(t)
	h := n.Host("one")
	cmd := h.Put(exec.Command("sh", "-c", "sleep 1000 & sleep 1000 & wait"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		pids, err := h.PIDs()
		if err != nil {
			t.Fatal(err)
		}
		if len(pids) == 3 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("processes: %v", pids)
		}
	}
	if err := h.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the first one ended by %v", err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		pids, err := h.PIDs()
		if len(pids) == 0 && err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(fmt.Errorf("left: %v, %w", pids, err))
		}
	}
}
