package window

import (
	"fmt"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
)

// Entry is a segment as playlists list it.
type Entry struct {
	// MSN is its media sequence number.
	MSN int64
	// Number is its discontinuity number: EXT-X-DISCONTINUITY-SEQUENCE plus the
	// discontinuities up to and with this segment.
	Number int64
	// Segment is the segment as it is written to playlists.
	Segment m3u8.Segment
	// Independent is true where its playlist says that every segment begins with a key frame
	// (RFC 8216, 4.3.5.1).
	Independent bool
}

// EntriesOf reads an encoder's playlist. Its segments must be named by their numbers, so
// that a segment has the same number on disk, in the playlist and in the URI.
func EntriesOf(list *m3u8.MediaPlaylist) ([]Entry, error) {
	entries := make([]Entry, 0, len(list.Segments))
	number := list.DiscontinuitySequence
	for i, s := range list.Segments {
		msn := list.MediaSequence + int64(i)
		switch name := media.SegmentName(msn); {
		case s.URI != name:
			return nil, fmt.Errorf("msn %d is %q instead of %q", msn, s.URI, name)
		case s.Map == nil || !media.IsInit(s.Map.URI) || s.Map.ByteRange != nil:
			return nil, fmt.Errorf("msn %d has no init section named init-*.mp4", msn)
		case len(s.Keys) > 0 || s.ByteRange != nil:
			return nil, fmt.Errorf("msn %d has keys or a byte range, which workers do not write", msn)
		case s.Duration.Round(time.Second) > time.Duration(list.TargetDuration)*time.Second:
			return nil, fmt.Errorf("msn %d lasts %s, more than the target duration of %d s", msn, s.Duration, list.TargetDuration)
		}
		if s.Discontinuity {
			number++
		}
		entries = append(entries, Entry{MSN: msn, Number: number, Independent: list.IndependentSegments, Segment: m3u8.Segment{
			URI: s.URI, Duration: s.Duration, Discontinuity: s.Discontinuity, Gap: s.Gap,
			Map: &m3u8.Map{URI: s.Map.URI}, ProgramDateTime: s.ProgramDateTime, DateRanges: s.DateRanges,
		}})
	}
	return entries, nil
}

// Agrees reports whether another entry describes its segment in the same way.
func (e Entry) Agrees(o Entry) bool {
	a, b := e.Segment, o.Segment
	return a.Duration == b.Duration && a.Map.URI == b.Map.URI && a.ProgramDateTime.Equal(b.ProgramDateTime)
}

// dateOf returns when segment msn begins if every segment is as long as e; zero when e has
// no date.
func (e Entry) dateOf(msn int64) time.Time {
	if e.Segment.ProgramDateTime.IsZero() {
		return time.Time{}
	}
	return e.Segment.ProgramDateTime.Add(time.Duration(msn-e.MSN) * e.Segment.Duration)
}

// inStep reports whether the numbers between two entries match the time between them, so
// that both are on one grid as far as they are dated.
func (e Entry) inStep(later Entry) bool {
	expected, date := e.dateOf(later.MSN), later.Segment.ProgramDateTime
	if expected.IsZero() || date.IsZero() {
		return e.Segment.Map.URI == later.Segment.Map.URI
	}
	// Half a segment for each, since segments need not be equally long.
	return date.Sub(expected).Abs() <= time.Duration(later.MSN-e.MSN)*e.Segment.Duration/2
}
