package statefile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/atomicfile"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/proxy/stream"
)

// Folder keeps the high-water marks of playlists on disk, from which the next proxy goes
// on after this one was killed. Safe for concurrent use.
type Folder struct {
	folder string

	failing event.Recurring // used only by the goroutine that writes

	mu    sync.Mutex
	dirty map[string][]byte // content of a file by key, nil to remove it; guarded by mu
	wake  chan struct{}
}

// Playlist is one playlist on disk.
type Playlist struct {
	stream.Kept
	At      time.Time `json:"at"`
	Asked   time.Time `json:"asked"`
	Watched time.Time `json:"watched"`
}

// young reports whether the playlist may be gone on with. Once it is older than its own
// window, its players have gone or have nothing left to play.
func (v Playlist) young(now time.Time) bool {
	return now.Sub(v.At).Abs() < max(min(v.Line.Window, 10*time.Minute), 10*time.Second)
}

// Open returns the folder of a proxy's port. Whether it can be used shows when it is
// written to: players are served without it as well.
func Open(folder string, port int) *Folder {
	return &Folder{folder: filepath.Join(folder, fmt.Sprintf("proxy-%d", port)), dirty: map[string][]byte{}, wake: make(chan struct{}, 1)}
}

// Put has Write write a file, or remove it when b is nil. It does not wait.
func (s *Folder) Put(key string, b []byte) {
	s.mu.Lock()
	s.dirty[key] = b
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // woken already
	}
}

// Write writes what was put until ctx is cancelled, and the last of each key after that.
func (s *Folder) Write(ctx context.Context, log hclog.Logger) {
	for {
		select {
		case <-s.wake:
		case <-ctx.Done():
			s.flush(log)
			return
		}
		s.flush(log)
	}
}

func (s *Folder) flush(log hclog.Logger) {
	s.mu.Lock()
	dirty := s.dirty
	s.dirty = map[string][]byte{}
	s.mu.Unlock()
	now, failed := time.Now(), false
	for key, b := range dirty {
		err := s.writeOne(s.file(key), b)
		if err == nil {
			continue
		}
		failed = true
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err // the same for each file
		}
		if t, tell := s.failing.Seen(err.Error(), now); tell {
			log.Warn("cannot keep the high-water marks: after a kill the proxy could not continue from them", "folder", s.folder, "reason", t.Text, "times", t.Times)
		}
	}
	if failed || len(dirty) == 0 {
		return
	}
	for _, t := range s.failing.EndExcept() {
		log.Info("the high-water marks are kept again", "folder", s.folder, "after_ms", t.Last.Sub(t.Since).Milliseconds())
	}
}

// writeOne replaces a file, or removes it when b is nil.
func (s *Folder) writeOne(file string, b []byte) error {
	if b == nil {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	err := os.MkdirAll(s.folder, 0o700) // it may have been swept away
	if err == nil {
		err = atomicfile.Write(file, b, atomicfile.Options{Mode: 0o600, Temp: filepath.Base(file) + ".new"})
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}

func (s *Folder) file(key string) string {
	name := url.PathEscape(strings.TrimPrefix(key, "/"))
	if len(name) > 200 { // longer than the name of a file may be
		sum := sha256.Sum256([]byte(key))
		name = hex.EncodeToString(sum[:])
	}
	return filepath.Join(s.folder, name+".json")
}

// Read returns the playlists of an earlier incarnation that are young enough, and removes
// the other files.
func (s *Folder) Read(now time.Time) ([]Playlist, error) {
	files, err := filepath.Glob(filepath.Join(s.folder, "*.json"))
	if err != nil {
		return nil, err
	}
	var list []Playlist
	var errs []error
	for _, file := range files {
		b, err := os.ReadFile(file)
		var v Playlist
		if err == nil {
			err = json.Unmarshal(b, &v)
		}
		if err == nil && v.young(now) && strings.HasPrefix(v.Key, "/") && len(v.Line.Entries) > 0 && v.Line.Head.TargetDuration > 0 {
			list = append(list, v)
			continue
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("%s: %w", file, err))
		}
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return list, errors.Join(errs...)
}

// Fits reports whether the playlist names no more packagers than there are.
func (v Playlist) Fits(packagers int) bool {
	for _, e := range v.Line.Entries {
		if e.Packager >= packagers || e.Media.Packager >= packagers {
			return false
		}
	}
	return true
}
