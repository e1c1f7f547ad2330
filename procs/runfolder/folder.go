package runfolder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"livestream-tui/procs/guardian"
	"livestream-tui/procs/samefile"
	"livestream-tui/procs/socket"
)

// Folder is the run folder while we live in it. A logout, or a cleaner of old files,
// may take it away at any time, as a whole or in parts: what is gone is made again.
// Nothing that keeps the stream on air needs it meanwhile. Safe for concurrent use.
type Folder struct {
	// Records are kept in it.
	Records *guardian.Records

	path string

	mu        sync.Mutex
	folder    *os.File                  // open, so that another folder cannot get its number; guarded by mu
	lock      *os.File                  // guarded by mu
	listeners map[*socket.Listener]bool // guarded by mu
	lost      bool                      // it cannot be made again, or is another's; guarded by mu
}

// Enter makes the folder and takes its lock. ErrAlreadyRunning is wrapped in the
// error when another supervisor has it.
func Enter(path string) (*Folder, error) {
	f := &Folder{path: path, listeners: map[*socket.Listener]bool{}, Records: guardian.NewRecords(path)}
	if err := f.take(); err != nil {
		return nil, err
	}
	return f, nil
}

// Path is where it is.
func (f *Folder) Path() string { return f.path }

// take opens the folder and locks it, unless that is done. Needs mu, or a Folder that
// nothing else uses yet.
func (f *Folder) take() error {
	if !samefile.At(f.folder, f.path) {
		if err := ownFolder(f.path); err != nil {
			return err
		}
		folder, err := os.OpenFile(f.path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
		if err != nil {
			return fmt.Errorf("RUN_PATH=%q: %w", f.path, err)
		}
		if f.folder != nil {
			_ = f.folder.Close() // only kept open
		}
		f.folder = folder
	}
	lock := filepath.Join(f.path, lockName)
	if samefile.At(f.lock, lock) {
		return nil
	}
	next, err := takeLock(lock)
	if err != nil {
		return err
	}
	if f.lock != nil {
		_ = f.lock.Close() // of a file that is no more
	}
	f.lock = next
	return nil
}

// Renew makes again what is gone, and reports whether it did. Where the folder cannot be
// had, nothing in it is touched: it may be another's.
func (f *Folder) Renew() (renewed bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	renewed = !samefile.At(f.folder, f.path) || !samefile.At(f.lock, filepath.Join(f.path, lockName))
	err = f.take()
	f.lost = err != nil
	f.Records.SetLost(f.lost)
	if err != nil {
		return false, err
	}
	errs := []error{f.Records.Keep()}
	for l := range f.listeners {
		if err := l.Renew(); !errors.Is(err, socket.ErrListens) { // an incarnation itself, of an earlier version
			errs = append(errs, err)
		}
	}
	return renewed, errors.Join(errs...)
}

// Listen returns a listener at a name in the folder that is made again with it. An
// error is no reason to do without: Renew tries again.
func (f *Folder) Listen(name string) (*socket.Listener, error) {
	l := socket.NewListener(filepath.Join(f.path, name))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listeners[l] = true
	if f.lost {
		return l, nil // Renew has reported it
	}
	return l, l.Renew()
}

// Forget closes a listener.
func (f *Folder) Forget(l *socket.Listener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.listeners, l)
	_ = l.Close() // a path that stays does no harm
}

// Leave gives the folder up for another supervisor.
func (f *Folder) Leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.folder.Close() // only kept open
	_ = f.lock.Close()   // nothing is written to it
}
