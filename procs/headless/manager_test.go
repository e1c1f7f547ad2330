package headless

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/local"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/procs/systemd"
)

// listening is a service manager, and the socket on which it is told.
func listening(t *testing.T) (*systemd.Manager, *net.UnixConn) {
	t.Helper()
	folder, err := os.MkdirTemp("", "notify") // short: the path of a socket has a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(folder, "n"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	manager, err := systemd.New(map[string]string{systemd.SocketVariable: filepath.Join(folder, "n"), systemd.WatchdogVariable: "60000000"})
	if err != nil {
		t.Fatal(err)
	}
	return manager, c
}

// toldUntil is what a service manager was told, up to an assignment.
func toldUntil(t *testing.T, c *net.UnixConn, last string) []string {
	t.Helper()
	var told []string
	if err := c.SetReadDeadline(time.Now().Add(platformtest.Deadline)); err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 4096); !slices.Contains(told, last); {
		n, err := c.Read(b)
		if err != nil {
			t.Fatalf("it was told %q, want %s in the end: %v", told, last, err)
		}
		told = append(told, strings.Split(string(b[:n]), "\n")...)
	}
	return told
}

func TestAStopIsToldEvenBetweenTwoTicks(t *testing.T) {
	manager, c := listening(t)
	ctx, cancel := context.WithCancel(t.Context())
	var out strings.Builder
	if err := Run(ctx, newStage(t, func(*local.Local) { cancel() }), Options{Out: &out, Manager: manager}); err != nil {
		t.Fatal(err)
	}
	toldUntil(t, c, "STOPPING=1")
}

func TestAServiceManagerIsToldHowTheRunGoes(t *testing.T) {
	manager, c := listening(t)
	var out strings.Builder
	if err := Run(t.Context(), newStage(t, everyReady), Options{Out: &out, For: 50 * time.Millisecond, Manager: manager}); err != nil {
		t.Fatal(err)
	}
	told := toldUntil(t, c, "STOPPING=1")
	ready := slices.Index(told, "READY=1")
	if ready < 0 || !slices.Contains(told, "WATCHDOG=1") || !slices.ContainsFunc(told[max(0, ready):], func(s string) bool { return strings.HasPrefix(s, "STATUS=on air") }) {
		t.Errorf("it was told %q, want READY=1, WATCHDOG=1 and that the stream is on air", told)
	}
}

func TestAnUpgradeIsAReload(t *testing.T) {
	h, _ := readyRun(t, 0)
	if got, want := h.status(false), "starting: "; got != want {
		t.Errorf("before it is on air: got %q, want %q", got, want)
	}
	h.aired(platform.OnAir{State: platform.AirOn, Spare: true, Signals: []platform.SignalAir{{Signal: "live01", State: platform.AirOn, Due: true}}}, noon)
	for _, c := range []struct {
		upgrade *platform.Upgrading
		want    string
	}{
		{nil, "on air; 1 of 1 signals"},
		{&platform.Upgrading{Process: "proxy", Done: 2, Total: 8}, "upgrading proxy, 3 of 8"},
		{&platform.Upgrading{Process: "proxy", Done: 2, Total: 8, Ended: noon}, "on air; 1 of 1 signals"},
	} {
		h.snapshot.Upgrade = c.upgrade
		if got := h.status(false); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if got, want := h.status(true), "stopping"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheStatusOfAStartNamesWhatIsWaitedFor(t *testing.T) {
	h, _ := readyRun(t, 0)
	h.event(platformtest.StatusEvent("worker", platform.Running))
	h.startup.progress("worker", "converting live01.mp4: 12%", noon)
	h.startup.procs["worker"].ready = false
	if got, want := h.status(false), "starting: worker: converting live01.mp4: 12%"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
