package procs

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/child"
)

// GuardianCommand is the hidden command that runs Guard.
const GuardianCommand = "guardian"

const (
	// A dead guardian is replaced after guardianFirst, then twice as long each
	// time up to guardianMost; one that lived for guardianMost begins anew.
	guardianFirst = 200 * time.Millisecond
	guardianMost  = 10 * time.Second
	// guardianGrace is how long a guardian may take to end after its supervisor.
	guardianGrace = 2 * time.Second
)

// Guard is the guardian's whole life: it reads r, whose other end the supervisor
// holds, until the supervisor's death closes it, and then kills every group that the
// supervisor has named there last. A line is a JSON array of records; path is the
// file that holds the same, for a supervisor of an earlier version that writes no
// lines. orphaned: the supervisor has not ended as it should. The caller must have
// ignored INT, TERM, HUP and QUIT.
func Guard(r io.Reader, path string) (orphaned bool, err error) {
	last, err := lastLine(r)
	switch {
	case err != nil:
		return false, fmt.Errorf("guardian: %w", err)
	case last == nil:
		_, err = os.Stat(path) // a supervisor that stops everything removes it
		orphaned = err == nil
		_, err = sweep(path)
		return orphaned, err
	case string(last) == allEnded:
		return false, nil // and the file was removed with the last group
	}
	var list []record
	if err := json.Unmarshal(last, &list); err != nil {
		return true, fmt.Errorf("guardian: %w", err)
	}
	if _, err := killGroups(list); err != nil {
		return true, err
	}
	return true, remove(path)
}

// lastLine reads r to its end and returns the last line that has an end; nil where
// there is none.
func lastLine(r io.Reader) ([]byte, error) {
	in := bufio.NewReader(r)
	var last []byte
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return last, nil // the rest of a line is of a supervisor that died writing it
		}
		if err != nil {
			return last, err
		}
		last = bytes.TrimSuffix(line, []byte("\n"))
	}
}

// keepGuardian has a guardian running until ctx is cancelled.
func (s *Supervisor) keepGuardian(ctx context.Context) {
	spawner := child.NewSpawner() // apart from the children's: its end is not theirs
	defer spawner.Close()
	pause := guardianFirst
	for {
		began := time.Now()
		err := s.guardianOnce(ctx, spawner)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) >= guardianMost {
			pause = guardianFirst
		}
		s.notes.say(hclog.Warn, "guardian ended, starting another", "error", err, "wait_ms", pause.Milliseconds())
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, guardianMost)
	}
}

// guardianOnce runs one guardian until it dies (an error) or ctx is cancelled.
func (s *Supervisor) guardianOnce(ctx context.Context, spawner *child.Spawner) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer s.place.records.hangUp(w) // at the latest
	c, err := spawner.Start(child.Options{
		Argv: append([]string{s.o.Self, GuardianCommand, s.place.records.path}, s.o.Guardian...), Env: s.o.GuardianEnv, Stdin: r, Survives: true,
	})
	_ = r.Close() // the guardian has its own
	if err != nil {
		return err
	}
	deaf := s.place.records.tellTo(w)
	select {
	case <-c.Done():
		return fmt.Errorf("guardian: %s", c.Exit())
	case <-deaf:
		// It is stopped, say. Were it to go on once the pipe is closed, it would sweep.
		if err := c.Signal(syscall.SIGKILL); err != nil {
			return err
		}
		<-c.Done()
		return fmt.Errorf("guardian: it reads no records: %s", c.Exit())
	case <-ctx.Done():
	}
	s.place.records.hangUp(w) // tells it to sweep what the records name now, and to end
	select {
	case <-c.Done():
		return nil
	case <-time.After(guardianGrace):
		return c.Signal(syscall.SIGKILL) // it was stopped or hangs: the end must not wait for it
	}
}
