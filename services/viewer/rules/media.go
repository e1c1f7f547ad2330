package rules

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"livestream-tui/services/hls/fmp4"
)

const (
	// seam is how far a segment's first timestamp may be from the end of the segment
	// before: the hole that hls.js plays over (maxBufferHole).
	seam = 100 * time.Millisecond
	// loose is the same for MPEG-TS, whose last packet's length is a guess.
	loose = 400 * time.Millisecond
	// tail is how much shorter than its EXTINF a segment's media may be: sound and
	// picture do not end together.
	tail = 250 * time.Millisecond
)

// errTruncated is a body that ends before its content does.
var errTruncated = errors.New("truncated")

// MediaCheck checks that successive segments of one playlist decode and that their
// timestamps go on from one to the next. The zero value is ready to use. Pure; not safe
// for concurrent use.
type MediaCheck struct {
	init *fmp4.Init // of the fMP4 segments that follow; nil without one
	due  map[uint32]stamp
}

// stamp is where a track or stream of the next segment begins.
type stamp struct {
	at    time.Duration
	wraps time.Duration // after which timestamps begin again; 0 means never
}

// Init checks an initialization section and keeps it for the segments that follow.
func (m *MediaCheck) Init(b []byte) []Violation {
	var f found
	in, err := fmp4.ParseInit(b)
	switch {
	case err != nil && cutShort(b):
		f.add(WholeBody, "%s: %s", err, errTruncated)
	case err != nil:
		f.add(Media, "%s", err)
	default:
		m.init = &in
	}
	return f
}

// NoInit forgets the initialization section: the segments that follow have none.
func (m *MediaCheck) NoInit() { m.init = nil }

// Break forgets where the next segment begins: at a discontinuity, a gap, or a jump of
// the player.
func (m *MediaCheck) Break() { m.due = nil }

// Segment checks the next segment, whose EXTINF is duration. playable is false for a body
// that no player can show.
func (m *MediaCheck) Segment(msn int64, b []byte, duration time.Duration) (list []Violation, playable bool) {
	var f found
	tracks, err := m.read(b)
	if err != nil {
		m.Break()
		rule := Media
		if errors.Is(err, errTruncated) {
			rule = WholeBody
		}
		f.add(rule, "msn %d: %s", msn, err)
		return f, false
	}
	var longest time.Duration
	next := make(map[uint32]stamp, len(tracks))
	for _, t := range tracks {
		longest = max(longest, t.length)
		due, known := m.due[t.id]
		if off := apart(t.begins, due); known && off.Abs() > t.slack {
			f.add(Media, "msn %d: track %d begins at %s, the segment before it ends at %s", msn, t.id, round(t.begins), round(due.at))
		}
		next[t.id] = stamp{t.begins + t.length, t.wraps}
	}
	m.due = next
	if len(tracks) > 0 && longest < duration-tail {
		f.add(WholeBody, "msn %d: its media lasts %s of the %s that are listed", msn, round(longest), duration)
		m.Break() // the next segment would be accused of the same
	}
	return f, true
}

// apart is how far t is after the due time, across a wrap of the timestamps.
func apart(t time.Duration, due stamp) time.Duration {
	off := t - due.at
	if due.wraps > 0 {
		off %= due.wraps
		switch {
		case off > due.wraps/2:
			off -= due.wraps
		case off < -due.wraps/2:
			off += due.wraps
		}
	}
	return off
}

// track is what a segment holds of one track (fMP4) or stream (MPEG-TS).
type track struct {
	id             uint32
	begins, length time.Duration
	wraps          time.Duration
	slack          time.Duration // how far it may begin from the end of the one before
}

// read recognises the format of a segment by its first bytes, as players do.
func (m *MediaCheck) read(b []byte) ([]track, error) {
	switch {
	case len(b) < 8:
		return nil, fmt.Errorf("a body of %d bytes: %w", len(b), errTruncated)
	case b[0] == syncByte:
		return transportStream(b)
	case bytes.HasPrefix(b, []byte("ID3")), bytes.HasPrefix(b, []byte("WEBVTT")), b[0] == 0xff && b[1]&0xf0 == 0xf0:
		return nil, nil // packed audio and subtitles (RFC 8216, 3.4 and 3.5): only their bytes are compared
	}
	switch string(b[4:8]) {
	case "styp", "moof", "sidx", "prft", "emsg", "free", "skip", "ssix", "uuid", "mdat":
		return m.fragments(b)
	}
	return nil, fmt.Errorf("neither MPEG-TS nor fMP4: it begins with %q", b[:min(len(b), 16)])
}

func (m *MediaCheck) fragments(b []byte) ([]track, error) {
	list, err := fmp4.CheckSegment(b)
	if err != nil {
		if cutShort(b) {
			err = fmt.Errorf("%w: %w", errTruncated, err)
		}
		return nil, err
	}
	if m.init == nil {
		return nil, nil
	}
	scales := make(map[uint32]uint32, len(m.init.Tracks))
	for _, t := range m.init.Tracks {
		scales[t.ID] = t.Timescale
	}
	var tracks []track
	seen := make(map[uint32]int) // index in tracks
	for _, fragment := range list {
		for _, run := range fragment.Tracks {
			scale, known := scales[run.TrackID]
			if !known {
				return nil, fmt.Errorf("track %d is not in the init section", run.TrackID)
			}
			if run.Samples == 0 {
				continue
			}
			begins, length := ticks(run.DecodeTime, scale), ticks(run.Duration, scale)
			i, again := seen[run.TrackID]
			if !again {
				seen[run.TrackID] = len(tracks)
				tracks = append(tracks, track{id: run.TrackID, begins: begins, length: length, slack: seam})
				continue
			}
			if off := begins - (tracks[i].begins + tracks[i].length); off.Abs() > seam {
				return nil, fmt.Errorf("track %d: a fragment begins %s off the end of the one before", run.TrackID, round(off))
			}
			tracks[i].length = begins + length - tracks[i].begins
		}
	}
	return tracks, nil
}

// ticks is n/scale seconds, without overflow where the sum is a time.Duration.
func ticks(n uint64, scale uint32) time.Duration {
	whole := n / uint64(scale) % (1 << 33) // 272 years
	rest := n % uint64(scale)
	return time.Duration(whole)*time.Second + time.Duration(rest*uint64(time.Second)/uint64(scale))
}

// cutShort reports whether the last top-level box of b extends beyond its end, or its
// media data is missing.
func cutShort(b []byte) bool {
	last := ""
	for len(b) > 0 {
		if len(b) < 8 {
			return true
		}
		size, header := uint64(binary.BigEndian.Uint32(b)), uint64(8)
		if size == 1 {
			if len(b) < 16 {
				return true
			}
			size, header = binary.BigEndian.Uint64(b[8:]), 16
		}
		switch {
		case size < header:
			return false // malformed rather than truncated
		case size > uint64(len(b)):
			return true
		}
		last = string(b[4:8])
		b = b[size:]
	}
	return last != "mdat" && last != "moov"
}
