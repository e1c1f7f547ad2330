package procs

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

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
	// Supervisor identifies the supervisor together with its pid: while it lives, the
	// group is no other's to end.
	Supervisor string `json:"supervisor,omitempty"`
}

// records names every running group, for whoever must end them when the supervisor
// cannot: the guardian, who is told each change, and the next start, which finds a
// file. Safe for concurrent use.
type records struct {
	path       string
	supervisor string // of each record

	mu       sync.Mutex
	list     []record // guarded by mu
	lost     bool     // the folder is gone or another's: no file; guarded by mu
	guardian *reader  // who reads each change; nil for none; guarded by mu
}

// reader is a guardian that reads records.
type reader struct {
	pipe *os.File
	deaf chan struct{} // closed when it does not read: half of a line may be in the pipe
}

// tellMost is how long a guardian that does not read may hold up a start.
const tellMost = 50 * time.Millisecond

const (
	recordsName = "records."
	halfWritten = ".new"
	// allEnded is what the guardian is told by a supervisor that has stopped everything.
	allEnded = "null"
)

// recordsPath is this supervisor's own: the guardian of one that was killed must
// not take the records of the next for its own.
func recordsPath(folder string) string {
	return filepath.Join(folder, fmt.Sprintf("%s%d", recordsName, os.Getpid()))
}

// newRecords returns records that are kept in the folder.
func newRecords(folder string) *records {
	started, _ := child.StartedAt(os.Getpid()) // else the next start takes us for dead if we are not
	return &records{path: recordsPath(folder), supervisor: started}
}

func (r *records) add(name string, pid int, socket string) error {
	started, _ := child.StartedAt(pid) // gone already: the socket identifies the rest of it
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, record{name, pid, started, socket, r.supervisor})
	return r.changed()
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
	return r.changed()
}

// changed tells the guardian and writes the file. A folder that is gone is no error:
// the file is made with it again. Needs mu.
func (r *records) changed() error {
	b, err := json.Marshal(r.list)
	if err != nil {
		return err
	}
	r.tell(b)
	if r.lost {
		return nil
	}
	if err := r.write(b); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// tell has the guardian know a line. Needs mu.
func (r *records) tell(line []byte) {
	if r.guardian == nil {
		return
	}
	err := r.guardian.pipe.SetWriteDeadline(time.Now().Add(tellMost))
	if err == nil {
		_, err = r.guardian.pipe.Write(append(line, '\n'))
	}
	if err != nil {
		close(r.guardian.deaf)
		r.guardian = nil
	}
}

// tellTo has a guardian that reads the other end of the pipe know all groups, and
// each change from now on. It is deaf when the returned channel is closed.
func (r *records) tellTo(pipe *os.File) (deaf <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := &reader{pipe, make(chan struct{})}
	r.guardian = g
	if b, err := json.Marshal(r.list); err == nil { // a list of words and numbers always can be
		r.tell(b)
	}
	return g.deaf
}

// hangUp closes the pipe, at which whoever reads it sweeps.
func (r *records) hangUp(pipe *os.File) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.guardian != nil && r.guardian.pipe == pipe {
		r.guardian = nil
	}
	_ = pipe.Close() // it may have been
}

// write replaces the file at once, so that a reader never sees half of it.
// Needs mu.
func (r *records) write(b []byte) error {
	if err := os.WriteFile(r.path+halfWritten, b, 0o600); err != nil {
		return err
	}
	return os.Rename(r.path+halfWritten, r.path)
}

// keep makes the file again if it is gone.
func (r *records) keep() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := os.Lstat(r.path); err == nil || len(r.list) == 0 {
		return nil
	}
	b, err := json.Marshal(r.list)
	if err != nil {
		return err
	}
	return r.write(b)
}

// setLost says whether the folder is gone, or another's.
func (r *records) setLost(lost bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = lost
}

// remove ends the records: nothing is left to be swept.
func (r *records) remove() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = nil
	r.tell([]byte(allEnded))
	if r.lost {
		return nil
	}
	return remove(r.path)
}

// remove removes a file that may have gone already.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// sweepFolder sweeps what earlier supervisors left in the run folder, whose lock
// the caller holds, and returns how many groups it killed. A supervisor that lives,
// though its lock was taken away, is left alone.
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
	if supervisorLives(path, list) {
		return 0, fmt.Errorf("records of running groups %s: the supervisor that wrote them runs, though without its lock", path)
	}
	killed, err := killGroups(list)
	if err != nil {
		return killed, err
	}
	return killed, remove(path)
}

// supervisorLives reports whether the process that wrote the records at path runs.
func supervisorLives(path string, list []record) bool {
	pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(path), recordsName))
	if err != nil || len(list) == 0 || list[0].Supervisor == "" {
		return false
	}
	return child.Lives(pid, list[0].Supervisor)
}

// killGroups kills every group of the list that is still the one that is meant, and
// returns how many these were.
func killGroups(list []record) (killed int, err error) {
	groups := make([]int, 0, len(list))
	for _, rec := range list {
		groups = append(groups, rec.Group)
	}
	members, err := child.Members(groups...)
	if err != nil {
		return 0, err
	}
	for _, rec := range list {
		if alive(rec, members, child.HasVariable) && syscall.Kill(-rec.Group, syscall.SIGKILL) == nil {
			killed++
		}
	}
	return killed, nil
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
