package procs

import (
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"livestream-tui/procs/socket"
)

func TestASocketThatWasPassedIsHeldInPlaceOfOurOwn(t *testing.T) {
	t.Parallel()
	proxy, address := heldProxy(t, "held")
	passed, err := socket.Listen("proxy", address)
	if err != nil {
		t.Fatal(err)
	}
	manager, err := syscall.Dup(int(passed.Fd())) // the service manager keeps the socket
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(manager)
	h := newHouse(t, func(_ *house, o *Options) { o.Sockets = []*os.File{passed} }, proxy) // its own would be refused: the address is taken
	first := h.awaitReady("proxy")
	if pid, err := askHeld(fresh(t), address); err != nil || pid != first.PID {
		t.Fatalf("got %d, %v, want %d", pid, err, first.PID)
	}
	h.command("proxy", Restart)
	second := h.awaitBack(first)
	awaitTrue(h, "the one before accepts nothing any more", func() bool {
		pid, err := askHeld(fresh(t), address)
		if err != nil || pid != first.PID && pid != second.PID {
			t.Fatalf("after a restart: got %d, %v, want %d, or %d as long as it accepts", pid, err, second.PID, first.PID)
		}
		return pid == second.PID
	})
	h.stop()
	conn, err := net.DialTimeout("tcp", address, deadline)
	if err != nil {
		t.Fatalf("after the end: got %v, want the connection to wait with the service manager", err)
	}
	conn.Close()
}

func TestASocketThatFitsNoProcessIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, socket, address, err string
	}{
		{"another port", "proxy", "127.0.0.1:0", "proxy: the socket that was passed listens on 127.0.0.1:"},
		{"another name", "prox", "", `a socket named "prox" was passed: allowed are proxy`},
		{"a process that listens itself", "plain", "", `a socket named "plain" was passed: allowed are proxy`},
	} {
		proxy, address := heldProxy(t, "held")
		if c.address == "" {
			c.address = address
		}
		passed, err := socket.Listen(c.socket, c.address)
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(Options{Specs: []Spec{proxy, spec(t, "plain", "held")}, RunPath: folder(t), LogPath: folder(t), Sockets: []*os.File{passed}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Hold(); err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.err)
		}
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			t.Errorf("%s: %s is still listened on", c.name, address)
		}
		s.folder.Leave()
	}
}
