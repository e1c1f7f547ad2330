package cluster

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/platform/local"
	"livestream-tui/services/kit/service"
)

// elsewhere is an address that no machine has (RFC 5737).
const elsewhere = "203.0.113.9"

// prepared prepares a layout, and returns the error and whether an identity was written.
func prepared(t *testing.T, layout string, env map[string]string) (err error, written bool) {
	t.Helper()
	l, err := layouts.Load(layout)
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	env["STATE_PATH"] = state
	_, err = Prepare(&local.Options{Layout: l, Env: env}, "v1")
	_, none := identity.Open(identity.FolderIn(state))
	return err, !errors.Is(none, identity.ErrNone)
}

func TestAMachineDoesNotStartAtAnAddressOfAnother(t *testing.T) {
	t.Parallel()
	err, written := prepared(t, "cluster", map[string]string{"MACHINE": "a", "CLUSTER_ADDRESS": elsewhere})
	var config *service.ConfigError
	if !errors.As(err, &config) || !strings.Contains(err.Error(), `CLUSTER_ADDRESS="`+elsewhere+`": `) || !strings.Contains(err.Error(), "this machine has ") || written {
		t.Errorf("got %v, an identity: %t, want an error with the addresses of this machine, and nothing written", err, written)
	}
	for name, env := range map[string]map[string]string{
		"a name that nobody knows yet": {"MACHINE": "a", "CLUSTER_ADDRESS": "machine-0.invalid"},
		"one that is translated":       {"MACHINE": "a", "CLUSTER_ADDRESS": elsewhere, "BIND_ADDRESS": "0.0.0.0", "CONTROL_BIND_ADDRESS": "0.0.0.0"},
		"loopback":                     {"MACHINE": "a", "CLUSTER_ADDRESS": addressB},
	} {
		if err, _ := prepared(t, "cluster", env); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestALayoutWithoutFilmsNeedsOtherMachines(t *testing.T) {
	t.Parallel()
	err, written := prepared(t, "edge", map[string]string{"MACHINE": "a"})
	if err == nil || !strings.Contains(err.Error(), "livestream-tui join -") || written {
		t.Errorf("got %v, an identity: %t, want how to join, and nothing written", err, written)
	}
	h := prepare(t, "a", addressA, "", t.TempDir())
	if err, _ := prepared(t, "edge", map[string]string{"MACHINE": "b", "CLUSTER_ADDRESS": addressB, "CLUSTER_TOKEN": h.token()}); err != nil {
		t.Errorf("by a token: got %v", err)
	}
	l, err := layouts.Load("edge")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Prepare(&local.Options{Layout: l, Env: h.options.Env}, "v1"); err == nil || !strings.Contains(err.Error(), "livestream-tui join -") {
		t.Errorf("alone in its cluster: got %v, want how to join", err)
	}
}

func TestAHostNameThatIsNotKnownIsWarnedOf(t *testing.T) {
	for name, c := range map[string]struct {
		address string
		known   int // at which look; zero for never
		warned  bool
	}{
		"an address": {"10.0.0.1", 0, false}, "known at once": {"a", 1, false}, "known later": {"a", 10, false}, "never": {"a", 0, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &fakePlatform{}
			a := &Agent{id: identity.Identity{Address: c.address}, platform: p}
			looks, began := 0, time.Now()
			a.checkName(context.Background(), func(address string) error {
				if looks++; looks == c.known {
					return nil
				}
				return errors.New("there is no " + address)
			})
			if got := p.heardSay("other machines may not reach this one: there is no a"); got != c.warned {
				t.Errorf("%s: warned: %t, want %t", name, got, c.warned)
			}
			if took := time.Since(began); took > namePatience+nameAgain {
				t.Errorf("%s: it took %s, want %s", name, took, namePatience)
			}
		})
	}
}
