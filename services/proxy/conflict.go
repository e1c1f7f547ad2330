package proxy

import (
	"fmt"
	"math"
	"time"

	"livestream-tui/services/hls"
)

// refusal is why a playlist cannot follow ours, whatever it lists.
func (t *timeline) refusal(p *hls.MediaPlaylist) string {
	if p.TargetDuration > t.head.TargetDuration {
		return fmt.Sprintf("target duration %d s, %d s was served", p.TargetDuration, t.head.TargetDuration)
	}
	return t.overlong(p, t.head.TargetDuration)
}

// overlong names a segment that is longer than the target duration, rounded.
func (t *timeline) overlong(p *hls.MediaPlaylist, target int) string {
	for i, s := range p.Segments {
		if rounded(s.Duration) > target {
			return fmt.Sprintf("msn %d lasts %s, target duration is %d s", p.MediaSequence+int64(i), s.Duration, target)
		}
	}
	return ""
}

func rounded(d time.Duration) int { return int(math.Round(d.Seconds())) }

// maxDrift is how far the dates of one segment may be apart.
const maxDrift = 500 * time.Millisecond

// conflict says in which way p is not the playlist that was served, where both
// list a number. Empty where they agree.
func (t *timeline) conflict(p *hls.MediaPlaylist) string {
	if len(t.entries) == 0 {
		return ""
	}
	from := t.entries[0].MSN
	for i := range p.Segments {
		s := &p.Segments[i]
		msn := p.MediaSequence + int64(i) + t.shift.Delta
		if msn < max(from, t.since) || msn >= from+int64(len(t.entries)) {
			continue
		}
		e := &t.entries[msn-from]
		if e.Segment.Gap {
			continue // missing here for good; whoever has it is not wrong
		}
		theirs := shifted(s.URI, t.shift.Prefix)
		switch {
		case theirs != e.Segment.URI:
			return fmt.Sprintf("msn %d is %.80q, %.80q was served", msn, theirs, e.Segment.URI)
		case s.Duration != e.Segment.Duration:
			return fmt.Sprintf("msn %d lasts %s, %s was served", msn, s.Duration, e.Segment.Duration)
		case s.Discontinuity != e.Theirs && i > 0: // at its head it says nothing of what came before
			return fmt.Sprintf("msn %d: discontinuity %t, %t was served", msn, s.Discontinuity, e.Theirs)
		case (s.Map == nil) != (e.Segment.Map == nil):
			return fmt.Sprintf("msn %d: with and without EXT-X-MAP", msn)
		case s.Map != nil && mapName(s.Map, t.shift.Prefix) != mapName(e.Segment.Map, ""):
			return fmt.Sprintf("msn %d: EXT-X-MAP is %.80q, %.80q was served", msn, mapName(s.Map, t.shift.Prefix), mapName(e.Segment.Map, ""))
		}
		a, b := s.ProgramDateTime, e.Dated
		if drift := a.Sub(b); !a.IsZero() && !b.IsZero() && drift.Abs() > maxDrift {
			return fmt.Sprintf("msn %d is dated %s, %s was served", msn, a.Format(time.RFC3339Nano), b.Format(time.RFC3339Nano))
		}
	}
	return ""
}

// mapName is what tells one EXT-X-MAP from another: a resource, or a part of one.
func mapName(m *hls.Map, prefix string) string {
	uri := shifted(m.URI, prefix)
	if r := m.ByteRange; r != nil {
		return fmt.Sprintf("%s %d@%d", uri, r.Length, r.Offset)
	}
	return uri
}
