package fault

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// withEngine is twoPackagers with an engine.
func withEngine() platform.Snapshot {
	s := twoPackagers()
	s.Processes = append(s.Processes, platform.Process{Status: platform.Status{Name: "engine", State: platform.Ready, Incarnation: 1, PID: 7}, Role: layouts.Engine})
	return s
}

// engineFault is a fault without its hold.
func engineFault(f Fault) Fault {
	f.Hold, f.prepare = time.Millisecond, nil
	return f
}

func TestThePackagerDiesWhileThereIsNoEngine(t *testing.T) {
	p := &fake{snapshot: withEngine()}
	if _, err := engineFault(stopEngine).Inject(t.Context(), Target{Platform: p, Signal: "live01"}); err != nil {
		t.Fatal(err)
	}
	if got, want := p.asked(), []string{"kill engine", "stop engine", "kill server2", "start engine"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheEnginesStoreIsRemovedWhileItIsDown(t *testing.T) {
	state := t.TempDir()
	folder := filepath.Join(state, "engine", "a")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	p := &fake{snapshot: withEngine()}
	p.onCommand = func(s *platform.Snapshot, c platform.Command) error {
		if _, err := os.Stat(folder); err != nil && c.Action != platform.Start {
			t.Errorf("%s: the store is gone already", said(c))
		}
		if c.Action == platform.Stop {
			s.Processes = slices.Clone(s.Processes)
			s.Processes[2].PID = 0
		}
		return nil
	}
	if _, err := engineFault(wipeEngine).Inject(t.Context(), Target{Platform: p, Signal: "live01", State: state}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("the store is still there")
	}
	if got, want := p.asked(), []string{"kill engine", "stop engine", "start engine"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFaultsOfTheEngineNeedOne(t *testing.T) {
	var unavailable *UnavailableError
	for _, f := range []Fault{killEngine, hangEngine, stopEngine, wipeEngine} {
		p := &fake{snapshot: twoPackagers()}
		if _, err := engineFault(f).Inject(t.Context(), Target{Platform: p, Signal: "live01"}); !errors.As(err, &unavailable) || len(p.asked()) > 0 {
			t.Errorf("%s without an engine: got %v after %v, want that it is unavailable", f.Name, err, p.asked())
		}
	}
	p := &fake{snapshot: withEngine()}
	if _, err := engineFault(wipeEngine).Inject(t.Context(), Target{Platform: p, Signal: "live01"}); !errors.As(err, &unavailable) || len(p.asked()) > 0 {
		t.Errorf("the store of another's engine: got %v after %v, want that it is unavailable", err, p.asked())
	}
}

func TestKindOf(t *testing.T) {
	for name, want := range map[string]Kind{"default": {}, "live": {Live: true}, "cluster": {Engine: true}} {
		l, err := layouts.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := KindOf(l); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}
