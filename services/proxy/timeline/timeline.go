package timeline

import (
	"math"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/uri"
)

// Timeline is one media playlist. The zero value, with Key and Hosts, is empty.
type Timeline struct {
	// Key is the playlist's own.
	Key string `json:"key"`
	// Hosts are the packagers'. Not a part of what is kept on disk.
	Hosts uri.Hosts `json:"-"`
	// Head is the playlist without its segments: version, target duration, tags.
	Head m3u8.MediaPlaylist `json:"head"`
	// Entries are consecutive, oldest first; the last of them may be pending.
	Entries []Entry `json:"entries"`
	// Listed is how many of Entries are in the playlist.
	Listed int `json:"listed"`
	// Number is the discontinuity number before the first entry:
	// EXT-X-DISCONTINUITY-SEQUENCE.
	Number int64 `json:"discontinuity_sequence"`
	// Window is how long the playlist is to be.
	Window time.Duration `json:"window_ns"`
	// Shift is how the present numbers of the packagers become ours.
	Shift Shift `json:"shift"`
	// Since is the first number under this shift: those before mean other segments.
	Since int64 `json:"since"`
	// Epoch counts shifts, for their prefixes.
	Epoch int `json:"epoch"`
	// Cut says that it began anew behind a hole, so that it is no EVENT any more.
	Cut bool `json:"cut,omitempty"`
	// Ended says that the playlist has its EXT-X-ENDLIST.
	Ended bool `json:"ended,omitempty"`

	front, back tags // of the packager that leads: before its first and behind its last segment
}

// Shift turns a packager's numbers and URIs into ours: after packagers began again
// at other numbers theirs are not ours.
type Shift struct {
	Delta  int64  `json:"delta"`
	Prefix string `json:"prefix"` // of names, such as "r1-"; empty at first
}

// List is a packager's playlist, and where it was found.
type List struct {
	*m3u8.MediaPlaylist
	Found uri.Found
}

// Next is the number of the entry to come.
func (t *Timeline) Next() int64 {
	if len(t.Entries) == 0 {
		return t.Head.MediaSequence
	}
	return t.Entries[len(t.Entries)-1].MSN + 1
}

// Empty reports whether nothing was ever taken.
func (t *Timeline) Empty() bool { return t.Head.TargetDuration == 0 }

// Last is the newest number listed, -1 when none is.
func (t *Timeline) Last() int64 {
	if t.Listed == 0 {
		return -1
	}
	return t.Entries[t.Listed-1].MSN
}

// Target is the target duration; zero while it is empty.
func (t *Timeline) Target() time.Duration {
	return time.Duration(t.Head.TargetDuration) * time.Second
}

// Pending are the entries that are not listed yet, oldest first.
func (t *Timeline) Pending() []Entry { return t.Entries[t.Listed:] }

// Entry is the entry of a number, nil for none.
func (t *Timeline) Entry(msn int64) *Entry {
	if len(t.Entries) == 0 {
		return nil
	}
	i := msn - t.Entries[0].MSN
	if i < 0 || i >= int64(len(t.Entries)) {
		return nil
	}
	return &t.Entries[i]
}

// Known reports whether the bytes of any of the newest n segments are known.
func (t *Timeline) Known(n int) bool {
	for i := max(0, len(t.Entries)-n); i < len(t.Entries); i++ {
		if t.Entries[i].Content.Digest != "" {
			return true
		}
	}
	return false
}

// Count is the discontinuity number of the newest entry.
func (t *Timeline) Count() int64 {
	n := t.Number
	for i := range t.Entries {
		if t.Entries[i].Segment.Discontinuity {
			n++
		}
	}
	return n
}

// Begin takes the first playlist as it is. added is how far its discontinuity numbers
// are behind those of the other renditions.
func (t *Timeline) Begin(l List, added int64) (int, error) {
	head := *l.MediaPlaylist
	head.Segments, head.Trailing, head.Oddities = nil, nil, nil
	head.EndList, head.PartTarget, head.ServerControl = false, 0, nil
	if c := l.ServerControl; c != nil && c.HoldBack > 0 {
		head.ServerControl = &m3u8.ServerControl{HoldBack: c.HoldBack}
	}
	head.PlaylistType = "" // keepType says it again where nothing was removed
	before := *t
	t.Head, t.Number = head, l.DiscontinuitySequence+added
	t.raise(l)
	n, err := t.append(l, 0, false)
	if err != nil {
		*t = before
		return 0, err
	}
	t.keepType(l)
	return n, nil
}

// Append takes the segments that l lists and that are due: those behind ours, up to
// the first that it says is missing. It returns how many.
func (t *Timeline) Append(l List) (int, error) {
	skip := t.Next() - (l.MediaSequence + t.Shift.Delta)
	if skip < 0 || skip >= int64(len(l.Segments)) {
		return 0, nil
	}
	until, _ := untilGap(l, skip)
	n, err := t.append(until, skip, false)
	if err == nil && n > 0 {
		t.raise(l)
		t.keepType(l)
	}
	return n, err
}

// untilGap is l without what follows its first EXT-X-GAP from index from on: a peer
// may have what is missing there, and is asked first.
func untilGap(l List, from int64) (List, bool) {
	for i := from; i < int64(len(l.Segments)); i++ {
		if l.Segments[i].Gap {
			cut := *l.MediaPlaylist
			cut.Segments = l.Segments[:i:i]
			return List{&cut, l.Found}, true
		}
	}
	return l, false
}

// raise makes the target duration no shorter than l's and any of its segments.
func (t *Timeline) raise(l List) {
	t.Head.TargetDuration = max(t.Head.TargetDuration, l.TargetDuration)
	t.Head.Version = max(t.Head.Version, l.Version)
	for i := range l.Segments {
		t.Head.TargetDuration = max(t.Head.TargetDuration, rounded(l.Segments[i].Duration))
	}
}

func rounded(d time.Duration) int { return int(math.Round(d.Seconds())) }

// keepType passes EXT-X-PLAYLIST-TYPE:EVENT on as long as it is true of ours: nothing
// was removed (RFC 8216, 4.3.3.5).
func (t *Timeline) keepType(l List) {
	t.Head.PlaylistType = ""
	if l.PlaylistType == "EVENT" && !t.Cut && len(t.Entries) > 0 && t.Entries[0].MSN <= l.MediaSequence+t.Shift.Delta {
		t.Head.PlaylistType = "EVENT"
	}
}

// Prepend takes the segments from number from on that l lists before our oldest one, as
// long as none of the playlist was shown since it was restored: its number falls.
func (t *Timeline) Prepend(l List, from int64) int {
	if len(t.Entries) == 0 {
		return 0
	}
	n := t.Entries[0].MSN - (l.MediaSequence + t.Shift.Delta)
	if n <= 0 || n >= int64(len(l.Segments)) || t.Entries[0].MSN-n < t.Since {
		return 0
	}
	skip := max(from-(l.MediaSequence+t.Shift.Delta), 0)
	if skip >= n {
		return 0
	}
	old := *l.MediaPlaylist
	old.Segments = l.Segments[:n:n]
	before := *t
	t.Entries, t.Listed = nil, 0
	if _, err := t.append(List{&old, l.Found}, skip, false); err != nil {
		*t = before
		return 0
	}
	for i := range t.Entries {
		if t.Entries[i].Segment.Discontinuity {
			before.Number--
		}
	}
	t.Number = max(before.Number, 0)
	t.Listed = len(t.Entries) + before.Listed
	t.Entries = append(t.Entries, before.Entries...)
	t.keepType(l)
	return int(n - skip)
}
