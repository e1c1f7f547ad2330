package procs

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"livestream-tui/procs/child"
)

// record names a running group by its leader.
type record struct {
	Process string `json:"process"`
	Group   int    `json:"group"`
	// Started identifies the leader together with its pid.
	Started string `json:"started"`
	// Socket identifies every member: it stands in their environment.
	Socket string `json:"socket"`
}

// records is the file that names every running group, for whoever must end them
// when the supervisor cannot. Safe for concurrent use.
type records struct {
	path string

	mu   sync.Mutex
	list []record // guarded by mu
}

const (
	recordsName = "records."
	halfWritten = ".new"
)

// recordsPath is this supervisor's own: the guardian of one that was killed must
// not take the records of the next for its own.
func recordsPath(folder string) string {
	return filepath.Join(folder, fmt.Sprintf("%s%d", recordsName, os.Getpid()))
}

func (r *records) add(name string, pid int, socket string) error {
	started, _ := child.StartedAt(pid) // gone already: the socket identifies the rest of it
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, record{name, pid, started, socket})
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
	if err := os.WriteFile(r.path+halfWritten, b, 0o600); err != nil {
		return err
	}
	return os.Rename(r.path+halfWritten, r.path)
}

func (r *records) remove() error { return remove(r.path) }

// remove removes a file that may have gone already.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// sweepFolder sweeps what earlier supervisors left in the run folder, whose lock
// the caller holds, and returns how many groups it killed.
func sweepFolder(folder string) (int, error) {
	names, err := os.ReadDir(folder)
	if err != nil {
		return 0, err
	}
	killed := 0
	var errs []error
	for _, name := range names {
		path := filepath.Join(folder, name.Name())
		switch {
		case !strings.HasPrefix(name.Name(), recordsName):
			continue
		case strings.HasSuffix(path, halfWritten):
			err = remove(path)
		default:
			var n int
			n, err = sweep(path)
			killed += n
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return killed, errors.Join(errs...)
}

// sweep kills every group that the records name and that is still the one they
// mean, and removes the records. It returns how many groups it killed.
func sweep(path string) (int, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("records of running groups: %w", err)
	}
	var list []record
	if err := json.Unmarshal(b, &list); err != nil {
		// Not ours, or of another version: of no use to the next run either.
		return 0, errors.Join(fmt.Errorf("records of running groups %s: %w", path, err), remove(path))
	}
	groups := make([]int, 0, len(list))
	for _, rec := range list {
		groups = append(groups, rec.Group)
	}
	members, err := child.Members(groups...)
	if err != nil {
		return 0, err
	}
	killed := 0
	for _, rec := range list {
		if alive(rec, members, child.HasVariable) && syscall.Kill(-rec.Group, syscall.SIGKILL) == nil {
			killed++
		}
	}
	return killed, remove(path)
}

// alive reports whether the group is still the recorded one. Its number is used
// again once it is empty, even for a group whose leader has gone: so one of its
// members must have been given the incarnation's socket, and its leader, if it is
// there, must have begun when the record says.
func alive(rec record, table []child.Process, hasVariable func(pid int, variable string) bool) bool {
	ours := false
	for _, p := range table {
		if rec.Group <= 1 || p.Group != rec.Group {
			continue // a KILL to the groups 0 and 1 would reach ourselves, or everyone
		}
		if p.PID == rec.Group && p.Started != rec.Started {
			return false // another process has the number now
		}
		if !p.Zombie && hasVariable(p.PID, socketVariable+"="+rec.Socket) {
			ours = true
		}
	}
	return ours
}
