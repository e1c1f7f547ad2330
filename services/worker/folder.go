package worker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/hls"
)

const (
	playlistName = "playlist.m3u8"
	segmentExt   = ".m4s"
)

// folder is a signal's place in the output: init and segments renamed into place,
// then the playlist. One goroutine uses it.
type folder struct {
	path   string
	window int
	list   hls.MediaPlaylist
	inits  map[string]int64 // by name: the newest MSN that used it
}

// openFolder makes the folder and takes up what an earlier run left: segments
// from the given MSN on that its playlist lists without a hole and that are
// whole. All else is removed.
func openFolder(path string, window int, oldest int64) (*folder, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("OUTPUT_STREAM_PATH: %w", err)
	}
	f := &folder{path: path, window: window, inits: map[string]int64{}, list: hls.MediaPlaylist{
		Version:             7,
		TargetDuration:      int(SegmentDuration / time.Second),
		IndependentSegments: true,
	}}
	if b, err := os.ReadFile(filepath.Join(path, playlistName)); err == nil {
		if old, err := hls.ParseMedia(b); err == nil {
			f.takeUp(old, oldest)
		}
	}
	return f, f.tidy()
}

func (f *folder) takeUp(old *hls.MediaPlaylist, oldest int64) {
	f.list.MediaSequence, f.list.DiscontinuitySequence = old.MediaSequence, old.DiscontinuitySequence
	for i, s := range old.Segments {
		msn := old.MediaSequence + int64(i)
		if msn < oldest || !f.whole(s) {
			f.list.Segments, f.list.MediaSequence = nil, msn+1
			if s.Discontinuity {
				f.list.DiscontinuitySequence++
			}
			continue
		}
		f.list.Segments = append(f.list.Segments, s)
		f.inits[s.Map.URI] = msn
	}
}

// whole reports whether a segment that a playlist lists and its init are there.
func (f *folder) whole(s hls.Segment) bool {
	if s.Map == nil || strings.ContainsRune(s.URI+s.Map.URI, '/') {
		return false
	}
	init, err := os.ReadFile(filepath.Join(f.path, s.Map.URI))
	if err != nil || hls.CheckInit(init) != nil {
		return false
	}
	b, err := os.ReadFile(filepath.Join(f.path, s.URI))
	if err != nil {
		return false
	}
	_, err = hls.CheckSegment(b)
	return err == nil
}

// newest is the MSN of the newest segment listed, -1 when there is none.
func (f *folder) newest() int64 {
	if len(f.list.Segments) == 0 {
		return -1
	}
	return f.list.LastMSN()
}

// full reports whether the playlist is as long as it is to be.
func (f *folder) full() bool { return len(f.list.Segments) >= f.window }

// publish puts a segment in place and lists it. One that is listed already stays
// as it is: the first copy is kept for good.
func (f *folder) publish(s *segment, init []byte, initName string) error {
	if newest := f.newest(); newest >= 0 && s.MSN <= newest {
		return nil
	}
	if _, err := os.Stat(filepath.Join(f.path, initName)); errors.Is(err, os.ErrNotExist) {
		if err := f.write(initName, init); err != nil {
			return err
		}
	}
	name := strconv.FormatInt(s.MSN, 10) + segmentExt
	if err := f.write(name, s.Data); err != nil {
		return err
	}
	f.add(s.MSN, name, initName)
	if err := f.write(playlistName, f.list.Encode()); err != nil {
		return err
	}
	return f.tidy()
}

func (f *folder) add(msn int64, name, initName string) {
	l := &f.list
	if len(l.Segments) == 0 || msn != l.NextMSN() {
		l.Segments, l.MediaSequence = nil, msn // a new window; who follows the playlist deals with the jump
	}
	s := hls.Segment{URI: name, Duration: SegmentDuration, ProgramDateTime: startOf(msn)}
	if n := len(l.Segments); n > 0 && l.Segments[n-1].Map.URI == initName {
		s.Map = l.Segments[n-1].Map
	} else {
		s.Map, s.Discontinuity = &hls.Map{URI: initName}, n > 0 // another film
	}
	l.Segments = append(l.Segments, s)
	f.inits[initName] = msn
	for len(l.Segments) > f.window {
		if l.Segments[0].Discontinuity {
			l.DiscontinuitySequence++
		}
		l.Segments = append([]hls.Segment(nil), l.Segments[1:]...)
		l.MediaSequence++
	}
}

// tidy removes what left the playlist a whole playlist's length ago, and what
// never was finished.
func (f *folder) tidy() error {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return err
	}
	oldest := f.list.MediaSequence - int64(f.window)
	for _, e := range entries {
		name := e.Name()
		msn, keep := segmentNumber(name)
		switch {
		case keep || strings.HasPrefix(name, initPrefix):
			if !keep {
				msn, keep = f.inits[name]
			}
			keep = keep && len(f.list.Segments) > 0 && msn >= oldest && msn <= f.list.LastMSN()
		case strings.HasPrefix(name, tempPrefix):
		default:
			continue // the playlist, and strangers' files
		}
		if !keep {
			if err := os.Remove(filepath.Join(f.path, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

func segmentNumber(name string) (int64, bool) {
	digits, ok := strings.CutSuffix(name, segmentExt)
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, ok && err == nil && n >= 0
}

const (
	initPrefix = "init-"
	tempPrefix = ".new-"
)

// write puts a file in place at once: nobody ever sees half of it.
func (f *folder) write(name string, b []byte) error {
	temp := filepath.Join(f.path, tempPrefix+name)
	if err := os.WriteFile(temp, b, 0o644); err != nil {
		return err
	}
	return os.Rename(temp, filepath.Join(f.path, name))
}
