package proxy

import (
	"bytes"
	"fmt"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// checker holds every playlist that a player is given to FAILURES.md's rules 1 to 5
// and 8. The zero value has seen none.
type checker struct {
	last   *m3u8.MediaPlaylist
	first  int64 // MSN of the first playlist
	listed map[int64]listedAs
	uris   map[string]int64
	now    time.Time // for who needs a clock
	loops  bool      // one URI may be listed twice, as slates are
}

// listedAs is what must stay as it was.
type listedAs struct {
	uri           string
	duration      time.Duration
	discontinuity int64
	gap           bool
	text          string // EXT-X-MAP
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
		c.last, c.first, c.listed, c.uris = p, p.MediaSequence, map[int64]listedAs{}, map[string]int64{}
	}
	was := c.last
	switch {
	case p.EndList:
		return fmt.Errorf("rule 8: ENDLIST")
	case p.TargetDuration < was.TargetDuration:
		return fmt.Errorf("rule 4: target duration %d after %d", p.TargetDuration, was.TargetDuration)
	case p.MediaSequence < was.MediaSequence:
		return fmt.Errorf("rule 1: media sequence %d after %d", p.MediaSequence, was.MediaSequence)
	case p.LastMSN() < was.LastMSN():
		return fmt.Errorf("rule 5: newest msn %d after %d", p.LastMSN(), was.LastMSN())
	case p.DiscontinuitySequence < was.DiscontinuitySequence:
		return fmt.Errorf("rule 3: discontinuity sequence %d after %d", p.DiscontinuitySequence, was.DiscontinuitySequence)
	case p.MediaSequence > was.LastMSN()+1 && !p.Segments[0].Discontinuity:
		return fmt.Errorf("rule 1: window from %d after one to %d, without a discontinuity", p.MediaSequence, was.LastMSN())
	}
	if p.MediaSequence > was.LastMSN()+1 && p.DiscontinuitySequence < total(was) {
		return fmt.Errorf("rule 3: discontinuity sequence %d after %d", p.DiscontinuitySequence, total(was))
	}
	number, sum := p.DiscontinuitySequence, time.Duration(0)
	var date time.Time
	for i, s := range p.Segments {
		msn := p.MediaSequence + int64(i)
		if s.Discontinuity {
			number++
		}
		is := listedAs{uri: s.URI, duration: s.Duration, discontinuity: number, gap: s.Gap}
		if s.Map != nil {
			is.text = s.Map.URI
		}
		if before, ok := c.listed[msn]; ok && before != is {
			return fmt.Errorf("rule 2: msn %d is %+v after %+v", msn, is, before)
		}
		c.listed[msn] = is
		if other, ok := c.uris[s.URI]; ok && other != msn && !c.loops {
			return fmt.Errorf("rule 2: %s is msn %d and %d", s.URI, other, msn)
		}
		c.uris[s.URI] = msn
		if int(s.Duration.Round(time.Second)/time.Second) > p.TargetDuration {
			return fmt.Errorf("rule 4: msn %d lasts %s, target duration is %d s", msn, s.Duration, p.TargetDuration)
		}
		if s.Discontinuity {
			date = time.Time{} // another timeline has other dates
		}
		if !s.ProgramDateTime.IsZero() && s.ProgramDateTime.Before(date) {
			return fmt.Errorf("case 23: msn %d is dated %s after %s", msn, s.ProgramDateTime, date)
		}
		date, sum = s.ProgramDateTime, sum+s.Duration
	}
	// One that began anew beyond a hole has to grow again.
	if p.MediaSequence > was.MediaSequence && p.MediaSequence <= was.LastMSN() && sum < 3*time.Duration(was.TargetDuration)*time.Second {
		return fmt.Errorf("rule 7: window of %s", sum)
	}
	c.last = p
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
