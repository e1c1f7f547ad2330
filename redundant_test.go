package main

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/layouts"
)

// redundant launches the layout of that name and returns its processes.
func redundant(t *testing.T) (*platform, []string) {
	t.Helper()
	env := settings(t)
	names := []string{"SERVER_THREE_PORT", "REPORTER_TWO_PORT", "ORIGIN_TWO_PORT"}
	for i, port := range freePorts(t, len(names)) {
		env[names[i]] = strconv.Itoa(port)
	}
	l, err := layouts.Load("redundant")
	if err != nil {
		t.Fatal(err)
	}
	var processes []string
	for _, p := range l.Processes {
		processes = append(processes, p.Name)
	}
	return launch(t, env, "--layout", "redundant"), processes
}

// packagersDiffer is nil when the packagers serve the same segments.
func (p *platform) packagersDiffer() error {
	list, err := playlist(p.base("SERVER_ONE_PORT") + "/live01/playlist.m3u8")
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
			status, b, err := get(p.base(variable) + "/live01/" + name)
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
func (p *platform) ingestWell() error {
	for _, variable := range []string{"SERVER_ONE_PORT", "SERVER_TWO_PORT", "SERVER_THREE_PORT"} {
		_, b, err := get(p.base(variable) + "/metrics")
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
	p, processes := redundant(t)
	p.awaitOnAir(processes...)
	p.await(20*time.Second, "three packagers are up at both reporters", func() error {
		for _, variable := range []string{"REPORTER_PORT", "REPORTER_TWO_PORT"} {
			_, b, err := get(p.base(variable) + "/ingests")
			if err != nil || strings.Count(string(b), "http://") != 3 || strings.Count(string(b), `"signal"`) != 1 {
				return fmt.Errorf("%s: %s: %w", variable, b, err)
			}
		}
		return nil
	})
	if err := p.packagersDiffer(); err != nil {
		t.Error(err)
	}
	watch := watchPlaylist(p)
	crowd := gather(t, p, 8)

	for _, name := range []string{"worker1", "worker2", "server1", "server2", "server3", "reporter1", "origin1", "discovery1"} {
		before := p.status(name)
		if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
			t.Fatalf("kill %s: %v", name, err)
		}
		newest := watch.newest()
		p.await(30*time.Second, name+" back, and a segment later", func() error {
			switch s := p.status(name); {
			case s.PID == before.PID || s.State.String() != "ready":
				return fmt.Errorf("%s: pid %d, %s %s", name, s.PID, s.State, s.Reason)
			case watch.newest() <= newest:
				return errors.New("no new segment")
			}
			return nil
		})
	}
	wantClean(t, crowd.leave())
	if err := p.ingestWell(); err != nil {
		t.Error(err)
	}

	// Both encoders at once: what was missed comes under its numbers.
	for _, name := range []string{"worker1", "worker2"} {
		p.ctl("stop", name)
	}
	newest := watch.newest()
	p.await(10*time.Second, "a segment to be missing", func() error {
		if recorded := time.Now().Unix()/2 - 1; recorded <= newest {
			return fmt.Errorf("msn %d is over, %d is there", recorded, newest)
		}
		return nil
	})
	for _, name := range []string{"worker1", "worker2"} {
		p.ctl("start", name)
	}
	p.await(20*time.Second, "segments again", func() error {
		if got := watch.newest(); got < newest+3 {
			return fmt.Errorf("newest msn %d, was %d", got, newest)
		}
		return nil
	})
	for _, problem := range watch.stop() { // gaps among them
		t.Error(problem)
	}
	if err := p.packagersDiffer(); err != nil {
		t.Error(err)
	}
	p.awaitOnAir(processes...)
}
