package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

const (
	// fileName is the name of the file in the state folder. The older one ends in older.
	fileName = "events.jsonl"
	older    = ".1"
	// fileMost is how many bytes a file may have, and readMost how many of it are read. A
	// file that something else has written may be longer.
	fileMost = 8 << 20
	readMost = fileMost + lineMost
	// lineMost is how many bytes a line may have.
	lineMost = 64 << 10
	// ageMost is how old an event may be.
	ageMost = 30 * 24 * time.Hour
)

// Path returns the path of the journal in a state folder.
func Path(folder string) string { return filepath.Join(folder, fileName) }

// Past is a journal as it was read.
type Past struct {
	// Events are in order of time.
	Events []platform.Event
	// Skipped is how many lines could not be read: truncated ones, and those of something
	// else or a later version.
	Skipped int
	// Seen is when a platform was last known to write the journal; zero for never.
	Seen time.Time
}

// Read reads the journal in a state folder. It needs no platform, and does not disturb the
// one that writes the journal. A journal that does not exist is empty.
func Read(folder string, now time.Time) (Past, error) {
	return read(folder, now, math.MaxInt)
}

// read reads the newest lines, and of the older ones only what may last: reading all of two
// full files takes a second.
func read(folder string, now time.Time, newest int) (Past, error) {
	var past Past
	var files [][]byte
	lines := 0
	for _, path := range []string{Path(folder) + older, Path(folder)} {
		b, written, err := tailOf(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return past, fmt.Errorf("journal: %w", err)
		}
		if written.After(past.Seen) {
			past.Seen = written
		}
		if len(b) > 0 && b[len(b)-1] != '\n' {
			b = append(b, " truncated\n"...)
		}
		files, lines = append(files, b), lines+bytes.Count(b, []byte("\n"))
	}
	known := map[string]bool{}
	for line := range bytes.Lines(bytes.Join(files, nil)) {
		lines--
		if lines >= newest && !mayLast(line) {
			continue
		}
		e, ok := eventOf(line)
		switch {
		case !ok:
			past.Skipped++
		case known[string(line)], now.Sub(e.Time) > ageMost && !lasting(e):
		default:
			past.Events = append(past.Events, e)
			if lasting(e) {
				known[string(line)] = true // the next file may begin with it, once more
			}
		}
	}
	slices.SortStableFunc(past.Events, byTime)
	return past, nil
}

// mayLast reports whether a line may be of an event that begins or ends what lasts.
func mayLast(line []byte) bool {
	return slices.ContainsFunc([]string{`"started":`, `"ended":`, `"air":`, `"outage":`}, func(kind string) bool { return bytes.Contains(line, []byte(kind)) })
}

func byTime(a, b platform.Event) int { return a.Time.Compare(b.Time) }

// lasting reports whether an event begins something that may last: a file may begin with it,
// however old it is.
func lasting(e platform.Event) bool {
	switch what := e.What.(type) {
	case platform.Started:
		return true
	case platform.Aired:
		return what.State != platform.AirEnded
	case event.Outage:
		return what.Lasts()
	}
	return false
}

// eventOf returns the event of a line; false for a line that is none.
func eventOf(line []byte) (platform.Event, bool) {
	var e platform.Event
	if !bytes.HasSuffix(line, []byte("\n")) || len(line) > lineMost || json.Unmarshal(line, &e) != nil {
		return e, false
	}
	return e, e.What != nil && !e.Time.IsZero()
}

// tailOf returns the end of a file, from the beginning of a line on, and when the file was
// last written.
func tailOf(path string) (_ []byte, written time.Time, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, written, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return nil, written, err
	}
	if !info.Mode().IsRegular() {
		return nil, written, fmt.Errorf("%s is not a file", path)
	}
	from := max(0, info.Size()-readMost)
	b, err := io.ReadAll(io.NewSectionReader(f, from, readMost))
	if from > 0 {
		_, b, _ = bytes.Cut(b, []byte("\n"))
	}
	return b, info.ModTime(), err
}

// lengthOfRest returns how many bytes follow the last whole line.
func lengthOfRest(b []byte) int64 { return int64(len(b) - 1 - bytes.LastIndexByte(b, '\n')) }

// firstTime returns the time of the first event that begins the file and lasted not before
// it; now when there is none.
func firstTime(b []byte, now time.Time) time.Time {
	for line := range bytes.Lines(b) {
		if e, ok := eventOf(line); ok && !lasting(e) {
			return e.Time
		}
	}
	return now
}
