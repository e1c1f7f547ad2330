package procs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
)

// placePeriod is between looks at the run folder.
const placePeriod = time.Second

// place is the run folder while we live in it. A logout, or a cleaner of old files,
// may take it away at any time, as a whole or in parts: what is gone is made again.
// Nothing that keeps the stream on air needs it meanwhile. Safe for concurrent use.
type place struct {
	path    string
	records *records

	mu        sync.Mutex
	folder    *os.File           // open, so that another folder cannot get its number; guarded by mu
	lock      *os.File           // guarded by mu
	listeners map[*Listener]bool // guarded by mu
	lost      bool               // it cannot be made again, or is another's; guarded by mu
}

// enter makes the folder and takes its lock. ErrAlreadyRunning is wrapped in the
// error when another supervisor has it.
func enter(path string) (*place, error) {
	p := &place{path: path, listeners: map[*Listener]bool{}, records: newRecords(path)}
	if err := p.take(); err != nil {
		return nil, err
	}
	return p, nil
}

// take opens the folder and locks it, where that is not so. Needs mu, or nobody
// else to know of the place.
func (p *place) take() error {
	if !isStill(p.folder, p.path) {
		if err := ownFolder(p.path); err != nil {
			return err
		}
		folder, err := os.OpenFile(p.path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
		if err != nil {
			return fmt.Errorf("RUN_PATH=%q: %w", p.path, err)
		}
		if p.folder != nil {
			_ = p.folder.Close() // only held
		}
		p.folder = folder
	}
	lock := filepath.Join(p.path, lockName)
	if isStill(p.lock, lock) {
		return nil
	}
	next, err := takeLock(lock)
	if err != nil {
		return err
	}
	if p.lock != nil {
		_ = p.lock.Close() // of a file that is no more
	}
	p.lock = next
	return nil
}

// isStill reports whether an open file is the one at path, itself and not by a link.
func isStill(file *os.File, path string) bool {
	if file == nil {
		return false
	}
	own, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(own, there)
}

// look makes again what is gone. Where the folder cannot be had, nothing in it is
// touched: it may be another's.
func (p *place) look() (renewed bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	renewed = !isStill(p.folder, p.path) || !isStill(p.lock, filepath.Join(p.path, lockName))
	err = p.take()
	p.lost = err != nil
	p.records.setLost(p.lost)
	if err != nil {
		return false, err
	}
	errs := []error{p.records.keep()}
	for l := range p.listeners {
		if err := l.Renew(); !errors.Is(err, errListens) { // an incarnation itself, of an earlier version
			errs = append(errs, err)
		}
	}
	return renewed, errors.Join(errs...)
}

// listen returns a listener at a name in the folder that is made again with it. An
// error is no reason to do without: look tries again.
func (p *place) listen(name string) (*Listener, error) {
	l := NewListener(filepath.Join(p.path, name))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listeners[l] = true
	if p.lost {
		return l, nil // which is told already
	}
	return l, l.Renew()
}

// forget closes a listener.
func (p *place) forget(l *Listener) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.listeners, l)
	_ = l.Close() // nobody is to find it; a path that stays does no harm
}

// leave gives the folder up for another.
func (p *place) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.folder.Close() // only held
	_ = p.lock.Close()   // nothing is written to it
}

// Listen listens on a unix socket of that name in the run folder, and anew when that
// was removed and is there again. It lasts until it is closed.
func (s *Supervisor) Listen(name string) (*Listener, error) { return s.place.listen(name) }

// keepPlace looks after the run folder until ctx is cancelled, and tells what it
// finds once.
func (s *Supervisor) keepPlace(ctx context.Context) {
	told := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(UntilNext(time.Now(), placePeriod)):
		}
		renewed, err := s.place.look()
		now := ""
		if err != nil {
			now = err.Error()
		}
		switch {
		case now != "" && now != told:
			s.notice("the run folder, or a part of it, was removed and cannot be made again: " + now + "; ctl and attach do not find this platform until it can; the streams go on")
		case now == "" && (renewed || told != ""):
			s.notice("the run folder " + s.place.path + " was removed, and is made again")
		}
		told = now
	}
}

// notice tells an operator, on the screen and in the log.
func (s *Supervisor) notice(text string) {
	s.notes.say(hclog.Warn, text)
	s.o.OnNotice(text)
}
