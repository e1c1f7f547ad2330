package m3u8

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// ParseMedia parses a media playlist as players do: it reads odd ones as well as they
// can, and lists what is odd in Oddities. It refuses what cannot be played: a text that
// is not a playlist, one that ends in the middle (the error wraps ErrTruncated), a mix of
// both kinds, a malformed byte range, and more than the limits allow. Errors name the
// line. Unknown tags and attributes are kept in place, comments are dropped.
//
// A delta update (EXT-X-SKIP) parses, but the numbers of its segments are wrong: do not
// request one.
func ParseMedia(b []byte) (*MediaPlaylist, error) {
	p := mediaParser{list: &MediaPlaylist{}}
	if err := lines(b, &p.odd, p.line); err != nil {
		return nil, err
	}
	if err := p.end(); err != nil {
		return nil, err
	}
	return p.list, nil
}

// ParseMediaStrictly parses a media playlist and refuses one with Oddities, such as a
// missing last line end. It is for playlists that must be correct.
func ParseMediaStrictly(b []byte) (*MediaPlaylist, error) {
	p, err := ParseMedia(b)
	if err == nil && len(p.Oddities) > 0 {
		return nil, errors.New("playlist " + p.Oddities[0])
	}
	return p, err
}

// mediaParser collects the tags before a URI in next.
type mediaParser struct {
	list *MediaPlaylist
	odd  oddities
	seen []string // the tags of the whole playlist
	next Segment
	// open are next's lines; they become Trailing when its URI never comes.
	open     []Tag
	timed    bool  // next has its EXTINF
	lasts    bool  // next has a duration
	rangeErr error // why next's byte range cannot be read
	guessed  []int // the segments without a duration
	media    *Map
	variant  bool // an EXT-X-STREAM-INF waits for its URI
}

func (p *mediaParser) line(line string) error {
	if line[0] != '#' {
		return p.uri(line)
	}
	name, value := cutTag(line)
	known, err := p.header(name, value)
	if known || err != nil {
		return bad(name, value, err)
	}
	if wholePlaylist(name) {
		p.list.Unknown = append(p.list.Unknown, Tag(line))
		return nil
	}
	if known, err = p.segment(name, value); err != nil {
		return bad(name, value, err)
	}
	if !known {
		p.next.Unknown = append(p.next.Unknown, Tag(line))
	}
	p.open = append(p.open, Tag(line))
	return nil
}

// wholePlaylist reports whether an unknown tag is about the whole playlist. Any other one
// before a segment belongs to that segment and leaves with it (RFC 8216, 4.1 and 6.3.1),
// the first segment's too.
func wholePlaylist(name string) bool {
	switch name {
	case "#EXT-X-PLAYLIST-TYPE", "#EXT-X-PART-INF", // values that the model cannot read
		"#EXT-X-ALLOW-CACHE",                                      // RFC 8216, 7
		"#EXT-X-DEFINE", "#EXT-X-SKIP", "#EXT-X-CONTENT-STEERING", // rfc8216bis
		"#EXT-X-IMAGES-ONLY",                      // thumbnails as a playlist
		"#EXT-X-FAXS-CM", "#EXT-X-FAXS-SIGNATURE", // Adobe Access
		"#EXT-X-TWITCH-INFO", "#EXT-X-TWITCH-ELAPSED-SECS", "#EXT-X-TWITCH-TOTAL-SECS", // Twitch
		"#EXT-X-TWITCH-LIVE-SEQUENCE",
		"#EXTENC", "#PLAYLIST": // of M3U
		return true
	}
	return false
}

func (p *mediaParser) uri(line string) error {
	switch {
	case p.variant:
		return fmt.Errorf("URI %.*q of a variant in a media playlist", quotable, line)
	case p.rangeErr != nil:
		return fmt.Errorf("URI %.*q: %w", quotable, line, p.rangeErr)
	case len(p.list.Segments) == maxSegments:
		return fmt.Errorf("more than %d segments", maxSegments)
	case !p.timed:
		p.odd.note("URI", line, "it has no EXTINF; it is taken to last for the target duration")
	}
	if !p.lasts {
		p.guessed = append(p.guessed, len(p.list.Segments))
	}
	p.next.URI, p.next.Map = line, p.media
	p.list.Segments = append(p.list.Segments, p.next)
	p.next, p.open, p.timed, p.lasts = Segment{}, p.open[:0], false, false
	return nil
}

// end completes what depends on the whole playlist.
func (p *mediaParser) end() error {
	l := p.list
	switch {
	case p.timed:
		return fmt.Errorf("playlist ends with an EXTINF without its URI: %w", ErrTruncated)
	case len(l.Segments) > len(p.guessed), slices.Contains(p.seen, "#EXT-X-TARGETDURATION"):
	case len(l.Segments) == 0:
		return fmt.Errorf("playlist has no EXT-X-TARGETDURATION: %w", ErrTruncated)
	default:
		return errors.New("playlist has neither EXT-X-TARGETDURATION nor EXTINF")
	}
	if l.TargetDuration == 0 {
		var most time.Duration
		for i := range l.Segments {
			most = max(most, l.Segments[i].Duration)
		}
		l.TargetDuration = int(max(1, most.Round(time.Second)/time.Second))
		p.odd.note("EXT-X-TARGETDURATION", "", fmt.Sprintf("it is missing or unreadable; it is %d by the durations of the segments", l.TargetDuration))
	}
	for _, i := range p.guessed {
		l.Segments[i].Duration = time.Duration(l.TargetDuration) * time.Second
	}
	p.room("EXT-X-MEDIA-SEQUENCE", &l.MediaSequence)
	p.room("EXT-X-DISCONTINUITY-SEQUENCE", &l.DiscontinuitySequence)
	if len(p.open) > 0 {
		l.Trailing = p.open
	}
	l.Oddities = p.odd.list
	return nil
}

// room ensures that the segments can be numbered from n on.
func (p *mediaParser) room(tag string, n *int64) {
	if *n > math.MaxInt64-int64(len(p.list.Segments)) {
		p.odd.note(tag, fmt.Sprint(*n), "it is too large; its low bits are used")
		*n &= lowBits
	}
}

// once notes a tag of the whole playlist, and that it is repeated.
func (p *mediaParser) once(name, value string) {
	if slices.Contains(p.seen, name) {
		p.odd.note(name, value, "it appears twice; the last one counts")
		return
	}
	p.seen = append(p.seen, name)
}

// segment reads the tags about the next segment (RFC 8216, 4.3.2).
func (p *mediaParser) segment(name, value string) (known bool, err error) {
	s := &p.next
	switch name {
	case "#EXTINF":
		p.extinf(value)
	case "#EXT-X-BYTERANGE":
		// A malformed one after the last segment does no harm.
		if s.ByteRange, p.rangeErr = readByteRange(name, value, &p.odd); p.rangeErr != nil {
			p.rangeErr = bad(name, value, p.rangeErr)
		}
	case "#EXT-X-DISCONTINUITY":
		if s.Discontinuity {
			p.odd.note(name, value, "it appears twice for one segment; it counts once")
		}
		s.Discontinuity = true
	case "#EXT-X-GAP":
		s.Gap = true
	case "#EXT-X-KEY":
		s.Keys = append(s.Keys, parseKey("EXT-X-KEY", value, &p.odd))
	case "#EXT-X-MAP":
		m, err := parseMap(value, &p.odd)
		if err != nil {
			return true, err
		}
		if m != nil {
			p.media = m
		}
	case "#EXT-X-PROGRAM-DATE-TIME":
		p.date(name, value)
	case "#EXT-X-DATERANGE":
		s.DateRanges = append(s.DateRanges, parseDateRange(value, &p.odd))
	case "#EXT-X-BITRATE":
		p.bitrate(name, value)
	default:
		return false, nil
	}
	return true, nil
}

// extinf reads a duration and a title (RFC 8216, 4.3.2.1).
func (p *mediaParser) extinf(value string) {
	s := &p.next
	if p.timed {
		p.odd.note("EXTINF", value, "the one before has no URI; the last one counts")
	}
	p.timed, p.lasts, p.variant = true, true, false
	seconds, title, _ := strings.Cut(value, ",")
	d, err := parsePositive(strings.Trim(seconds, blanks))
	if err == nil && d <= maxSegment {
		s.Duration, s.Title = d, title
		return
	}
	d, rest, ok := leadingSeconds(value)
	attributes, title, _ := cutTitle(rest)
	s.Duration, s.Title = d, title
	switch {
	case !ok || d < 0 || d > maxSegment:
		s.Duration, p.lasts = 0, false
		p.odd.note("EXTINF", value, "it has no duration; the target duration is used")
	case strings.Trim(attributes, blanks) != "":
		p.odd.note("EXTINF", value, "the text between its duration and the comma is ignored")
	default:
		p.odd.note("EXTINF", value, "its duration is not written as a decimal number")
	}
}

// cutTitle cuts at the first comma outside quotes, or at the first comma when the quotes
// are not closed.
func cutTitle(s string) (before, title string, found bool) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return s[:i], s[i+1:], true
		}
	}
	if quoted {
		return strings.Cut(s, ",")
	}
	return s, "", false
}

func (p *mediaParser) date(name, value string) {
	t, err := parseDateTime(value)
	if err != nil {
		if t, err = looseDateTime(value); err != nil {
			p.odd.note(name, value, "it is not a date and is ignored")
			return
		}
		p.odd.note(name, value, "it is not in the form of ISO 8601")
	}
	p.next.ProgramDateTime = t
}

func (p *mediaParser) bitrate(name, value string) {
	n, err := parseInteger(value, math.MaxInt32)
	if err != nil {
		var ok bool
		if n, ok = leadingInteger(value); !ok || n > math.MaxInt32 {
			p.odd.note(name, value, "it is not a bit rate and is ignored")
			return
		}
		p.odd.note(name, value, "only its leading whole number is read")
	}
	p.next.Bitrate = int(n)
}
