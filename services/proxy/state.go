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
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls"
)

// state keeps the high-water marks on disk: what was served goes on where it was,
// after the proxy itself was killed (FAILURES.md, case 29). Safe for concurrent
// use.
type state struct {
	folder string

	mu    sync.Mutex
	dirty map[string][]byte // file's content by key; guarded by mu
	wake  chan struct{}
}

// saved is one stream on disk.
type saved struct {
	Key     string            `json:"key"`
	At      time.Time         `json:"at"`
	Asked   time.Time         `json:"asked"`
	Watched time.Time         `json:"watched"`
	Active  string            `json:"active"`
	Head    hls.MediaPlaylist `json:"head"`
	Entries []entry           `json:"entries"`
	// Retired have left the playlist; players may still ask for them (rule 6).
	Retired []retired     `json:"retired,omitempty"`
	Number  int64         `json:"discontinuity_sequence"`
	Window  time.Duration `json:"window_ns"`
	Shift   shift         `json:"shift"`
	Since   int64         `json:"since"`
	Epoch   int           `json:"epoch"`
}

// young reports whether a state is gone on with: players that saw an older one than
// its own window have gone, or have nothing left to play.
func (v saved) young(now time.Time) bool {
	return now.Sub(v.At).Abs() < max(v.Window, 10*time.Second)
}

func openState(folder string, port int) (*state, error) {
	path := filepath.Join(folder, fmt.Sprintf("proxy-%d", port))
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("STATE_PATH=%q: %w", folder, err)
	}
	return &state{folder: path, dirty: map[string][]byte{}, wake: make(chan struct{}, 1)}, nil
}

func (s *state) put(key string, b []byte) {
	s.mu.Lock()
	s.dirty[key] = b
	s.mu.Unlock()
	tell(s.wake)
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
	for key, b := range dirty {
		file := s.file(key)
		err := os.WriteFile(file+".new", b, 0o644)
		if err == nil {
			err = os.Rename(file+".new", file)
		}
		if err != nil {
			log.Warn("cannot keep the high-water marks: a killed proxy would not go on with them", "playlist", key, "error", err)
		}
	}
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
		if err == nil && v.young(now) && isPlaylist(v.Key) && len(v.Entries) > 0 && v.Head.TargetDuration > 0 {
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

// save puts a stream's marks. Needs the stream's mu.
func (s *Service) save(st *stream) {
	if s.isSucceeded() {
		return // the marks are the other incarnation's
	}
	b, err := json.Marshal(saved{
		Key: st.key, At: time.Now(), Asked: time.Unix(0, st.asked.Load()), Watched: time.Unix(0, st.watched.Load()),
		Active: st.choice.Active, Head: st.line.head, Entries: st.line.entries[:st.line.listed], Retired: st.retired,
		Number: st.line.number, Window: st.line.window, Shift: st.line.shift, Since: st.line.since, Epoch: st.line.epoch,
	})
	if err != nil {
		s.log.Warn("cannot keep the high-water marks", "playlist", st.key, "error", err)
		return
	}
	s.state.put(st.key, b)
}

// restore goes on with the streams of an earlier incarnation.
func (s *Service) restore() {
	now := time.Now()
	list, err := s.state.read(now)
	if err != nil {
		s.log.Warn("some high-water marks cannot be read, their playlists begin anew", "error", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range list {
		if s.streams[v.Key] != nil || len(s.streams) >= s.config.Streams {
			continue
		}
		st := newStream(s, v.Key, now)
		st.line.head, st.line.entries, st.line.listed = v.Head, v.Entries, len(v.Entries)
		st.line.number, st.line.window, st.line.shift, st.line.since, st.line.epoch = v.Number, v.Window, v.Shift, v.Since, v.Epoch
		share(st.line.entries)
		st.choice.Active, st.grew, st.restored = v.Active, now, true
		for _, e := range v.Entries {
			st.use(e)
		}
		for _, r := range v.Retired {
			if r.Until.After(now) {
				st.retired = append(st.retired, r)
				st.use(r.Entry)
			}
		}
		st.show(st.line.playlist().Encode(), st.line.last(), st.choice.Active)
		s.begin(st)
		if now.Sub(v.Watched) < time.Minute {
			st.watch(now)
			st.fetchRetired()
		}
	}
}

// fetchRetired fetches what has left the playlist, newest first, while packagers
// hold it still: they may be restarted next.
func (st *stream) fetchRetired() {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, r := range slices.Backward(st.retired) {
		st.fetchEntry(r.Entry)
	}
}

// share gives entries with the same EXT-X-MAP the same pointer again, as the
// writer expects it.
func share(entries []entry) {
	for i := 1; i < len(entries); i++ {
		a, b := entries[i-1].Segment.Map, entries[i].Segment.Map
		if a != nil && b != nil && a.URI == b.URI {
			entries[i].Segment.Map = a
		}
	}
}

// restoreMost is how long a restored stream may keep the proxy from being ready.
const restoreMost = 3 * time.Second

// restoring is what a restored stream still waits for, empty when it is ready.
func (st *stream) restoring(now time.Time) string {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.restored {
		return ""
	}
	if now.Sub(st.began) >= restoreMost {
		st.restored = false
		return ""
	}
	answered := false
	for _, r := range st.record {
		answered = answered || r.list != nil
	}
	if !answered {
		return "restoring " + st.key + ": no packager has answered yet"
	}
	if st.isWatched(now) {
		for _, e := range st.line.entries[max(0, len(st.line.entries)-4):] {
			if o := st.s.cache.get(e.Key); o != nil {
				if whole, err := o.done(); !whole && err == nil {
					return "restoring " + st.key + ": fetching its newest segments"
				}
			}
		}
	}
	st.restored = false
	return ""
}
