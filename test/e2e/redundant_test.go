package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/test/harness"
)

// redundant launches the redundant layout and returns the names of its processes.
func redundant(t *testing.T) (*harness.Platform, []string) {
	t.Helper()
	env := harness.Settings(t)
	harness.SetPorts(t, env, "SERVER_THREE_PORT", "REPORTER_TWO_PORT", "ORIGIN_TWO_PORT")
	l, err := layouts.Load("redundant")
	if err != nil {
		t.Fatal(err)
	}
	var processes []string
	for _, p := range l.Processes {
		processes = append(processes, p.Name)
	}
	return harness.Launch(t, env, "--layout", "redundant"), processes
}

// packagersDiffer is nil when the packagers serve the same segments.
func packagersDiffer(p *harness.Platform) error {
	list, err := harness.Playlist(p.Base("SERVER_ONE_PORT") + "/live01/playlist.m3u8")
	if err != nil {
		return err
	}
	names := []string{list.Segments[0].Map.URI}
	for _, s := range list.Segments[2:] {
		names = append(names, s.URI)
	}
	for _, name := range names {
		var first []byte
		for _, variable := range []string{"SERVER_ONE_PORT", "SERVER_TWO_PORT", "SERVER_THREE_PORT"} {
			status, b, err := harness.Get(p.Base(variable) + "/live01/" + name)
			switch {
			case err != nil || status != http.StatusOK:
				return fmt.Errorf("%s at %s: status %d: %w", name, variable, status, err)
			case first == nil:
				first = b
			case string(b) != string(first):
				return fmt.Errorf("%s at %s has other bytes", name, variable)
			}
		}
	}
	return nil
}

// ingestWell is nil when no packager has had a conflict.
func ingestWell(p *harness.Platform) error {
	for _, variable := range []string{"SERVER_ONE_PORT", "SERVER_TWO_PORT", "SERVER_THREE_PORT"} {
		_, b, err := harness.Get(p.Base(variable) + "/metrics")
		if err != nil {
			return err
		}
		for _, bad := range []string{"packager_conflicts_total{", `packager_ingested_total{result="conflict"}`, `packager_ingested_total{result="refused"}`} {
			if strings.Contains(string(b), bad) {
				return fmt.Errorf("%s has %s", variable, bad)
			}
		}
	}
	return nil
}

func TestNoProcessOfTheRedundantLayoutIsMissed(t *testing.T) {
	harness.Parallel(t)
	p, processes := redundant(t)
	p.AwaitOnAir(processes...)
	p.Await(20*time.Second, "three packagers are up at both reporters", func() error {
		for _, variable := range []string{"REPORTER_PORT", "REPORTER_TWO_PORT"} {
			_, b, err := harness.Get(p.Base(variable) + "/ingests")
			if err != nil || strings.Count(string(b), "http://") != 3 || strings.Count(string(b), `"signal"`) != 1 {
				return fmt.Errorf("%s: %s: %w", variable, b, err)
			}
		}
		return nil
	})
	if err := packagersDiffer(p); err != nil {
		t.Error(err)
	}
	watch := watchPlaylist(p)
	players := harness.Gather(t, p.PlaylistURL(), 8, nil)

	for _, name := range []string{"worker1", "worker2", "server1", "server2", "server3", "reporter1", "origin1", "discovery1"} {
		before := p.Status(name)
		if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
			t.Fatalf("kill %s: %v", name, err)
		}
		newest := watch.newest()
		p.Await(30*time.Second, name+" back, and a segment later", func() error {
			switch s := p.Status(name); {
			case s.PID == before.PID || s.State.String() != "ready":
				return fmt.Errorf("%s: pid %d, %s %s", name, s.PID, s.State, s.Reason)
			case watch.newest() <= newest:
				return errors.New("no new segment")
			}
			return nil
		})
	}
	harness.WantClean(t, players.Leave())
	if err := ingestWell(p); err != nil {
		t.Error(err)
	}

	// Both encoders stop at once: the segments that were missed get their own numbers. The
	// second one takes the stream off air, which needs a yes.
	for _, name := range []string{"worker1", "worker2"} {
		if status, _, errs := harness.Outcome(t, p.Env, "ctl", "stop", name); name == "worker2" && (status != 2 || !strings.Contains(errs, "worker2 is the only worker") || !strings.Contains(errs, "--yes")) {
			t.Errorf("ctl stop of the last worker without a terminal: %d, %s, want 2 and --yes named", status, errs)
		}
		p.Ctl("stop", name, "--yes")
	}
	newest := watch.newest()
	p.Await(10*time.Second, "a segment to be missing", func() error {
		if recorded := time.Now().Unix()/2 - 1; recorded <= newest {
			return fmt.Errorf("msn %d is over, %d is there", recorded, newest)
		}
		return nil
	})
	for _, name := range []string{"worker1", "worker2"} {
		p.Ctl("start", name)
	}
	p.Await(20*time.Second, "segments again", func() error {
		if got := watch.newest(); got < newest+3 {
			return fmt.Errorf("newest msn %d, was %d", got, newest)
		}
		return nil
	})
	for _, problem := range watch.stop() { // gaps are among them
		t.Error(problem)
	}
	if err := packagersDiffer(p); err != nil {
		t.Error(err)
	}
	p.AwaitOnAir(processes...)
}
