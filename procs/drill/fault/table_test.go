package fault

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestSelect(t *testing.T) {
	if list, err := Select(nil, true, Kind{Live: true, Engine: true}); err != nil || len(list) != len(All()) {
		t.Errorf("no names, more: got %d faults, %v, want all", len(list), err)
	}
	if list, err := Select(nil, false, Kind{Live: true, Engine: true}); err != nil || len(list) == len(All()) || slices.ContainsFunc(list, func(f Fault) bool { return f.More }) {
		t.Errorf("no names: got %d faults, %v, want the ordinary ones", len(list), err)
	}
	if list, err := Select(nil, true, Kind{}); err != nil || slices.ContainsFunc(list, func(f Fault) bool { return f.Live || f.Engine }) {
		t.Errorf("no live signals and no engine: got %d faults, %v, want none of those", len(list), err)
	}
	if list, err := Select(nil, true, Kind{Engine: true}); err != nil || !slices.ContainsFunc(list, func(f Fault) bool { return f.Engine }) {
		t.Errorf("with an engine: got %d faults, %v, want those of engines", len(list), err)
	}
	list, err := Select([]string{"flap", "kill-active"}, false, Kind{})
	if err != nil || len(list) != 2 || list[0].Name != "flap" || list[1].Name != "kill-active" {
		t.Errorf("got %v, %v, want those named, in that order", list, err)
	}
	if _, err := Select([]string{"kill-actve"}, false, Kind{}); err == nil || !strings.Contains(err.Error(), "kill-actve") || !strings.Contains(err.Error(), "kill-active-in-mid-body") {
		t.Errorf("an unknown name: got %v, want an error with the name and those that there are", err)
	}
}

// Scripts name these; others may be added.
func TestFaults(t *testing.T) {
	var names []string
	for _, f := range All() {
		if slices.Contains(names, f.Name) || f.About == "" || f.inject == nil || f.hits == nil {
			t.Errorf("%s: named twice, or without words, victims or a fault", f.Name)
		}
		names = append(names, f.Name)
	}
	for _, want := range []string{"kill-active", "kill-standby", "kill-active-in-mid-body", "pause-active", "stale-active", "lag-active", "slow-active",
		"truncate-active", "error-active", "html-active", "empty-active", "not-found-active", "restart-active", "flap", "kill-both-for-3s",
		"kill-discovery", "kill-reporter", "kill-origin", "kill-each-in-turn",
		"kill-worker", "pause-worker", "kill-all-workers-3s", "kill-proxy", "restart-proxy", "upgrade", "kill-ffmpeg", "clock-step", "disk-full",
		"fd-exhaustion", "kill-engine", "hang-engine", "stop-engine", "wipe-engine"} {
		if !slices.Contains(names, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestEveryFaultProvesACaseThatIsDocumented(t *testing.T) {
	b, err := os.ReadFile("../../../docs/FAILURES.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range All() {
		if !regexp.MustCompile("(?m)^### " + regexp.QuoteMeta(f.Proves) + "$").Match(b) {
			t.Errorf("%s proves %q, which is no case of docs/FAILURES.md", f.Name, f.Proves)
		}
	}
}

func TestEveryFaultOfASoakIsOneOfItsRole(t *testing.T) {
	for _, r := range Randoms() {
		if r.About == "" || r.inject == nil || len(r.Roles) == 0 || r.Least > r.Most {
			t.Errorf("%s: without words, roles or a fault, or for no time", r.Name)
		}
		for _, role := range r.Roles {
			same := slices.DeleteFunc(Randoms(), func(o Random) bool { return o.Name != r.Name || !slices.Contains(o.Roles, role) })
			if len(same) != 1 {
				t.Errorf("%s of a %s: got %d faults, want 1", r.Name, role, len(same))
			}
		}
	}
}
