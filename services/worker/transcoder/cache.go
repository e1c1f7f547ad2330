package transcoder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"livestream-tui/services/worker/mezzanine"
)

// keep puts what was made in the folder work into the cache at once: only the files of a
// mezzanine, flushed to the disk.
func (t *Transcoder) keep(m mezzanine.Mezzanine, work, key string) (mezzanine.Mezzanine, error) {
	m = m.In(work)
	entries, err := os.ReadDir(work)
	if err != nil {
		return m, err
	}
	for _, e := range entries {
		if e.Name() != mezzanine.PictureFile && e.Name() != mezzanine.SoundFile {
			if err := os.Remove(filepath.Join(work, e.Name())); err != nil {
				return m, err
			}
		}
	}
	for name, size := range map[string]*int64{mezzanine.PictureFile: &m.PictureBytes, mezzanine.SoundFile: &m.SoundBytes} {
		info, err := os.Stat(filepath.Join(work, name))
		if err != nil {
			return m, err
		}
		*size = info.Size()
	}
	if err := m.WriteAbout(); err != nil {
		return m, err
	}
	for _, name := range []string{mezzanine.PictureFile, mezzanine.SoundFile, mezzanine.AboutFile} {
		if err := flush(filepath.Join(work, name)); err != nil {
			return m, err // a power cut must not leave half of it under its name
		}
	}
	if err := os.Rename(work, t.place(key)); err != nil {
		return m, err
	}
	m = m.In(t.place(key))
	release := m.Retain()
	defer release()
	return m, mezzanine.Tidy(t.config.Cache, t.config.CacheBytes)
}

// flush brings a file to the disk.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// KeepTidy tidies the cache a minute after the start, when what is there has come on air,
// then each day, until ctx is cancelled. The function failed gets each error.
func (t *Transcoder) KeepTidy(ctx context.Context, failed func(error)) {
	for wait := time.Minute; ; wait = 24 * time.Hour {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if err := mezzanine.Tidy(t.config.Cache, t.config.CacheBytes); err != nil {
			failed(err)
		}
	}
}

// lockPoll is how often a lock that another process has is tried again.
const lockPoll = 200 * time.Millisecond

// lockFile takes the lock at path, and calls waiting again and again while another process
// has it.
func lockFile(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
		if err != nil {
			return nil, fmt.Errorf("lock: %w", err)
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil && same(f, path) {
			return func() { _ = os.Remove(path); _ = f.Close() }, nil // nothing is written to it
		}
		_ = f.Close() // not ours
		if err == nil {
			continue // it was removed with the lock on it
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		waiting()
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// same reports whether f still is the file at path.
func same(f *os.File, path string) bool {
	a, err1 := f.Stat()
	b, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(a, b)
}
