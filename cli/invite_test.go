package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/services/kit/service"
)

// onMachine is the environment of a machine with a folder of its own.
func onMachine(t *testing.T) service.Environment {
	t.Helper()
	folder := t.TempDir()
	return service.Environment{"STATE_PATH": folder, "RUN_PATH": folder}
}

// with is an environment with one more variable.
func with(env service.Environment, variable, value string) service.Environment {
	more := service.Environment{variable: value}
	for k, v := range env {
		more[k] = v
	}
	return more
}

// invited is the token that a command line prints, alone on standard output.
func invited(t *testing.T, env service.Environment, args ...string) identity.Token {
	t.Helper()
	got := invoke(t, env, args...)
	if got.status != statusOK {
		t.Fatalf("%v: got status %d: %s", args, got.status, got.errs)
	}
	token, err := identity.ParseToken(got.out)
	if err != nil || strings.Count(got.out, "\n") != 1 {
		t.Fatalf("%v: got %d lines on standard output, %v, want a token alone", args, strings.Count(got.out, "\n"), err)
	}
	return token
}

func TestTheFirstMachineInvites(t *testing.T) {
	env := onMachine(t)
	first := invited(t, env, "invite", "--address", "127.0.0.2", "--machine", "a")
	again := invited(t, env, "invite")
	if first.Encode() != again.Encode() || first.Members[0].Name != "a" || first.Members[0].Address != "127.0.0.2" {
		t.Errorf("got %s of %+v, then %s of %+v, want the same", first, first.Members, again, again.Members)
	}
	if moved := invited(t, env, "invite", "--address", "127.0.0.3"); moved.Members[0].Address != "127.0.0.3" || moved.Cluster != first.Cluster {
		t.Errorf("got %+v, want the other address", moved.Members)
	}
	edge := invited(t, env, "invite", "--edge")
	if edge.Edge == nil || strings.Join(edge.Edge.Packagers, " ") != "http://127.0.0.3:8080 http://127.0.0.3:9090" || strings.Join(edge.Edge.Origins, " ") != "http://127.0.0.3:8001" {
		t.Errorf("got %+v, want the servers of the machine", edge.Edge)
	}
	if other := invited(t, onMachine(t), "invite", "--new", "a=10.0.0.1", "b=b.example.com"); len(other.Members) != 2 || other.Members[1].Address != "b.example.com" {
		t.Errorf("got %+v, want the machines that were named", other.Members)
	}
}

func TestWhatInviteRefuses(t *testing.T) {
	loopback := onMachine(t)
	if _, err := identity.Create(identity.FolderIn(loopback["STATE_PATH"]), "a", identity.Loopback); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		env  service.Environment
		args []string
		want string
	}{
		{"no address", onMachine(t), nil, "--address says by which address"},
		{"an address of another machine", onMachine(t), []string{"--address", "192.0.2.77"}, `address "192.0.2.77": it is not one of this machine`},
		{"a bad name", onMachine(t), []string{"--address", "127.0.0.2", "--machine", "A"}, `name "A"`},
		{"an address that others cannot reach", loopback, nil, "where no other machine reaches it"},
		{"another name", loopback, []string{"--machine", "b"}, `run first: livestream-tui remove a`},
		{"machines without --new", loopback, []string{"a=10.0.0.1"}, "only with --new"},
		{"no address of a machine", onMachine(t), []string{"--new", "a"}, "allowed is MACHINE=ADDRESS"},
		{"a bad address of a machine", onMachine(t), []string{"--new", "a=b:1"}, `address "b:1"`},
		{"no machines", onMachine(t), []string{"--new"}, "at least one machine"},
		{"--new for an edge", onMachine(t), []string{"--new", "--edge", "a=10.0.0.1"}, "leave --edge"},
	} {
		got := invoke(t, c.env, append([]string{"invite"}, c.args...)...)
		if got.status == statusOK || got.out != "" || !strings.Contains(got.errs, c.want) {
			t.Errorf("%s: got status %d, %q and %q, want %q", c.name, got.status, got.out, got.errs, c.want)
		}
		if c.env["STATE_PATH"] != loopback["STATE_PATH"] {
			if _, err := identity.Open(identity.FolderIn(c.env["STATE_PATH"])); !errors.Is(err, identity.ErrNone) {
				t.Errorf("%s: got %v, want no identity", c.name, err)
			}
		}
	}
}

func TestWhatJoinAndRemoveRefuse(t *testing.T) {
	token := invited(t, onMachine(t), "invite", "--new", "a=127.0.0.1").Encode()
	far := invited(t, onMachine(t), "invite", "--new", "a=203.0.113.9").Encode()
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no token", []string{"join"}, "join takes one token"},
		{"two words", []string{"join", token[:30], token[30:]}, "has 2 arguments"},
		{"a bad token", []string{"join", token[:30]}, "the token is damaged"},
		{"a token of another version", []string{"join", "lt9.x"}, "version 9"},
		{"an address of another machine", []string{"join", token, "--machine", "b", "--address", "192.0.2.77"}, `address "192.0.2.77"`},
		{"loopback, and others not", []string{"join", far, "--machine", "b", "--address", "127.0.0.2"}, `address "127.0.0.2": machine a is at 203.0.113.9`},
		{"an address that cannot be told", []string{"join", token, "--machine", "b"}, "set --address"},
		{"a bad name", []string{"join", token, "--machine", "B", "--address", "127.0.0.2"}, `name "B"`},
		{"a name that is taken", []string{"join", token, "--machine", "a", "--address", "127.0.0.2"}, `name "a": the machine at 127.0.0.1 has it`},
		{"nothing to remove", []string{"remove"}, "the name of one machine"},
		{"a bad name to remove", []string{"remove", "A"}, `name "A"`},
		{"no cluster to remove from", []string{"remove", "b"}, "belongs to no cluster"},
	} {
		env := onMachine(t)
		got := invoke(t, env, c.args...)
		if got.status == statusOK || got.out != "" || !strings.Contains(got.errs, c.want) || strings.Contains(got.errs, token[10:30]) {
			t.Errorf("%s: got status %d, %q and %q, want %q and no part of the token", c.name, got.status, got.out, got.errs, c.want)
		}
		if left, _ := filepath.Glob(filepath.Join(env["STATE_PATH"], "*")); len(left) > 0 {
			t.Errorf("%s: %v is left", c.name, left)
		}
	}
}

func TestATokenIsReadFromStandardInput(t *testing.T) {
	token := invited(t, onMachine(t), "invite", "--new", "a=127.0.0.1")
	text := token.Encode()
	for name, in := range map[string]string{
		"a line": text + "\n", "no end of line": text, "broken by mail": text[:60] + "\r\n  " + text[60:] + "\n\n", "followed by more": text + "\nsomething else\n",
	} {
		a, _, _ := newTestApp(t, nil)
		if got, err := a.readToken(strings.NewReader(in)); err != nil || got.Encode() != text {
			t.Errorf("%s: got %v, %v, want the token", name, got, err)
		}
	}
	a, _, _ := newTestApp(t, nil)
	if _, err := a.readToken(strings.NewReader(text[:60])); err == nil || strings.Contains(err.Error(), text[10:40]) {
		t.Errorf("half a token: got %v", err)
	}
}

func TestTheLastMachineRemovesItself(t *testing.T) {
	env := onMachine(t)
	invited(t, env, "invite", "--address", "127.0.0.2", "--machine", "a")
	if got := invoke(t, env, "remove", "a"); got.status != statusOK || !strings.Contains(got.errs, "belongs to no cluster now") {
		t.Errorf("got status %d: %q, want what was done", got.status, got.errs)
	}
	if _, err := os.Stat(identity.FolderIn(env["STATE_PATH"])); err == nil {
		t.Error("its keys are still there")
	}
	if got := invoke(t, with(env, "CLUSTER_ADDRESS", "127.0.0.4"), "invite"); got.status != statusOK {
		t.Errorf("invited anew: got status %d: %s", got.status, got.errs)
	}
}
