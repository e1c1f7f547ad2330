package playlisttest

import (
	"bytes"
	"fmt"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// Checker holds each media playlist that a player is given to the rules, in the order in
// which the player is given them. The zero value has seen no playlist. Not safe for
// concurrent use.
type Checker struct {
	// Loops allows that one URI is listed more than once, as a slate's may be.
	Loops bool
	// Endless refuses EXT-X-ENDLIST.
	Endless bool
	// Last is the newest playlist, nil before the first; First is the media sequence
	// number of the first one.
	Last  *m3u8.MediaPlaylist
	First int64

	listed map[int64]listedAs
	uris   map[string]int64
}

// Broken is a broken rule, by its name in docs/FAILURES.md; "dates" is the rule that
// EXT-X-PROGRAM-DATE-TIME does not go back within a playlist.
type Broken struct{ Rule, How string }

// Error names the rule and says how it is broken.
func (b *Broken) Error() string { return "rule " + b.Rule + ": " + b.How }

func broken(rule, how string, args ...any) error {
	return &Broken{rule, fmt.Sprintf(how, args...)}
}

// listedAs is what may not change of a segment.
type listedAs struct {
	uri, bytes, init string
	duration         time.Duration
	discontinuity    int64
	gap              bool
}

// Listed counts the segments that were listed so far.
func (c *Checker) Listed() int { return len(c.listed) }

// Check returns a *Broken for the first rule that a playlist breaks, another error when it
// cannot be read or lists nothing, and nil for a good one.
func (c *Checker) Check(body []byte) error {
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
	if p.EndList && c.Endless {
		return broken("end", "ENDLIST")
	}
	if c.Last == nil {
		c.Last, c.First, c.listed, c.uris = p, p.MediaSequence, map[int64]listedAs{}, map[string]int64{}
	}
	if err := follows(c.Last, p); err != nil {
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
			return broken("target duration", "msn %d lasts %s, target duration is %d s", msn, s.Duration, p.TargetDuration)
		}
		if !s.ProgramDateTime.IsZero() && s.ProgramDateTime.Before(date) {
			return broken("dates", "msn %d is dated %s after %s", msn, s.ProgramDateTime, date)
		}
		if !s.ProgramDateTime.IsZero() {
			date = s.ProgramDateTime
		}
		sum += s.Duration
	}
	// A playlist that began anew beyond a hole has to grow again.
	if was := c.Last; p.MediaSequence > was.MediaSequence && p.MediaSequence <= was.LastMSN() &&
		sum < 3*time.Duration(was.TargetDuration)*time.Second {
		return broken("window", "window of %s", sum)
	}
	c.Last = p
	return nil
}

// follows holds a playlist to the one before it.
func follows(was, p *m3u8.MediaPlaylist) error {
	switch {
	case p.TargetDuration < was.TargetDuration:
		return broken("target duration", "target duration %d after %d", p.TargetDuration, was.TargetDuration)
	case p.MediaSequence < was.MediaSequence:
		return broken("sequence", "media sequence %d after %d", p.MediaSequence, was.MediaSequence)
	case p.LastMSN() < was.LastMSN():
		return broken("growth", "newest msn %d after %d", p.LastMSN(), was.LastMSN())
	case p.DiscontinuitySequence < was.DiscontinuitySequence:
		return broken("discontinuity sequence", "discontinuity sequence %d after %d", p.DiscontinuitySequence, was.DiscontinuitySequence)
	case p.MediaSequence > was.LastMSN()+1 && !p.Segments[0].Discontinuity:
		return broken("sequence", "window from %d after one to %d, without a discontinuity", p.MediaSequence, was.LastMSN())
	case p.MediaSequence > was.LastMSN()+1 && p.DiscontinuitySequence < Total(was):
		return broken("discontinuity sequence", "discontinuity sequence %d after %d", p.DiscontinuitySequence, Total(was))
	case p.PlaylistType == "EVENT" && was.PlaylistType == "EVENT" && p.MediaSequence != was.MediaSequence:
		return broken("growth", "EVENT, and its media sequence is %d after %d", p.MediaSequence, was.MediaSequence)
	}
	return nil
}

// keeps holds a segment to what its number meant before.
func (c *Checker) keeps(msn int64, s m3u8.Segment, number int64) error {
	is := listedAs{uri: s.URI, duration: s.Duration, discontinuity: number, gap: s.Gap}
	if s.Map != nil {
		is.init = s.Map.URI
	}
	if s.ByteRange != nil {
		is.bytes = fmt.Sprint(*s.ByteRange)
	}
	if before, ok := c.listed[msn]; ok && before != is {
		return broken("identity", "msn %d is %+v after %+v", msn, is, before)
	}
	c.listed[msn] = is
	if other, ok := c.uris[s.URI+is.bytes]; ok && other != msn && !c.Loops {
		return broken("identity", "%s is msn %d and %d", s.URI, other, msn)
	}
	c.uris[s.URI+is.bytes] = msn
	return nil
}

// Total is the discontinuity number of the last segment.
func Total(p *m3u8.MediaPlaylist) int64 {
	n := p.DiscontinuitySequence
	for _, s := range p.Segments {
		if s.Discontinuity {
			n++
		}
	}
	return n
}
