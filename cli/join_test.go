package cli

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/cluster/membership"
	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/engine"
	"livestream-tui/services/kit/service"
)

// runEngine runs the engine of a new cluster, with its keys and certificates, until the test
// ends. It returns the environment of its machine, a.
func runEngine(t *testing.T) service.Environment {
	t.Helper()
	c := clustertest.EngineConfigs(t, 1)[0]
	env := onMachine(t)
	i, err := identity.Create(identity.FolderIn(env["STATE_PATH"]), "a", c.ControlBindAddress)
	if err != nil {
		t.Fatal(err)
	}
	own := i.Member()
	own.EnginePort, own.RoutePort = int(c.Port), int(c.RoutePort)
	if i, err = i.WithMembers([]cluster.Member{own}); err != nil {
		t.Fatal(err)
	}
	c.Cert, c.CertKey, c.CA, c.Key, c.EdgeKey = i.CertPath(), i.CertKeyPath(), i.CAPath(), i.MachineKeyPath(), i.EdgeKeyPath()
	s, err := engine.New(c, service.NewKit("engine", service.Common{LogLevel: "error"}, nil, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("the engine: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return env
}

// printedToken is the token that a machine prints.
func printedToken(t *testing.T, env service.Environment, args ...string) string {
	t.Helper()
	printed := invited(t, env, append([]string{"invite"}, args...)...)
	return printed.Encode()
}

func TestAMachineJoinsAndIsRemovedOverTheEngine(t *testing.T) {
	a, b, pop := runEngine(t), onMachine(t), onMachine(t)
	got := invoke(t, b, "join", printedToken(t, a), "--machine", "b", "--address", "127.0.0.9")
	if got.status != statusOK || !strings.Contains(got.out, "this machine is b of cluster") || !strings.Contains(got.errs, "looking for the engine") {
		t.Fatalf("join: got status %d, %q and %q", got.status, got.out, got.errs)
	}
	i, err := identity.Open(identity.FolderIn(b["STATE_PATH"]))
	if err != nil || i.Machine != "b" || i.Member().Order != 2 || i.Members[0].Name != "a" {
		t.Fatalf("got %s, %v, member %+v", i, err, i.Member())
	}
	if got := invoke(t, onMachine(t), "join", printedToken(t, a), "--machine", "b", "--address", "127.0.0.10"); got.status == statusOK || !strings.Contains(got.errs, `name "b": the machine at 127.0.0.9 has it`) {
		t.Errorf("a taken name: got status %d, %q", got.status, got.errs)
	}
	got = invoke(t, pop, "join", printedToken(t, a, "--edge"), "--machine", "pop")
	for _, want := range []string{"MACHINE=pop\n", "ENGINE_KEY=" + pop["STATE_PATH"] + "/cluster/edge.nk\n", "PACKAGERS=http://"} {
		if got.status != statusOK || !strings.Contains(got.out, want) {
			t.Errorf("an edge joins: got status %d, %q and %q, want %q", got.status, got.out, got.errs, want)
		}
	}
	if got := invoke(t, a, "remove", "b"); got.status != statusOK || !strings.Contains(got.errs, "machine b is removed") {
		t.Errorf("remove: got status %d, %q", got.status, got.errs)
	}
	if got := invoke(t, a, "remove", "b"); got.status == statusOK || !strings.Contains(got.errs, "there is none of that name") {
		t.Errorf("removed again: got status %d, %q", got.status, got.errs)
	}
	stranger, err := identity.NewToken([]cluster.Member{{Name: "a", Address: i.Members[0].Address, EnginePort: i.Members[0].EnginePort}})
	if err != nil {
		t.Fatal(err)
	}
	quiet := func(string, ...any) {}
	_, err = membership.Join(t.Context(), membership.Request{
		Token: stranger, Machine: "c", Address: "127.0.0.11", Folder: identity.FolderIn(t.TempDir()), Open: openEngine, Say: quiet, Warn: quiet, Patience: time.Second,
	})
	if err == nil || !strings.Contains(err.Error(), "does not take this token") {
		t.Errorf("a token of another cluster: got %v", err)
	}
}
