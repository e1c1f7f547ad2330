package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"livestream-tui/services/kit/atomicfile"
	"livestream-tui/services/receiver/sample"
	"livestream-tui/services/receiver/segment"
)

// Kept is what is kept of a signal. The zero value is a signal that was never on air.
type Kept struct {
	Timeline segment.State `json:"timeline"`
	// Format is that of the last input on air. It has no video before the first one.
	Format sample.Format `json:"format"`
	// First is the first pictures that were on air; zero before them.
	First Pictures `json:"first"`
	// Generation counts the takeovers of the signal from one receiver by another. Leads is
	// true for the receiver that makes its timeline. Both are zero for a receiver that is alone.
	Generation uint64 `json:"generation,omitempty"`
	Leads      bool   `json:"leads,omitempty"`
}

// Pictures is how pictures are.
type Pictures struct {
	Width  int     `json:"width"`
	Height int     `json:"height"`
	FPS    float64 `json:"fps,omitempty"`
}

// Store keeps signals in a folder, a file each. Who has a signal's lock uses its file.
type Store struct{ folder string }

// Open returns the store in a folder, which is made where it is missing.
func Open(folder string) (Store, error) { return Store{folder}, os.MkdirAll(folder, 0o755) }

// Load returns what is kept of a signal: nothing when it was never kept. After an error, which
// says what is wrong with the file, the signal begins anew.
func (s Store) Load(signal string) (Kept, error) {
	var k Kept
	b, err := os.ReadFile(s.path(signal))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return k, nil
	case err != nil:
		return k, err
	}
	if err := json.Unmarshal(b, &k); err != nil {
		return Kept{}, fmt.Errorf("%s: %w", s.path(signal), err)
	}
	if k.Timeline.Next < 0 || k.Timeline.End < 0 || k.Timeline.Length < 0 {
		return Kept{}, fmt.Errorf("%s: a number in it is negative", s.path(signal))
	}
	return k, nil
}

// Save replaces what is kept of a signal, atomically.
func (s Store) Save(signal string, k Kept) error {
	b, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return atomicfile.Write(s.path(signal), b, atomicfile.Options{Temp: signal + ".new"})
}

// Lock takes the lock of a signal, which its process has until release is called, or it ends.
// It returns nil where another process has it.
func (s Store) Lock(signal string) (release func(), err error) {
	f, err := os.OpenFile(filepath.Join(s.folder, signal+".lock"), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o644)
	if err != nil {
		return nil, err
	}
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK), errors.Is(err, syscall.EINTR):
		return nil, f.Close()
	case err != nil:
		_ = f.Close() // the first error is the one to return
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return func() { _ = f.Close() }, nil // nothing was written to it
}

func (s Store) path(signal string) string { return filepath.Join(s.folder, signal+".json") }
