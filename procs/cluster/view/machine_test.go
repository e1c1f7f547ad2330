package view

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
	"livestream-tui/procs/platform/platformtest"
)

// socketOf serves a platform on a socket until the test ends, and returns its path.
func socketOf(t *testing.T, p platform.Platform) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "vw") // short: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) }) // a temporary folder: no harm if it stays
	path := filepath.Join(folder, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		api.Serve(ctx, p, platformtest.DefaultLayout(t), hclog.NewNullLogger(), l)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return path
}

func TestOneMachinesPlatformIsReachedThroughAnother(t *testing.T) {
	a, b := pair(t, 0)
	b.OnStatus(platform.Status{Name: "server1", State: platform.Ready, PID: 7, Incarnation: 3})
	path := socketOf(t, a.view)
	r, err := api.DialMachine(t.Context(), path, "b")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	s, err := r.Snapshot(t.Context())
	if p, known := s.Process("server1"); err != nil || !known || p.PID != 7 || len(s.Processes) != len(b.Now().Processes) {
		t.Errorf("got %+v, %v, want b's own", p, err)
	}
	if l, err := r.Layout(t.Context()); err != nil || l.Name != "default" {
		t.Errorf("its layout: got %+v, %v", l, err)
	}
	if err := r.Command(t.Context(), platform.Command{Process: "server1", Action: platform.Restart}); err != nil || strings.Join(b.commands.all(), ",") != "restart server1" {
		t.Errorf("a command: got %v, and b was given %v", err, b.commands.all())
	}
	if _, err := api.DialMachine(t.Context(), path, "x"); err == nil || err.Error() != `machine "x": allowed are a, b` {
		t.Errorf("no machine: got %v", err)
	}
	if own, err := api.DialMachine(t.Context(), path, "a"); err != nil || len(own.Latest().Processes) != len(b.Now().Processes) {
		t.Errorf("the own machine: got %v", err)
	}
	alone := socketOf(t, a.Local)
	if _, err := api.DialMachine(t.Context(), alone, "b"); err == nil || !strings.Contains(err.Error(), "reaches no other machines") {
		t.Errorf("without a cluster: got %v", err)
	}
	watch := socketOf(t, platform.ReadOnly(a.view))
	if _, err := api.DialMachine(t.Context(), watch, "b"); err == nil || !strings.Contains(err.Error(), "socket for watching") {
		t.Errorf("for watching: got %v", err)
	}
}

func TestAllMachinesAreSeenOverTheSocketOfOne(t *testing.T) {
	a, b := pair(t, 0)
	b.OnStatus(platform.Status{Name: "server1", State: platform.Ready, PID: 7, Incarnation: 3})
	r, err := api.Dial(t.Context(), socketOf(t, a.view))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	if p, known := r.Latest().Process("b/server1"); !known || p.PID != 7 {
		t.Errorf("the first answer: got %+v, want b's processes in it", p)
	}
	err = r.Command(t.Context(), platform.Command{Process: "b/server1", Action: platform.Kill, Incarnation: 3, By: platform.Actor{Via: platform.ViaCtl}})
	if err != nil || strings.Join(b.commands.all(), ",") != "kill server1" {
		t.Errorf("a command: got %v, and b was given %v", err, b.commands.all())
	}
}
