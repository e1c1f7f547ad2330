package guardian

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/kit/atomicfile"
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

// Records name every running group, for those who must end them when the supervisor
// cannot: the guardian, which reads each change, and the next start, which finds a
// file. Safe for concurrent use.
type Records struct {
	path       string
	supervisor string // of each record

	mu       sync.Mutex
	list     []record // guarded by mu
	lost     bool     // the folder is gone or another's: no file; guarded by mu
	guardian *reader  // reads each change; nil before the first guardian; guarded by mu
}

// reader is a guardian that reads records.
type reader struct {
	pipe *os.File
	deaf chan struct{} // closed when it does not read: half of a line may be in the pipe
}

// sendMost is how long a guardian that does not read may hold up a start.
const sendMost = 50 * time.Millisecond

const (
	recordsName = "records."
	halfWritten = ".new"
	// allEnded is the last line of a supervisor that has stopped everything.
	allEnded = "null"
)

// Path is where this supervisor keeps its records in a folder: the guardian of one that
// was killed must not take the records of the next for its own.
func Path(folder string) string {
	return filepath.Join(folder, fmt.Sprintf("%s%d", recordsName, os.Getpid()))
}

// NewRecords returns records that are kept in the folder.
func NewRecords(folder string) *Records {
	started, _ := child.StartedAt(os.Getpid()) // else the next start takes us for dead if we are not
	return &Records{path: Path(folder), supervisor: started}
}

// Path is the file that holds them.
func (r *Records) Path() string { return r.path }

// Add records that a process runs as the group pid, with the socket in its environment.
func (r *Records) Add(name string, pid int, socket string) error {
	started, _ := child.StartedAt(pid) // gone already: the socket identifies the rest of it
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, record{name, pid, started, socket, r.supervisor})
	return r.changed()
}

// Drop removes the record of a group that is empty.
func (r *Records) Drop(pid int) error {
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

// changed sends the list to the guardian and writes the file. A folder that is gone is no error:
// the file is made with it again. Needs mu.
func (r *Records) changed() error {
	b, err := json.Marshal(r.list)
	if err != nil {
		return err
	}
	r.send(b)
	if r.lost {
		return nil
	}
	if err := r.write(b); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// send writes a line to the guardian. Needs mu.
func (r *Records) send(line []byte) {
	if r.guardian == nil {
		return
	}
	err := r.guardian.pipe.SetWriteDeadline(time.Now().Add(sendMost))
	if err == nil {
		_, err = r.guardian.pipe.Write(append(line, '\n'))
	}
	if err != nil {
		close(r.guardian.deaf)
		r.guardian = nil
	}
}

// feed sends all groups, and each change from now on, to the guardian that reads the other
// end of the pipe. That has ceased to read when the returned channel is closed.
func (r *Records) feed(pipe *os.File) (deaf <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := &reader{pipe, make(chan struct{})}
	r.guardian = g
	if b, err := json.Marshal(r.list); err == nil { // strings and numbers always can be
		r.send(b)
	}
	return g.deaf
}

// hangUp closes the pipe, at which its reader sweeps.
func (r *Records) hangUp(pipe *os.File) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.guardian != nil && r.guardian.pipe == pipe {
		r.guardian = nil
	}
	_ = pipe.Close() // it may have been
}

// write replaces the file. Needs mu.
func (r *Records) write(b []byte) error {
	return atomicfile.Write(r.path, b, atomicfile.Options{Mode: 0o600, Temp: filepath.Base(r.path) + halfWritten})
}

// Keep makes the file again if it is gone.
func (r *Records) Keep() error {
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

// SetLost says whether the folder is gone, or another's.
func (r *Records) SetLost(lost bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = lost
}

// Remove ends the records: nothing is left to be swept.
func (r *Records) Remove() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = nil
	r.send([]byte(allEnded))
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
