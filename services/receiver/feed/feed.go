package feed

import (
	"slices"
	"sync/atomic"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/receiver/segment"
)

const (
	// Window is how much the playlist lists, and how much of the stream is kept.
	Window = 40 * time.Second
	// held is for how long a segment is served after the playlist has dropped it.
	held = 20 * time.Second
)

// Feed is what is served of one signal. One goroutine publishes; any number of them read.
type Feed struct {
	snapshot atomic.Pointer[Snapshot]
	tape     atomic.Pointer[Tape]
	segments []segment.Segment // those that are served; used by Publish alone
	ended    chan struct{}     // closed by End
}

// New returns the feed of a signal that has not been on air yet.
func New() *Feed {
	f := &Feed{ended: make(chan struct{})}
	f.snapshot.Store(&Snapshot{Replaced: make(chan struct{})})
	f.tape.Store(&Tape{Continued: make(chan struct{})})
	return f
}

// Snapshot is what is served now.
func (f *Feed) Snapshot() *Snapshot { return f.snapshot.Load() }

// Tape is the fragments of now.
func (f *Feed) Tape() *Tape { return f.tape.Load() }

// End says that the signal goes on in another feed. What was published can still be read. Call
// it once.
func (f *Feed) End() { close(f.ended) }

// Ended is closed by End.
func (f *Feed) Ended() <-chan struct{} { return f.ended }

// Publish adds what is ready. Target is the target duration in seconds. What is kept of the
// timeline must be on disk already: a number that was served is never given again.
func (f *Feed) Publish(out segment.Output, target int) {
	if len(out.Fragments) > 0 {
		old := f.tape.Load()
		f.tape.Store(old.with(out.Fragments))
		close(old.Continued)
	}
	if len(out.Segments) == 0 {
		return
	}
	f.segments = append(f.segments, out.Segments...)
	newest := f.segments[len(f.segments)-1].End()
	f.segments = slices.Clone(f.segments[after(f.segments, newest-Window-held):])
	old := f.snapshot.Load()
	f.snapshot.Store(newSnapshot(f.segments, f.segments[after(f.segments, newest-Window):], target))
	close(old.Replaced)
}

// after is the index of the first segment that ends after a time.
func after(list []segment.Segment, t time.Duration) int {
	return max(slices.IndexFunc(list, func(s segment.Segment) bool { return s.End() > t }), 0)
}

// Snapshot is what is served at one time. It never changes.
type Snapshot struct {
	// List is the playlist, nil before the first segment; Body is its text.
	List *m3u8.MediaPlaylist
	Body []byte
	// Media is initialization sections and segments, by name, in pieces.
	Media map[string][][]byte
	// Replaced is closed once there is a newer snapshot.
	Replaced chan struct{}
}

// slateClass is the CLASS of the date ranges of slates.
const slateClass = "livestream-tui.slate"

func newSnapshot(served, listed []segment.Segment, target int) *Snapshot {
	s := &Snapshot{Media: map[string][][]byte{}, Replaced: make(chan struct{})}
	for _, one := range served {
		s.Media[media.SegmentName(one.MSN)] = one.Pieces
		s.Media[one.Init.Name] = [][]byte{one.Init.Data}
	}
	list := &m3u8.MediaPlaylist{
		Version: 7, TargetDuration: target, MediaSequence: listed[0].MSN, DiscontinuitySequence: listed[0].Discontinuities,
		IndependentSegments: !slices.ContainsFunc(listed, func(s segment.Segment) bool { return !s.Independent }),
		ServerControl:       &m3u8.ServerControl{CanBlockReload: true},
	}
	if listed[0].Discontinuity {
		list.DiscontinuitySequence--
	}
	for _, one := range listed {
		list.Segments = append(list.Segments, m3u8.Segment{
			URI: media.SegmentName(one.MSN), Duration: one.Duration, Discontinuity: one.Discontinuity,
			Map: &m3u8.Map{URI: one.Init.Name}, ProgramDateTime: date(one.Start), DateRanges: ranges(one.Slates),
		})
	}
	s.List, s.Body = list, list.Encode()
	return s
}

// ranges are the date ranges of slates. A range stands before each segment in which the slate
// is shown, and has its end from the segment on in which it ends: so what is listed of a
// segment never changes, and a range is there for as long as one of its segments is.
func ranges(slates []segment.Slate) []m3u8.DateRange {
	var list []m3u8.DateRange
	for _, s := range slates {
		quoted := func(name, value string) m3u8.Attribute {
			return m3u8.Attribute{Name: name, Value: value, Quoted: true}
		}
		a := []m3u8.Attribute{quoted("ID", s.ID()), quoted("CLASS", slateClass), quoted("START-DATE", dateText(s.Start))}
		if s.End > 0 {
			a = append(a, quoted("END-DATE", dateText(s.End)))
		}
		list = append(list, m3u8.DateRange{Attributes: a})
	}
	return list
}

func date(t time.Duration) time.Time { return time.Unix(0, int64(t)).UTC() }

func dateText(t time.Duration) string { return date(t).Format("2006-01-02T15:04:05.000Z") }
