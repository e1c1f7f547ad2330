package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAPortThatIsTakenIsSaid(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	ran := false
	err = start(t, fake{address: taken.Addr().String(), run: func(context.Context) error { ran = true; return nil }}, Common{}).ended()
	want := fmt.Sprintf("cannot listen on %s: address already in use; free the port or set another", taken.Addr())
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if ran {
		t.Error("the service ran, want it not to have begun")
	}
}

func TestSockets(t *testing.T) {
	t.Run("one that a dead incarnation left is replaced", func(t *testing.T) {
		socket := filepath.Join(t.TempDir(), "s")
		left, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		left.SetUnlinkOnClose(false)
		left.Close()
		r := start(t, fake{address: "127.0.0.1:0"}, Common{Socket: socket})
		r.base()
		// The port listens before the socket does: ask until it is there.
		client, deadline := over(t, socket), time.Now().Add(patience)
		for {
			res, err := client.Get("http://socket/healthz")
			if err == nil {
				res.Body.Close()
				return
			}
			if time.Now().After(deadline) {
				t.Fatal(err)
			}
		}
	})
	t.Run("a file that is no socket is left alone", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "s")
		if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		err := start(t, fake{}, Common{Socket: file}).ended()
		if err == nil || !strings.Contains(err.Error(), "SERVICE_SOCKET=") {
			t.Errorf("got %v, want an error that names SERVICE_SOCKET", err)
		}
		if b, err := os.ReadFile(file); string(b) != "precious" {
			t.Errorf("got %q, %v, want the file as it was", b, err)
		}
	})
	t.Run("one that cannot be made frees the port", func(t *testing.T) {
		r := start(t, fake{address: "127.0.0.1:0"}, Common{Socket: filepath.Join(t.TempDir(), "nosuch", "s")})
		address := strings.TrimPrefix(r.base(), "http://")
		if err := r.ended(); err == nil {
			t.Error("got a clean end, want an error")
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatalf("the port is still held: %v", err)
		}
		l.Close()
	})
}

func TestAnAddressThatAnotherIncarnationHasIsWaitedFor(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := listenTCP(other.Addr().String(), true)
	if err != nil {
		t.Fatal(err)
	}
	var n net.Error
	if _, err := l.Accept(); !errors.As(err, &n) || !n.Temporary() { //nolint:staticcheck // a listener is asked this
		t.Errorf("while it is taken: got %v, want an error that passes", err)
	}
	_ = other.Close()
	taken := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			_ = c.Close()
		}
		taken <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ctx.Err() == nil {
		c, err := net.Dial("tcp", l.Addr().String())
		if err == nil {
			_ = c.Close()
			break
		}
	}
	if err := <-taken; err != nil {
		t.Errorf("got %v", err)
	}
	_ = l.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after its end: got %v", err)
	}
}
