package systemd

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// deadline is how long a message may take.
const deadline = 10 * time.Second

// listen is a manager's socket, and the variables that name it.
func listen(t *testing.T) (*net.UnixConn, map[string]string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "notify") // short: the path of a socket has a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	path := filepath.Join(folder, "n")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, map[string]string{SocketVariable: path}
}

// message is the next message, without the number of a clock.
func message(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4096)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(MONOTONIC_USEC=)[1-9]\d*`).ReplaceAllString(string(b[:n]), "${1}N")
}

func TestAManagerIsToldWhatChanges(t *testing.T) {
	c, env := listen(t)
	m, err := New(env)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		state State
		want  string // empty: nothing is sent
	}{
		{State{Status: "waits for the worker"}, "STATUS=waits for the worker"},
		{State{Status: "waits for the worker"}, ""},
		{State{Ready: true, Status: "on air"}, "READY=1\nSTATUS=on air"},
		{State{Ready: true, Status: "on air"}, ""},
		{State{Ready: true, Reloading: true, Status: "upgrading"}, "RELOADING=1\nMONOTONIC_USEC=N\nSTATUS=upgrading"},
		{State{Ready: true, Reloading: true, Status: "two\nlines"}, "STATUS=two lines"},
		{State{Ready: true, Status: "on air"}, "READY=1\nSTATUS=on air"},
		{State{Ready: true, Stopping: true, Status: "stopping"}, "STOPPING=1\nSTATUS=stopping"},
		{State{Ready: true, Stopping: true, Status: "gone"}, "STATUS=gone"},
	} {
		if err := m.Tell(step.state, time.Now()); err != nil {
			t.Fatal(err)
		}
		if step.want == "" { // what comes next is the next step's, or the test fails there
			continue
		}
		if got := message(t, c); got != step.want {
			t.Errorf("%+v: got %q, want %q", step.state, got, step.want)
		}
	}
}

func TestTheWatchdogIsFedWellWithinItsTime(t *testing.T) {
	c, env := listen(t)
	env[WatchdogVariable], env[WatchdogPIDVariable] = "20000000", strconv.Itoa(os.Getpid())
	m, err := New(env)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Unix(1000, 0)
	for at := time.Duration(0); at < 20*time.Second; at += 250 * time.Millisecond {
		if err := m.Tell(State{}, began.Add(at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Tell(State{Status: "end"}, began.Add(20*time.Second-1)); err != nil {
		t.Fatal(err)
	}
	fed := 0
	for got := message(t, c); got != "STATUS=end"; got = message(t, c) {
		if got != "WATCHDOG=1" {
			t.Errorf("got %q, want a sign of life", got)
		}
		fed++
	}
	if fed != 4 {
		t.Errorf("got %d signs of life in the manager's patience, want 4", fed)
	}
}

func TestWhatCouldNotBeSentIsSentLater(t *testing.T) {
	c, env := listen(t)
	m, err := New(env)
	if err != nil {
		t.Fatal(err)
	}
	path := m.socket
	m.socket += "-gone"
	if err := m.Tell(State{Ready: true}, time.Now()); err == nil || !strings.Contains(err.Error(), "NOTIFY_SOCKET=") {
		t.Errorf("got %v, want an error that names NOTIFY_SOCKET", err)
	}
	m.socket = path
	if err := m.Tell(State{Ready: true}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := message(t, c); got != "READY=1" {
		t.Errorf("got %q, want READY=1", got)
	}
}

func TestNew(t *testing.T) {
	for _, c := range []struct {
		name     string
		env      map[string]string
		manager  bool
		watchdog time.Duration
		err      string
	}{
		{"no manager", map[string]string{WatchdogVariable: "x"}, false, 0, ""},
		{"a path", map[string]string{SocketVariable: "/run/n"}, true, 0, ""},
		{"an abstract name", map[string]string{SocketVariable: "@n", WatchdogVariable: "1500"}, true, 1500 * time.Microsecond, ""},
		{"another process's watchdog", map[string]string{SocketVariable: "@n", WatchdogVariable: "x", WatchdogPIDVariable: "1"}, true, 0, ""},
		{"a relative path", map[string]string{SocketVariable: "n"}, false, 0, `NOTIFY_SOCKET="n": allowed`},
		{"no time", map[string]string{SocketVariable: "@n", WatchdogVariable: "0"}, false, 0, `WATCHDOG_USEC="0": allowed`},
	} {
		m, err := New(c.env)
		if (m != nil) != c.manager || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %v, %v, want a manager: %t, error %q", c.name, m, err, c.manager, c.err)
		}
		if m != nil && m.watchdog != c.watchdog {
			t.Errorf("%s: watchdog: got %s, want %s", c.name, m.watchdog, c.watchdog)
		}
	}
	if err := (*Manager)(nil).Tell(State{Ready: true}, time.Now()); err != nil {
		t.Errorf("no manager: got %v", err)
	}
}
