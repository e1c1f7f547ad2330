package stream

import (
	"bytes"
	"fmt"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// checker holds each merged playlist to what package timeline promises of it. The zero value has
// seen none.
type checker struct {
	last   *m3u8.MediaPlaylist
	listed map[int64]listedAs
	uris   map[string]int64
	now    time.Time // for who needs a clock
	loops  bool      // one URI may be listed twice, as slates are
}

// listedAs is what must stay as it was.
type listedAs struct {
	uri, bytes, init string
	duration         time.Duration
	discontinuity    int64
	gap              bool
}

func (c *checker) check(body []byte) error {
	p, err := m3u8.ParseMedia(body)
	if err != nil {
		return err
	}
	if again := p.Encode(); !bytes.Equal(again, body) {
		return fmt.Errorf("playlist is written otherwise the second time: %s and %s", body, again)
	}
	if len(p.Segments) == 0 {
		return fmt.Errorf("playlist lists nothing: %s", body)
	}
	if c.last == nil {
		c.last, c.listed, c.uris = p, map[int64]listedAs{}, map[string]int64{}
	}
	if err := follows(c.last, p); err != nil {
		return err
	}
	number, sum := p.DiscontinuitySequence, time.Duration(0)
	var date time.Time
	for i, s := range p.Segments {
		msn := p.MediaSequence + int64(i)
		if s.Discontinuity {
			number++
			date = time.Time{} // another timeline has other dates
		}
		if err := c.keeps(msn, s, number); err != nil {
			return err
		}
		if int(s.Duration.Round(time.Second)/time.Second) > p.TargetDuration {
			return fmt.Errorf("rule: msn %d lasts %s, target duration is %d s", msn, s.Duration, p.TargetDuration)
		}
		if !s.ProgramDateTime.IsZero() && s.ProgramDateTime.Before(date) {
			return fmt.Errorf("rule: msn %d is dated %s after %s", msn, s.ProgramDateTime, date)
		}
		if !s.ProgramDateTime.IsZero() {
			date = s.ProgramDateTime
		}
		sum += s.Duration
	}
	// One that began anew beyond a hole has to grow again.
	if was := c.last; p.MediaSequence > was.MediaSequence && p.MediaSequence <= was.LastMSN() && p.TargetDuration == was.TargetDuration &&
		sum < 3*time.Duration(p.TargetDuration)*time.Second {
		return fmt.Errorf("rule: window of %s", sum)
	}
	c.last = p
	return nil
}

// follows holds a playlist to the one before it.
func follows(was, p *m3u8.MediaPlaylist) error {
	switch {
	case p.TargetDuration < was.TargetDuration:
		return fmt.Errorf("rule: target duration %d after %d", p.TargetDuration, was.TargetDuration)
	case p.MediaSequence < was.MediaSequence:
		return fmt.Errorf("rule: media sequence %d after %d", p.MediaSequence, was.MediaSequence)
	case p.LastMSN() < was.LastMSN():
		return fmt.Errorf("rule: newest msn %d after %d", p.LastMSN(), was.LastMSN())
	case p.DiscontinuitySequence < was.DiscontinuitySequence:
		return fmt.Errorf("rule: discontinuity sequence %d after %d", p.DiscontinuitySequence, was.DiscontinuitySequence)
	case p.MediaSequence > was.LastMSN()+1 && !p.Segments[0].Discontinuity:
		return fmt.Errorf("rule: window from %d after one to %d, without a discontinuity", p.MediaSequence, was.LastMSN())
	case p.MediaSequence > was.LastMSN()+1 && p.DiscontinuitySequence < total(was):
		return fmt.Errorf("rule: discontinuity sequence %d after %d", p.DiscontinuitySequence, total(was))
	case p.PlaylistType == "EVENT" && was.PlaylistType == "EVENT" && p.MediaSequence != was.MediaSequence:
		return fmt.Errorf("rule: EVENT, and its media sequence is %d after %d", p.MediaSequence, was.MediaSequence)
	}
	return nil
}

// keeps holds a segment to what its number meant before.
func (c *checker) keeps(msn int64, s m3u8.Segment, number int64) error {
	is := listedAs{uri: s.URI, duration: s.Duration, discontinuity: number, gap: s.Gap}
	if s.Map != nil {
		is.init = s.Map.URI
	}
	if s.ByteRange != nil {
		is.bytes = fmt.Sprint(*s.ByteRange)
	}
	if before, ok := c.listed[msn]; ok && before != is {
		return fmt.Errorf("rule: msn %d is %+v after %+v", msn, is, before)
	}
	c.listed[msn] = is
	if other, ok := c.uris[s.URI+is.bytes]; ok && other != msn && !c.loops {
		return fmt.Errorf("rule: %s is msn %d and %d", s.URI, other, msn)
	}
	c.uris[s.URI+is.bytes] = msn
	return nil
}

// total is the discontinuity number of the last segment.
func total(p *m3u8.MediaPlaylist) int64 {
	n := p.DiscontinuitySequence
	for _, s := range p.Segments {
		if s.Discontinuity {
			n++
		}
	}
	return n
}
