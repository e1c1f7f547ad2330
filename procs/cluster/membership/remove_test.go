package membership

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/services/cluster"
)

// three has the machines b and c join, with servers and wishes of c.
func (w *world) three() (b identity.Identity) {
	w.Helper()
	r := w.request()
	b, err := Join(w.ctx, r)
	if err != nil {
		w.Fatal(err)
	}
	w.put("machine.c", cluster.Member{Name: "c", Address: "10.0.0.3", EnginePort: 4222, RoutePort: 6222, Order: 3})
	for _, m := range []string{"b", "c"} {
		url := "http://" + m + ":8080"
		w.put("svc.packager."+m+".server1", cluster.Instance{Machine: m, Name: "server1", Kind: "packager", URL: url})
		w.put("svc.origin."+m+".origin", cluster.Instance{Machine: m, Name: "origin", Kind: "origin", URL: url})
		w.put("ingest.live01."+cluster.NameOf(url), "{}")
		w.put("intent.stop."+m+".server1", cluster.Intent{})
		w.put("intent.drain."+m, cluster.Intent{})
		w.put("intent.back.stop."+m+".server2", cluster.Intent{})
		w.put("intent.back.drain."+m, cluster.Intent{})
	}
	w.put("intent.pin.live01", cluster.Pin{})
	return b
}

// removal is that of a machine, asked for on a.
func (w *world) removal(machine string) Removal {
	r := w.request()
	return Removal{Own: w.a, Machine: machine, Open: w.open, Say: r.Say, Warn: r.Warn}
}

func TestAMachineIsForgotten(t *testing.T) {
	inWorld(t, func(w *world) {
		b := w.three()
		own, err := w.a.WithMembers(b.Members)
		if err != nil {
			w.Fatal(err)
		}
		w.a = own
		if err := Remove(w.ctx, w.removal("c")); err != nil {
			w.Fatal(err)
		}
		want := []string{
			"ingest.live01.b-8080", "intent.back.drain.b", "intent.back.stop.b.server2", "intent.drain.b", "intent.pin.live01", "intent.stop.b.server1", "machine.a", "machine.b", "store", "svc.origin.b.origin", "svc.packager.b.server1",
		}
		if got := w.keys(); !slices.Equal(got, want) {
			w.Errorf("got %v, want %v", got, want)
		}
		if len(w.said) != 2 || !strings.HasSuffix(w.said[1], "there are a, b") {
			w.Errorf("got %v, want who is left", w.said)
		}
		if err := Remove(w.ctx, w.removal("c")); err == nil || !strings.Contains(err.Error(), `machine "c": there is none of that name; there are a, b`) {
			w.Errorf("removed again: got %v", err)
		}
		leaves := w.removal("b")
		leaves.Own = b
		if err := Remove(w.ctx, leaves); err != nil {
			w.Fatal(err)
		}
		if _, err := identity.Open(b.Folder); !errors.Is(err, identity.ErrNone) || slices.Contains(w.keys(), "machine.b") {
			w.Errorf("b left: got %v, keys %v, want neither", err, w.keys())
		}
		if _, err := identity.Open(w.a.Folder); err != nil {
			w.Errorf("a lost its identity: %v", err)
		}
	})
}

func TestAMachineThatIsHeardIsNotRemovedByMistake(t *testing.T) {
	inWorld(t, func(w *world) {
		b := w.three()
		w.a, _ = w.a.WithMembers(b.Members)
		w.runs(cluster.Beat{Machine: "c"}, 0)
		before := w.keys()
		if err := Remove(w.ctx, w.removal("c")); !errors.Is(err, ErrHeard) || !slices.Equal(before, w.keys()) {
			w.Errorf("got %v, keys %v, want a refusal and nothing changed", err, w.keys())
		}
		r := w.removal("c")
		r.Heard = true
		if err := Remove(w.ctx, r); err != nil || slices.Contains(w.keys(), "machine.c") || len(w.warned) != 1 {
			w.Errorf("got %v, keys %v, warned of %v", err, w.keys(), w.warned)
		}
	})
}

func TestTheLastMachineLeavesWithoutAnEngine(t *testing.T) {
	inWorld(t, func(w *world) {
		w.engine.StopStore()
		if err := Remove(w.ctx, w.removal("a")); err != nil {
			w.Fatal(err)
		}
		if _, err := identity.Open(w.a.Folder); !errors.Is(err, identity.ErrNone) {
			w.Errorf("got %v, want no identity", err)
		}
		if len(w.said) != 1 || !strings.Contains(w.said[0], "this machine was a of cluster "+w.a.Cluster) {
			w.Errorf("said %q, want what was done", w.said)
		}
	})
}

func TestAMachineThatIsLeftAloneLeavesWithoutAnEngine(t *testing.T) {
	inWorld(t, func(w *world) {
		b := w.three()
		w.engine.StopStore()
		leaves := w.removal("b")
		leaves.Own = b
		if err := Remove(w.ctx, leaves); !errors.Is(err, ErrUntold) {
			w.Errorf("got %v, want ErrUntold", err)
		}
		if _, err := identity.Open(b.Folder); err != nil {
			w.Errorf("it has left: %v", err)
		}
		leaves.Heard = true
		if err := Remove(w.ctx, leaves); err != nil || len(w.warned) != 1 || !strings.Contains(w.warned[0], "livestream-tui remove b") {
			w.Errorf("got %v, warned of %q, want what is left to do", err, w.warned)
		}
		if _, err := identity.Open(b.Folder); !errors.Is(err, identity.ErrNone) {
			w.Errorf("got %v, want no identity", err)
		}
	})
}

func TestItIsSaidAtOnceWhatIsWaitedFor(t *testing.T) {
	inWorld(t, func(w *world) {
		b := w.three()
		w.a, _ = w.a.WithMembers(b.Members)
		w.engine.StopStore()
		removal := w.removal("c")
		ctx, cancel := context.WithTimeout(w.ctx, 2*sayWaiting)
		defer cancel()
		if err := Remove(ctx, removal); !errors.Is(err, context.DeadlineExceeded) {
			w.Errorf("got %v, want that it still waits", err)
		}
		if len(w.said) != 2 || !strings.HasPrefix(w.said[0], "looking for the engine") || !strings.HasSuffix(w.said[1], "; waiting for up to 15s") {
			w.Errorf("said %q, want what it waits for", w.said)
		}
	})
}
