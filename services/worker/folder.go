package worker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
	path   string // empty: nothing is written, only the playlist is kept
	window int
	// current is the segment after the newest, or that was being recorded when the
	// folder was opened.
	current int64
	list    hls.MediaPlaylist
	inits   map[string]int64 // by name: the newest MSN that used it
}

// openFolder makes the folder and takes up what an earlier run left: segments of
// the window before current that its playlist lists without a hole and that are
// whole. What is older than they may be asked for is removed.
func openFolder(path string, window int, current int64) (*folder, error) {
	f := &folder{path: path, window: window, current: current, inits: map[string]int64{}, list: hls.MediaPlaylist{
		Version:             7,
		TargetDuration:      int(SegmentDuration / time.Second),
		IndependentSegments: true,
	}}
	if path == "" {
		return f, nil
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("OUTPUT_STREAM_PATH: %w", err)
	}
	if b, err := os.ReadFile(filepath.Join(path, playlistName)); err == nil {
		if old, err := hls.ParseMedia(b); err == nil {
			f.takeUp(old, current-int64(window))
		}
	}
	if err := f.tidy(); err != nil {
		return nil, fmt.Errorf("OUTPUT_STREAM_PATH: %w", err)
	}
	return f, nil
}

func (f *folder) takeUp(old *hls.MediaPlaylist, oldest int64) {
	f.list.MediaSequence, f.list.DiscontinuitySequence = old.MediaSequence, old.DiscontinuitySequence
	for i, s := range old.Segments {
		msn := old.MediaSequence + int64(i)
		if msn < oldest || !f.whole(msn, s) {
			f.drop(len(f.list.Segments))
			f.list.MediaSequence = msn + 1
			if s.Discontinuity {
				f.list.DiscontinuitySequence++
			}
			continue
		}
		f.list.Segments = append(f.list.Segments, s)
		f.inits[s.Map.URI] = msn
	}
	f.drop(len(f.list.Segments) - f.window) // a window that was longer
}

// drop takes the n oldest segments out of the playlist.
func (f *folder) drop(n int) {
	for ; n > 0; n-- {
		if f.list.Segments[0].Discontinuity {
			f.list.DiscontinuitySequence++
		}
		f.list.Segments = f.list.Segments[1:]
		f.list.MediaSequence++
	}
}

// whole reports whether a segment that a playlist lists and its init are there,
// and are segment msn of our grid.
func (f *folder) whole(msn int64, s hls.Segment) bool {
	if s.Map == nil || s.Gap || s.URI != segmentName(msn) || strings.ContainsRune(s.Map.URI, '/') {
		return false
	}
	init, err := os.ReadFile(filepath.Join(f.path, s.Map.URI))
	if err != nil {
		return false
	}
	in, err := hls.ParseInit(init)
	if err != nil {
		return false
	}
	b, err := os.ReadFile(filepath.Join(f.path, s.URI))
	if err != nil {
		return false
	}
	fragments, err := hls.CheckSegment(b)
	if err != nil {
		return false
	}
	first, ok := fragments[0].Track(in.Video(timescale))
	last, okLast := fragments[len(fragments)-1].Track(in.Video(timescale))
	return ok && okLast && first.DecodeTime == uint64(msn)*segmentUnits &&
		last.DecodeTime+last.Duration == uint64(msn+1)*segmentUnits
}

// read returns a file that the playlist lists.
func (f *folder) read(name string) ([]byte, error) { return os.ReadFile(filepath.Join(f.path, name)) }

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
// as it is: the first copy is kept for good. After an error nothing has changed
// but that files may stand there which are not listed.
func (f *folder) publish(s *segment, init []byte, initName string) error {
	if newest := f.newest(); newest >= 0 && s.MSN <= newest {
		return nil
	}
	if _, err := os.Stat(filepath.Join(f.path, initName)); f.path != "" && errors.Is(err, fs.ErrNotExist) {
		if err := f.write(initName, init); err != nil {
			return err
		}
	}
	if err := f.write(segmentName(s.MSN), s.Data); err != nil {
		return err
	}
	before := f.list
	f.add(s.MSN, initName)
	if err := f.write(playlistName, f.list.Encode()); err != nil {
		f.list = before
		return err
	}
	f.inits[initName], f.current = s.MSN, s.MSN+1
	return nil
}

// add lists a segment; the segments listed before are not changed in place.
func (f *folder) add(msn int64, initName string) {
	l := &f.list
	if len(l.Segments) == 0 || msn != l.NextMSN() {
		f.drop(len(l.Segments))
		l.Segments, l.MediaSequence = nil, msn // a new window; who follows the playlist deals with the jump
	}
	s := hls.Segment{URI: segmentName(msn), Duration: SegmentDuration, ProgramDateTime: startOf(msn)}
	if n := len(l.Segments); n > 0 && l.Segments[n-1].Map.URI == initName {
		s.Map = l.Segments[n-1].Map
	} else {
		s.Map, s.Discontinuity = &hls.Map{URI: initName}, n > 0 // another film
	}
	l.Segments = append(slices.Clip(l.Segments), s)
	f.drop(len(l.Segments) - f.window)
}

// tidy removes what nobody can ask for any more, and what never was finished. A
// segment stays for its own length and a playlist's after it has left the
// playlist (RFC 8216, 6.2.2).
func (f *folder) tidy() error {
	if f.path == "" {
		return nil
	}
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return err
	}
	oldest, newest := f.current-int64(f.window), f.current
	if len(f.list.Segments) > 0 {
		oldest, newest = f.list.MediaSequence, f.list.LastMSN()
	}
	oldest -= int64(f.window) + 1
	for _, e := range entries {
		name := e.Name()
		msn, ours := segmentNumber(name)
		if strings.HasPrefix(name, initPrefix) {
			msn, ours = f.inits[name], true // 0 where no segment that we know needs it
		}
		unfinished := strings.HasPrefix(name, tempPrefix)
		if !unfinished && (!ours || msn >= oldest && msn <= newest) {
			continue // the playlist and strangers' files among them
		}
		if err := os.Remove(filepath.Join(f.path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func segmentName(msn int64) string { return strconv.FormatInt(msn, 10) + segmentExt }

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
	if f.path == "" {
		return nil
	}
	temp := filepath.Join(f.path, tempPrefix+name)
	err := os.WriteFile(temp, b, 0o644)
	if err == nil {
		err = os.Rename(temp, filepath.Join(f.path, name))
	}
	if err != nil {
		_ = os.Remove(temp) // it may not be there; what is told is the first error
	}
	return err
}
