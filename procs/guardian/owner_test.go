package guardian

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"livestream-tui/procs/child"
)

func TestAProcessBelongsToTheSupervisorThatRecordsItsGroup(t *testing.T) {
	t.Parallel()
	run := t.TempDir()
	socket := filepath.Join(run, "x.1.sock")
	ours, started := stranger(t, socket)
	theirs, _ := stranger(t, socket)
	supervisor, supervisorStarted := stranger(t, "")
	gone, _ := stranger(t, "")
	write := func(pid int, started string, list ...record) {
		t.Helper()
		for i := range list {
			list[i].Supervisor = started
		}
		b, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(run, fmt.Sprintf("%s%d", recordsName, pid)), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(supervisor, supervisorStarted, record{"proxy", ours, started, socket, ""})
	write(gone, "at another time", record{"proxy", theirs, started, socket, ""})
	for name, c := range map[string]struct {
		pid  int
		want int
	}{
		"one of its groups":                {ours, supervisor},
		"the supervisor itself":            {supervisor, supervisor},
		"one of a supervisor that is gone": {theirs, 0},
		"ourselves":                        {os.Getpid(), 0},
	} {
		if got, ok := Owner(run, c.pid); got != c.want || ok != (c.want != 0) {
			t.Errorf("%s: got %d, %t, want %d", name, got, ok, c.want)
		}
	}
	if got, ok := Owner(filepath.Join(run, "none"), ours); ok {
		t.Errorf("no folder: got %d, want none", got)
	}
	if _, ok := child.StartedAt(ours); !ok {
		t.Error("asking has ended it")
	}
}
