package proxy

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

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/stream"
)

// state keeps the high-water marks on disk: what was served goes on where it was,
// after the proxy itself was killed. Safe for concurrent
// use.
type state struct {
	folder string

	failing event.Recurring // used by the goroutine that writes alone

	mu    sync.Mutex
	dirty map[string][]byte // file's content by key, nil for no file; guarded by mu
	wake  chan struct{}
}

// saved is one playlist on disk.
type saved struct {
	stream.Kept
	At      time.Time `json:"at"`
	Asked   time.Time `json:"asked"`
	Watched time.Time `json:"watched"`
}

// young reports whether a state is gone on with: players that saw an older one than
// its own window have gone, or have nothing left to play.
func (v saved) young(now time.Time) bool {
	return now.Sub(v.At).Abs() < max(min(v.Line.Window, 10*time.Minute), 10*time.Second)
}

// openState returns the state kept in a folder. One that cannot be used is told when
// it is written to: without it players are served as well.
func openState(folder string, port int) *state {
	return &state{folder: filepath.Join(folder, fmt.Sprintf("proxy-%d", port)), dirty: map[string][]byte{}, wake: make(chan struct{}, 1)}
}

func (s *state) put(key string, b []byte) {
	s.mu.Lock()
	s.dirty[key] = b
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // told already
	}
}

// write writes what was put until ctx is cancelled, the last of each key at the
// end too.
func (s *state) write(ctx context.Context, log hclog.Logger) {
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

func (s *state) flush(log hclog.Logger) {
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
			log.Warn("cannot keep the high-water marks: a killed proxy would not go on with them", "folder", s.folder, "reason", t.Text, "times", t.Times)
		}
	}
	if failed || len(dirty) == 0 {
		return
	}
	for _, t := range s.failing.Only() {
		log.Info("the high-water marks are kept again", "folder", s.folder, "after_ms", t.Last.Sub(t.Since).Milliseconds())
	}
}

// writeOne replaces a file whole, or removes it where b is nil.
func (s *state) writeOne(file string, b []byte) error {
	if b == nil {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	err := os.MkdirAll(s.folder, 0o700) // it may have been swept away
	if err == nil {
		err = os.WriteFile(file+".new", b, 0o600)
	}
	if err == nil {
		err = os.Rename(file+".new", file)
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}

func (s *state) file(key string) string {
	name := url.PathEscape(strings.TrimPrefix(key, "/"))
	if len(name) > 200 { // more than a file's name may have
		sum := sha256.Sum256([]byte(key))
		name = hex.EncodeToString(sum[:])
	}
	return filepath.Join(s.folder, name+".json")
}

// read returns what an earlier incarnation left that is young enough, and removes
// the rest.
func (s *state) read(now time.Time) ([]saved, error) {
	files, err := filepath.Glob(filepath.Join(s.folder, "*.json"))
	if err != nil {
		return nil, err
	}
	var list []saved
	var errs []error
	for _, file := range files {
		b, err := os.ReadFile(file)
		var v saved
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

// keep puts a playlist's marks.
func (f *follower) keep(key string) {
	p := f.playlist(key)
	if p == nil || f.s.isSucceeded() {
		return // the marks are the other incarnation's
	}
	kept, ok := f.state.Keep(key)
	if !ok {
		if f.state.IsOver(key) {
			f.s.state.put(key, nil)
		}
		return
	}
	kept.Stream = f.key
	now := time.Now()
	b, err := json.Marshal(saved{Kept: kept, At: now, Asked: p.asked.was(now), Watched: p.watched.was(now)})
	if err != nil {
		f.s.log.Warn("cannot keep the high-water marks", "playlist", p.label, "error", err)
		return
	}
	f.s.state.put(key, b)
}

// restore goes on with the streams of an earlier incarnation.
func (s *Service) restore() {
	now := time.Now()
	list, err := s.state.read(now)
	if err != nil {
		s.log.Warn("some high-water marks cannot be read, their playlists begin anew", "error", text.Shown(err.Error()))
	}
	streams := map[string]*follower{}
	var begun []*follower
	s.mu.Lock()
	for _, v := range list {
		if s.playlists[v.Key] != nil || len(s.playlists) >= s.config.Streams || !v.fits(len(s.packagers)) {
			continue
		}
		f := streams[v.Stream]
		if f == nil {
			f = newFollower(s, v.Stream)
			streams[v.Stream] = f
			begun = append(begun, f)
		}
		p := s.add(f, v.Key, now)
		p.restored.Store(&restored{since: now})
		if now.Sub(v.Watched) < time.Minute {
			p.watched.set(now)
		}
	}
	s.mu.Unlock()
	for _, v := range list {
		f := streams[v.Stream]
		if p := s.find(v.Key); f == nil || p == nil || p.f != f {
			continue
		}
		var effects []stream.Effect
		f.state, effects = f.state.Restore(v.Kept, now)
		f.do(effects)
		if now.Sub(v.Watched) < time.Minute {
			f.push(stream.Played{At: stream.At(now), Playlist: v.Key})
		}
	}
	for _, f := range begun {
		s.start(f.run)
	}
}

// fits reports whether the marks name no more packagers than there are.
func (v saved) fits(packagers int) bool {
	for _, e := range v.Line.Entries {
		if e.Packager >= packagers || e.Media.Packager >= packagers {
			return false
		}
	}
	return true
}

// find is the playlist of a key, nil for none.
func (s *Service) find(key string) *playlist {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.playlists[key]
}

// restored is a playlist that an earlier incarnation left.
type restored struct{ since time.Time }

// restoreMost is how long a restored playlist may keep the proxy from being ready.
const restoreMost = 3 * time.Second

// restoredNewest is how many of its newest segments are waited for.
const restoredNewest = 4

// restoring is what a restored playlist still waits for, empty when it is ready.
func (p *playlist) restoring(now time.Time) string {
	r := p.restored.Load()
	if r == nil {
		return ""
	}
	if now.Sub(r.since) < restoreMost {
		if !p.answered.Load() {
			return "restoring " + p.key + ": no packager has answered yet"
		}
		if !p.watched.get().IsZero() && !p.f.s.hasNewest(p) {
			return "restoring " + p.key + ": fetching its newest segments"
		}
	}
	p.restored.Store(nil)
	return ""
}

// hasNewest reports whether none of a playlist's newest segments is still on its way.
func (s *Service) hasNewest(p *playlist) bool {
	last := p.shown.Load().Last
	for _, id := range s.index.newest(p, last-restoredNewest) {
		if o := s.cache.Get(id); o != nil {
			if whole, err := o.Done(); !whole && err == nil {
				return false
			}
		}
	}
	return true
}
