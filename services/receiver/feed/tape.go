package feed

import (
	"errors"
	"slices"
	"time"

	"livestream-tui/services/receiver/segment"
)

// Tape is the fragments of the last seconds, in order. It never changes.
type Tape struct {
	first     int64 // the number of the first fragment
	fragments []segment.Fragment
	// Continued is closed once there is a longer tape.
	Continued chan struct{}
}

// with is a tape that goes on with more fragments, and has lost those that are too old.
func (t *Tape) with(more []segment.Fragment) *Tape {
	all := append(slices.Clip(t.fragments), more...)
	oldest := all[len(all)-1].Start - Window
	n := slices.IndexFunc(all, func(f segment.Fragment) bool { return f.Start >= oldest })
	return &Tape{t.first + int64(n), all[n:], make(chan struct{})}
}

// Newest is the start of the newest fragment; zero when there is none.
func (t *Tape) Newest() time.Duration {
	if len(t.fragments) == 0 {
		return 0
	}
	return t.fragments[len(t.fragments)-1].Start
}

// MostBehind is how far a reader that had caught up may fall behind.
const MostBehind = 10 * time.Second

// Reader reads a tape from a key frame on, up to the end of a stretch of one kind of format.
// One goroutine uses it.
type Reader struct {
	from    time.Duration
	due     time.Duration // below zero without
	next    int64         // the number of the next fragment
	init    *segment.Init
	current time.Time // when it had read all that there was; zero before the first time
}

// NewReader returns a reader that begins with the first key frame at or after from, a time
// since the Unix epoch; below zero means the newest that is there. What ended before due is
// left out where another format follows; below zero means that nothing is.
func NewReader(from, due time.Duration) *Reader { return &Reader{from: from, due: due} }

var (
	// ErrSlow says that the reader is too far behind.
	ErrSlow = errors.New("the reader is too slow")
	// ErrEnd says that the stretch ends: what follows is of another kind of format.
	ErrEnd = errors.New("the format has ended")
)

// Read returns what is there of the tape, and the initialization section when it begins.
// Nothing means that the reader has to wait until the tape is continued.
func (r *Reader) Read(t *Tape, now time.Time) (*segment.Init, []segment.Fragment, error) {
	var begins *segment.Init
	if r.init == nil {
		i := r.start(t)
		if i < 0 {
			return nil, nil, nil
		}
		r.next, r.init = t.first+int64(i), t.fragments[i].Init
		begins = r.init
	}
	if r.next < t.first {
		return nil, nil, ErrSlow
	}
	list := t.fragments[r.next-t.first:]
	if len(list) == 0 {
		r.current = now
		return begins, nil, nil
	}
	if !r.current.IsZero() && now.Sub(r.current) > MostBehind && t.Newest()-list[0].Start > MostBehind {
		return nil, nil, ErrSlow
	}
	end := slices.IndexFunc(list, func(f segment.Fragment) bool { return f.Init.Stretch != r.init.Stretch })
	if end == 0 {
		return nil, nil, ErrEnd
	}
	if end > 0 {
		list = list[:end]
	}
	r.next += int64(len(list))
	return begins, list, nil
}

// start is the index of the fragment that the reader begins with; below zero when it is not
// there.
func (r *Reader) start(t *Tape) int {
	if r.from >= 0 {
		stretch := t.stretchAt(r.due)
		return slices.IndexFunc(t.fragments, func(f segment.Fragment) bool { return f.Key && f.Start >= r.from && f.Init.Stretch >= stretch })
	}
	for i := len(t.fragments) - 1; i >= 0; i-- {
		if t.fragments[i].Key {
			return i
		}
	}
	return -1
}

// stretchAt is the stretch that is on at a time: zero for a time before all fragments.
func (t *Tape) stretchAt(at time.Duration) int {
	for _, f := range slices.Backward(t.fragments) {
		if f.Start < at {
			return f.Init.Stretch
		}
	}
	return 0
}
