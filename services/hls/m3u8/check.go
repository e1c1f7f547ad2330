package m3u8

import (
	"fmt"
	"time"
)

// Check returns the rules of RFC 8216 and rfc8216bis that a parsed playlist breaks, in
// words, segments first. Rules that only a second load can show broken are not checked.
func (p *MediaPlaylist) Check() []error {
	var found []error
	add := func(format string, args ...any) { found = append(found, fmt.Errorf(format, args...)) }
	target := time.Duration(p.TargetDuration) * time.Second
	var total time.Duration
	dated, ranged := false, false
	for i := range p.Segments {
		s := &p.Segments[i]
		msn := p.MediaSequence + int64(i)
		total += s.Duration
		if s.Duration.Round(time.Second) > target {
			add("msn %d lasts %s, more than the target duration of %s", msn, s.Duration, target)
		}
		if s.ByteRange != nil && s.ByteRange.Offset < 0 && (i == 0 || p.Segments[i-1].ByteRange == nil || p.Segments[i-1].URI != s.URI) {
			add("msn %d: its byte range has no offset, and does not go on from the segment before", msn)
		}
		dated = dated || !s.ProgramDateTime.IsZero()
		ranged = ranged || len(s.DateRanges) > 0
	}
	if ranged && !dated {
		add("EXT-X-DATERANGE without any EXT-X-PROGRAM-DATE-TIME")
	}
	if !p.EndList && p.MediaSequence > 0 && total < 3*target {
		add("the window lasts %s, at least three target durations of %s are needed", total, target)
	}
	if least, why := p.leastVersion(); max(p.Version, 1) < least {
		add("EXT-X-VERSION is %d, %s needs %d", max(p.Version, 1), why, least)
	}
	return append(found, p.checkControl(target)...)
}

// leastVersion returns the compatibility version that the playlist needs, and the
// feature that needs it (RFC 8216, 7).
func (p *MediaPlaylist) leastVersion() (least int, why string) {
	need := func(version int, what string, is bool) {
		if is && version > least {
			least, why = version, what
		}
	}
	need(4, "EXT-X-I-FRAMES-ONLY", p.IFramesOnly)
	for i := range p.Segments {
		s := &p.Segments[i]
		need(3, "a duration with a fraction", s.Duration%time.Second != 0)
		need(4, "EXT-X-BYTERANGE", s.ByteRange != nil)
		need(5, "EXT-X-MAP", s.Map != nil)
		need(6, "EXT-X-MAP without EXT-X-I-FRAMES-ONLY", s.Map != nil && !p.IFramesOnly)
		for _, k := range s.Keys {
			need(2, "a key's IV", k.IV != "")
			need(5, "a key's format", k.KeyFormat+k.KeyFormatVersions != "")
		}
	}
	return least, why
}

// checkControl checks EXT-X-SERVER-CONTROL by rfc8216bis, 4.4.3.8.
func (p *MediaPlaylist) checkControl(target time.Duration) []error {
	c := p.ServerControl
	if c == nil {
		return nil
	}
	var found []error
	for _, r := range []struct {
		name      string
		is, least time.Duration
	}{
		{"CAN-SKIP-UNTIL", c.CanSkipUntil, 6 * target},
		{"HOLD-BACK", c.HoldBack, 3 * target},
		{"PART-HOLD-BACK", c.PartHoldBack, 2 * p.PartTarget},
	} {
		if r.is > 0 && r.is < r.least {
			found = append(found, fmt.Errorf("%s is %s, at least %s is needed", r.name, r.is, r.least))
		}
	}
	if c.CanSkipDateRanges && c.CanSkipUntil == 0 {
		found = append(found, fmt.Errorf("CAN-SKIP-DATERANGES without CAN-SKIP-UNTIL"))
	}
	return found
}
