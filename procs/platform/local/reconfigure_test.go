package local

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/platformtest"
)

// reconfigurable is a platform on a machine, whose processes log their CONTROL_TEST_CHILD.
func reconfigurable(t *testing.T, stopped ...string) *upgradable {
	t.Helper()
	layout, err := layouts.Parse("test.yaml", []byte(`processes:
  - {name: last, service: viewer, depends_on: [first, second]}
  - {name: second, service: origin, depends_on: [first, stopped], port: {variable: ORIGIN_PORT, default: 1}}
  - {name: first, service: worker}
  - {name: stopped, service: discovery}
screens:
  - {name: main, rows: [{panels: [{panel: logs}]}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root := newRoot(t)
	u := &upgradable{T: t}
	u.Local, err = New(Options{
		Layout: withVersion(layout, "one"), Self: self, Env: map[string]string{"GORACE": "atexit_sleep_ms=0", "ORIGIN_PORT": freePort(t)}, Machine: "a", Address: "127.0.0.1", Stopped: stopped,
		RunPath: filepath.Join(root, "run"), LogPath: filepath.Join(root, "logs"), Log: hclog.NewNullLogger(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- u.Local.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("Run: got %v, want a clean end", err)
		}
	})
	_, u.events, _ = u.Subscribe(ctx)
	return u
}

// freePort is a port that nothing listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// withVersion is the layout with another environment.
func withVersion(l layouts.Layout, version string) layouts.Layout {
	l.Processes = slices.Clone(l.Processes)
	for i := range l.Processes {
		l.Processes[i].Environment = map[string]string{"CONTROL_TEST_CHILD": version}
	}
	return l
}

func TestAReconfigurationRestartsWhatIsAffected(t *testing.T) {
	u := reconfigurable(t, "stopped")
	u.awaitVersions("one one one -")
	if p := processOf(t, u.Now(), "stopped"); p.State != procs.Exited || p.Wanted || p.Incarnation != 0 || !p.IsStopped() {
		t.Errorf("got %+v, want it stopped from the start", p.Status)
	}
	next := withVersion(u.layout, "two")
	if err := u.Reconfigure(t.Context(), next, []string{"last", "first", "stopped"}, "machine b has joined"); err != nil {
		t.Fatal(err)
	}
	u.awaitVersions("two one two -")
	for name, want := range map[string]int{"first": 1, "last": 1, "second": 0} {
		if p := processOf(t, u.Now(), name); p.Restarts != want || p.Again() != 0 {
			t.Errorf("%s: got %d restarts, %d of them counted, want %d and none", name, p.Restarts, p.Again(), want)
		}
	}
	var said []string
	journal, _ := u.Journal(t.Context(), u.Now().Started, 100)
	for _, e := range journal {
		if e.Log() != nil {
			said = append(said, e.Process+" "+e.Log().Message)
		}
	}
	if want := []string{"first restarted: machine b has joined", "last restarted: machine b has joined"}; !slices.Equal(said, want) {
		t.Errorf("the journal: got %q, want %q", said, want)
	}
	if env := processOf(t, u.Now(), "second").Env; !slices.Contains(env, "CONTROL_TEST_CHILD=two") {
		t.Errorf("what is shown: got %v, want what its next start gets", env)
	}
	for _, name := range []string{"second", "stopped"} {
		action := platform.Restart
		if name == "stopped" {
			action = platform.Start
		}
		if err := u.Command(t.Context(), platform.Command{Process: name, Action: action}); err != nil {
			t.Fatal(err)
		}
	}
	u.awaitVersions("two two two two")
}

func TestAReconfigurationGoesOnWhereItFailed(t *testing.T) {
	u := reconfigurable(t, "stopped")
	u.awaitVersions("one one one -")
	broken := withVersion(u.layout, "two")
	for i := range broken.Processes {
		if broken.Processes[i].Name == "second" {
			broken.Processes[i].Environment = map[string]string{"CONTROL_TEST_CHILD": "broken"}
		}
	}
	err := u.Reconfigure(t.Context(), broken, []string{"last", "second", "first"}, "a test")
	if err == nil || !strings.HasPrefix(err.Error(), "second did not become ready: ") {
		t.Fatalf("got %v", err)
	}
	if p := processOf(t, u.Now(), "last"); p.Incarnation != 1 {
		t.Errorf("last: got incarnation %d, want it untouched", p.Incarnation)
	}
	if err := u.Reconfigure(t.Context(), withVersion(u.layout, "three"), []string{"second"}, "a test"); err != nil {
		t.Fatal(err)
	}
	u.awaitVersions("three three two -")
}

func TestTheProcessesOfAMachineHaveItsAddress(t *testing.T) {
	u := reconfigurable(t, "stopped")
	p := processOf(t, u.Now(), "second")
	if want := "http://127.0.0.1:" + u.options.Env["ORIGIN_PORT"]; p.Machine != "a" || p.Address != want || p.URL() != want {
		t.Errorf("got machine %s, %s, %s, want %s", p.Machine, p.Address, p.URL(), want)
	}
	if p := processOf(t, u.Now(), "first"); p.Machine != "a" || p.Address != "" {
		t.Errorf("without a port: got %s, %s", p.Machine, p.Address)
	}
	u.awaitVersions("one one one -")
	platformtest.Await(t, "it does not wait for what is stopped", func() bool { return processOf(t, u.Now(), "second").State == procs.Ready })
}
