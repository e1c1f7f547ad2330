package procs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"livestream-tui/procs/child"
)

// GuardianCommand is the hidden command that runs Guard.
const GuardianCommand = "guardian"

// guardianPause is how long to wait before a dead guardian is replaced.
const guardianPause = 200 * time.Millisecond

// record names a running group by its leader.
type record struct {
	Process string `json:"process"`
	Group   int    `json:"group"`
	// Started identifies the leader together with its pid.
	Started string `json:"started"`
}

// records is the file that names every running group, for whoever must end them
// when the supervisor cannot.
type records struct {
	path string

	mu   sync.Mutex
	list []record // guarded by mu
}

func (r *records) add(name string, pid int) error {
	started, _ := child.StartedAt(pid) // gone already: the record then matches nothing
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, record{name, pid, started})
	return r.write()
}

func (r *records) drop(pid int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, rec := range r.list {
		if rec.Group == pid {
			r.list = append(r.list[:i:i], r.list[i+1:]...)
			break
		}
	}
	return r.write()
}

// write replaces the file at once, so that a reader never sees half of it.
// Needs mu.
func (r *records) write() error {
	b, err := json.Marshal(r.list)
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.path+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(r.path+".new", r.path)
}

func (r *records) remove() error {
	if err := os.Remove(r.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// sweep kills every group that the records name and that is still the one they
// mean, and removes them. It returns how many groups it killed.
func sweep(path string) (int, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("records of running groups: %w", err)
	}
	var list []record
	if err := json.Unmarshal(bytes.TrimSpace(b), &list); err != nil {
		return 0, fmt.Errorf("records of running groups %s: %w", path, err)
	}
	table, err := child.Table()
	if err != nil {
		return 0, err
	}
	killed := 0
	for _, rec := range list {
		if alive(rec, table) && syscall.Kill(-rec.Group, syscall.SIGKILL) == nil {
			killed++
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return killed, err
	}
	return killed, nil
}

// alive reports whether the group is still the recorded one: its leader is the
// same process, or has gone while others of the group remain (a pid is not
// used again while a group bears its number).
func alive(rec record, table []child.Process) bool {
	members := false
	for _, p := range table {
		if p.Group != rec.Group || p.Zombie {
			continue
		}
		if p.PID == rec.Group && p.Started != rec.Started {
			return false // another process has the number now
		}
		members = true
	}
	return members
}

// Guard is the guardian's whole life: it reads r, whose other end the supervisor
// holds, until the supervisor's death closes it, and then kills every group that
// the records at path name. The caller must have ignored INT, TERM, HUP and QUIT.
func Guard(r io.Reader, path string) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return fmt.Errorf("guardian: %w", err)
	}
	_, err := sweep(path)
	return err
}

// keepGuardian has a guardian running until ctx is cancelled.
func (s *Supervisor) keepGuardian(ctx context.Context) {
	spawner := child.NewSpawner() // apart from the children's: its end is not theirs
	defer spawner.Close()
	for ctx.Err() == nil {
		if err := s.guardianOnce(ctx, spawner); err != nil {
			s.o.Log.Warn("guardian", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(guardianPause):
		}
	}
}

// guardianOnce runs one guardian until it dies (an error) or ctx is cancelled.
func (s *Supervisor) guardianOnce(ctx context.Context, spawner *child.Spawner) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer w.Close() // tells the guardian to sweep what the records then name
	c, err := spawner.Start(child.Options{
		Argv: []string{s.o.Self, GuardianCommand, s.records.path}, Env: os.Environ(), Stdin: r, Survives: true,
	})
	_ = r.Close() // the guardian has its own
	if err != nil {
		return err
	}
	select {
	case <-c.Done():
		return fmt.Errorf("ended by itself (%s), starting another", c.Exit())
	case <-ctx.Done():
		return nil
	}
}
