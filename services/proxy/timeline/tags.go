package timeline

import (
	"slices"
	"strings"

	"livestream-tui/services/hls/m3u8"
)

// tags are lines that stand beside a segment and belong to the playlist or to the
// segment.
type tags struct {
	ranges  []m3u8.DateRange
	unknown []m3u8.Tag
}

// plainTags are tags without those about parts (rfc8216bis, 4.4.4.9, 4.4.5.3 and
// 4.4.5.4), which only a packager's own playlist can list.
func plainTags(list []m3u8.Tag) []m3u8.Tag {
	return slices.DeleteFunc(slices.Clone(list), func(t m3u8.Tag) bool {
		return strings.HasPrefix(string(t), "#EXT-X-PART") || strings.HasPrefix(string(t), "#EXT-X-PRELOAD-HINT") ||
			strings.HasPrefix(string(t), "#EXT-X-RENDITION-REPORT")
	})
}

// Retag takes the tags that the leading packager has beside its segments now. A tag
// stands before the same segment as there, and goes when it has gone there. Tags before
// its first segment that did not belong to that segment belong to the playlist and stand
// at the head here; EXT-X-DATERANGE after its last segment stands at the end (rfc8216bis,
// 4.4.5.1).
func (t *Timeline) Retag(l List) {
	t.Head.Unknown = headTags(l.Unknown)
	t.front, t.back = tags{}, tags{}
	for i := range l.Segments {
		s := &l.Segments[i]
		e := t.Entry(l.MediaSequence + int64(i) + t.Shift.Delta)
		if e == nil || e.Packager < 0 || e.MSN < t.Since {
			continue
		}
		now := tags{s.DateRanges, plainTags(s.Unknown)}
		if i == 0 {
			now = t.split(e, now)
		}
		e.Segment.DateRanges, e.Segment.Unknown = now.ranges, now.unknown
	}
	for _, tag := range l.Trailing {
		if value, ok := strings.CutPrefix(string(tag), "#EXT-X-DATERANGE:"); ok {
			t.back.unknown = append(t.back.unknown, m3u8.Tag("#EXT-X-DATERANGE:"+value))
		}
	}
}

// split keeps the present tags of the packager's first segment with it, and gives the
// others to the playlist.
func (t *Timeline) split(e *Entry, now tags) tags {
	var own tags
	for _, r := range now.ranges {
		if slices.ContainsFunc(e.Segment.DateRanges, func(o m3u8.DateRange) bool { return idOf(o) == idOf(r) }) {
			own.ranges = append(own.ranges, r)
		} else {
			t.front.ranges = append(t.front.ranges, r)
		}
	}
	for _, u := range now.unknown {
		if slices.Contains(e.Segment.Unknown, u) {
			own.unknown = append(own.unknown, u)
		} else {
			t.front.unknown = append(t.front.unknown, u)
		}
	}
	return own
}

func idOf(r m3u8.DateRange) string {
	for _, a := range r.Attributes {
		if a.Name == "ID" {
			return a.Value
		}
	}
	return ""
}

// headTags are a packager's header lines, except those about features that the proxy does
// not have.
func headTags(list []m3u8.Tag) []m3u8.Tag {
	return slices.DeleteFunc(slices.Clone(list), func(t m3u8.Tag) bool {
		return strings.HasPrefix(string(t), "#EXT-X-PART-INF") || strings.HasPrefix(string(t), "#EXT-X-SERVER-CONTROL") ||
			strings.HasPrefix(string(t), "#EXT-X-SKIP")
	})
}

// addFront puts the playlist's own tags before the first segment, except those that still
// stand with a segment.
func (t *Timeline) addFront(p *m3u8.MediaPlaylist) {
	if len(p.Segments) == 0 || len(t.front.ranges)+len(t.front.unknown) == 0 {
		return
	}
	var ranges []m3u8.DateRange
	var unknown []m3u8.Tag
	for _, r := range t.front.ranges {
		if !slices.ContainsFunc(p.Segments, func(s m3u8.Segment) bool {
			return slices.ContainsFunc(s.DateRanges, func(o m3u8.DateRange) bool { return slices.Equal(o.Attributes, r.Attributes) })
		}) {
			ranges = append(ranges, r)
		}
	}
	for _, u := range t.front.unknown {
		if !slices.ContainsFunc(p.Segments, func(s m3u8.Segment) bool { return slices.Contains(s.Unknown, u) }) {
			unknown = append(unknown, u)
		}
	}
	first := &p.Segments[0]
	first.DateRanges = append(ranges, first.DateRanges...)
	first.Unknown = append(unknown, first.Unknown...)
}
