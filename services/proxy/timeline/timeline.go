package timeline

import (
	"math"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/uri"
)

// Timeline is one media playlist. The zero value, with Key and Hosts, is empty.
type Timeline struct {
	// Key is the key of the playlist.
	Key string `json:"key"`
	// Hosts are the packagers. They are not kept on disk.
	Hosts uri.Hosts `json:"-"`
	// Head is the playlist without its segments: version, target duration, tags.
	Head m3u8.MediaPlaylist `json:"head"`
	// Entries are consecutive, oldest first; the last of them may be pending.
	Entries []Entry `json:"entries"`
	// Listed is how many of Entries are in the playlist.
	Listed int `json:"listed"`
	// Number is the discontinuity number before the first entry,
	// EXT-X-DISCONTINUITY-SEQUENCE.
	Number int64 `json:"discontinuity_sequence"`
	// Window is the intended length of the playlist.
	Window time.Duration `json:"window_ns"`
	// Shift turns the present numbers of the packagers into those here.
	Shift Shift `json:"shift"`
	// Since is the first number under this shift: numbers before it mean other segments.
	Since int64 `json:"since"`
	// Epoch counts shifts, for their prefixes.
	Epoch int `json:"epoch"`
	// Cut means that it began anew beyond a hole, so that it is not an EVENT any more.
	Cut bool `json:"cut,omitempty"`
	// Ended means that the playlist has its EXT-X-ENDLIST.
	Ended bool `json:"ended,omitempty"`

	front, back tags // of the leading packager: before its first and after its last segment
}

// Shift turns a packager's numbers and URIs into those here. They differ once packagers
// have begun again at other numbers.
type Shift struct {
	Delta  int64  `json:"delta"`
	Prefix string `json:"prefix"` // of names, such as "r1-"; empty at first
}

// List is a packager's playlist, and where it was found.
type List struct {
	*m3u8.MediaPlaylist
	Found uri.Found
}

// Next is the number of the next entry.
func (t *Timeline) Next() int64 {
	if len(t.Entries) == 0 {
		return t.Head.MediaSequence
	}
	return t.Entries[len(t.Entries)-1].MSN + 1
}

// Empty reports whether it never had an entry.
func (t *Timeline) Empty() bool { return t.Head.TargetDuration == 0 }

// Last is the newest number that is listed, -1 when none is.
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

// Entry is the entry of a number, nil when there is none.
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

// Known reports whether the content of any of the newest n segments is known.
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

// Begin takes the first playlist as it is. added is how far its discontinuity numbers are
// behind those of the other renditions.
func (t *Timeline) Begin(l List, added int64) (int, error) {
	head := *l.MediaPlaylist
	head.Segments, head.Trailing, head.Oddities = nil, nil, nil
	head.EndList, head.PartTarget, head.ServerControl = false, 0, nil
	if c := l.ServerControl; c != nil && c.HoldBack > 0 {
		head.ServerControl = &m3u8.ServerControl{HoldBack: c.HoldBack}
	}
	head.PlaylistType = "" // keepType sets it again when nothing was removed
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

// Append takes the segments of l that are due: those after the last entry, up to the
// first that l lists as missing. It returns how many.
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

// untilGap is l without what follows its first EXT-X-GAP from index from on: a peer may
// have the missing segment, and is asked first.
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

// raise makes the target duration at least as long as l's and as each of its segments.
func (t *Timeline) raise(l List) {
	t.Head.TargetDuration = max(t.Head.TargetDuration, l.TargetDuration)
	t.Head.Version = max(t.Head.Version, l.Version)
	for i := range l.Segments {
		t.Head.TargetDuration = max(t.Head.TargetDuration, rounded(l.Segments[i].Duration))
	}
}

func rounded(d time.Duration) int { return int(math.Round(d.Seconds())) }

// keepType passes EXT-X-PLAYLIST-TYPE:EVENT on as long as it is true here: nothing was
// removed (RFC 8216, 4.3.3.5).
func (t *Timeline) keepType(l List) {
	t.Head.PlaylistType = ""
	if l.PlaylistType == "EVENT" && !t.Cut && len(t.Entries) > 0 && t.Entries[0].MSN <= l.MediaSequence+t.Shift.Delta {
		t.Head.PlaylistType = "EVENT"
	}
}

// Prepend takes the segments that l lists before the oldest entry, starting at number
// from. It lowers the media sequence number, so nothing may have been shown since the
// playlist was restored.
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
