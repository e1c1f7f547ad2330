package soak

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"livestream-tui/layouts"
)

// redundant are the processes of a redundant layout.
func redundant() []Member {
	return []Member{
		{"worker1", layouts.Worker}, {"worker2", layouts.Worker}, {"server1", layouts.Packager}, {"server2", layouts.Packager}, {"server3", layouts.Packager},
		{"reporter1", layouts.Reporter}, {"discovery1", layouts.Discovery}, {"origin1", layouts.Origin}, {"proxy", layouts.Proxy}, {"viewer", layouts.Viewer},
	}
}

// lines are injections as text, which can be compared.
func lines(list []Injection) []string {
	all := make([]string, len(list))
	for i, in := range list {
		all[i] = fmt.Sprintf("%s %s %s", in.At, in.Name(), in.Hold)
	}
	return all
}

func TestASoakIsReproducibleByItsSeed(t *testing.T) {
	one := Schedule(1, 10*time.Minute, redundant())
	if again := Schedule(1, 10*time.Minute, redundant()); !slices.Equal(lines(one), lines(again)) {
		t.Error("the same seed made another schedule")
	}
	if other := Schedule(2, 10*time.Minute, redundant()); slices.Equal(lines(one), lines(other)) {
		t.Error("another seed made the same schedule")
	}
}

func TestASoakLeavesAWayFromEncoderToProxy(t *testing.T) {
	for seed := range uint64(50) {
		all := redundant()
		list := Schedule(seed, 10*time.Minute, all)
		if len(list) < 100 {
			t.Errorf("seed %d: %d faults in ten minutes, want 100 or more", seed, len(list))
		}
		atOnceMost := 0
		for i, s := range list {
			m := all[slices.IndexFunc(all, func(m Member) bool { return m.Name == s.Process })]
			if !slices.Contains(s.Fault.Roles, m.Role) || m.Role == layouts.Viewer {
				t.Fatalf("seed %d: %s cannot be done", seed, s.Name())
			}
			if s.At <= 0 || s.At > 10*time.Minute || i > 0 && s.At < list[i-1].At {
				t.Fatalf("seed %d: %s at %s", seed, s.Name(), s.At)
			}
			struck := map[string]bool{s.Process: true}
			for _, o := range list[:i] {
				if o.At+max(o.Hold, atOnce)+cooldown > s.At {
					if o.Process == s.Process {
						t.Fatalf("seed %d: %s at %s, though it is not well again from %s at %s", seed, s.Name(), s.At, o.Fault.Name, o.At)
					}
					struck[o.Process] = true
				}
			}
			atOnceMost = max(atOnceMost, len(struck))
			for _, role := range []layouts.Role{layouts.Worker, layouts.Packager} {
				if !slices.ContainsFunc(all, func(m Member) bool { return m.Role == role && !struck[m.Name] }) {
					t.Fatalf("seed %d: at %s nobody of role %s is well", seed, s.At, role)
				}
			}
		}
		if atOnceMost < 3 {
			t.Errorf("seed %d: never more than %d at once", seed, atOnceMost)
		}
	}
}

func TestASoakSparesWhoIsAlone(t *testing.T) {
	all := []Member{{"worker", layouts.Worker}, {"server1", layouts.Packager}, {"server2", layouts.Packager}, {"proxy", layouts.Proxy}}
	for _, s := range Schedule(3, 10*time.Minute, all) {
		if s.Process == "worker" {
			t.Errorf("%s at %s, though there is no other encoder", s.Name(), s.At)
		}
	}
	if list := Schedule(3, 10*time.Minute, all[:2]); len(list) > 0 {
		t.Errorf("got %v, want nothing where everybody is alone", list)
	}
}
