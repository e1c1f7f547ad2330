package drill

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// aCrew is that of a redundant layout.
func aCrew() []Member {
	return []Member{
		{"worker1", RoleEncoder}, {"worker2", RoleEncoder}, {"server1", RolePackager}, {"server2", RolePackager}, {"server3", RolePackager},
		{"reporter1", RoleControl}, {"discovery1", RoleControl}, {"origin1", RoleControl}, {"proxy", RoleProxy}, {"viewer", RoleOther},
	}
}

func TestASoakIsReproducibleByItsSeed(t *testing.T) {
	one := Schedule(1, 10*time.Minute, aCrew())
	if again := Schedule(1, 10*time.Minute, aCrew()); !reflect.DeepEqual(one, again) {
		t.Error("the same seed made another schedule")
	}
	if other := Schedule(2, 10*time.Minute, aCrew()); reflect.DeepEqual(one, other) {
		t.Error("another seed made the same schedule")
	}
}

func TestASoakLeavesAWayFromEncoderToProxy(t *testing.T) {
	for seed := range uint64(50) {
		crew := aCrew()
		list := Schedule(seed, 10*time.Minute, crew)
		if len(list) < 100 {
			t.Errorf("seed %d: %d faults in ten minutes, want 100 or more", seed, len(list))
		}
		atOnceMost := 0
		for i, s := range list {
			m := crew[slices.IndexFunc(crew, func(m Member) bool { return m.Name == s.Process })]
			if _, ok := kindOf(s.Kind, m.Role); !ok || m.Role == RoleOther {
				t.Fatalf("seed %d: %s cannot be done", seed, s.Name())
			}
			if s.At <= 0 || s.At > 10*time.Minute || i > 0 && s.At < list[i-1].At {
				t.Fatalf("seed %d: %s at %s", seed, s.Name(), s.At)
			}
			struck := map[string]bool{s.Process: true}
			for _, o := range list[:i] {
				if o.At+max(o.Hold, atOnce)+convalescence > s.At {
					if o.Process == s.Process {
						t.Fatalf("seed %d: %s at %s, though it is not well again from %s at %s", seed, s.Name(), s.At, o.Kind, o.At)
					}
					struck[o.Process] = true
				}
			}
			atOnceMost = max(atOnceMost, len(struck))
			for _, role := range []Role{RoleEncoder, RolePackager} {
				if !slices.ContainsFunc(crew, func(m Member) bool { return m.Role == role && !struck[m.Name] }) {
					t.Fatalf("seed %d: at %s nobody of role %d is well", seed, s.At, role)
				}
			}
		}
		if atOnceMost < 3 {
			t.Errorf("seed %d: never more than %d at once", seed, atOnceMost)
		}
	}
}

func TestASoakSparesWhoIsAlone(t *testing.T) {
	crew := []Member{{"worker", RoleEncoder}, {"server1", RolePackager}, {"server2", RolePackager}, {"proxy", RoleProxy}}
	for _, s := range Schedule(3, 10*time.Minute, crew) {
		if s.Process == "worker" {
			t.Errorf("%s at %s, though there is no other encoder", s.Name(), s.At)
		}
	}
	if list := Schedule(3, 10*time.Minute, crew[:2]); len(list) > 0 {
		t.Errorf("got %v, want nothing where everybody is alone", list)
	}
}
