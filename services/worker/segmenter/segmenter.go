package segmenter

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"livestream-tui/services/hls/fmp4"
	"livestream-tui/services/hls/media"
)

const (
	// FragmentDuration is how long a fragment should be. Low latency will publish
	// fragments as parts.
	FragmentDuration = 400 * time.Millisecond
	// maxBox bounds a box.
	maxBox = 64 << 20
)

// Segmenter reads a stream. One goroutine uses it.
type Segmenter struct {
	boxes *fmp4.BoxReader
	grid  media.Grid
	video fmp4.Track
	units uint64 // the length of a segment in units of the video track's timescale
	init  []byte
	name  string

	current media.Segment
	begun   bool   // current has its segment's first fragment
	due     uint64 // where the next fragment has to begin; 0 before the first
}

// New reads the initialization section from r.
func New(r io.Reader, grid media.Grid) (*Segmenter, error) {
	s := &Segmenter{boxes: fmp4.NewBoxReader(r, maxBox), grid: grid, current: media.Segment{MSN: -1}}
	for {
		box, err := s.boxes.Next()
		if err != nil {
			return nil, err
		}
		s.init = append(s.init, box.Data...)
		if box.Type == "moov" {
			break
		}
	}
	var err error
	if s.video, s.units, err = videoOf(s.init, grid); err != nil {
		return nil, err
	}
	s.name = media.InitName(s.init)
	return s, nil
}

// videoOf is the video track of an initialization section, and the length of a segment
// in units of its timescale.
func videoOf(init []byte, grid media.Grid) (fmp4.Track, uint64, error) {
	in, err := fmp4.ParseInit(init)
	if err != nil {
		return fmp4.Track{}, 0, err
	}
	for _, t := range in.Tracks {
		if t.Handler != "vide" {
			continue
		}
		units, ok := grid.Units(t.Timescale)
		if !ok {
			return t, 0, fmt.Errorf("init: a segment of %s is no whole number of 1/%d s, the video track's timescale", grid.Length(), t.Timescale)
		}
		return t, units, nil
	}
	return fmp4.Track{}, 0, errors.New("init: no video track")
}

// Init returns the initialization section and its name.
func (s *Segmenter) Init() (name string, init []byte) { return s.name, s.init }

// Next reads one fragment and returns when its last frame is over, in the time of the grid,
// and the segment that it completes, else nil. A segment whose beginning was not read is
// never returned.
func (s *Segmenter) Next() (end time.Time, done *media.Segment, err error) {
	moof, mdat, err := s.read()
	if err != nil {
		return end, nil, err
	}
	fragment, err := fmp4.ParseFragment(moof)
	if err != nil {
		return end, nil, err
	}
	run, ok := fragment.Track(s.video.ID)
	if !ok || run.Samples == 0 {
		return end, nil, fmt.Errorf("fragment %d has no video", fragment.Sequence)
	}
	if s.due != 0 && run.DecodeTime != s.due {
		return end, nil, fmt.Errorf("fragment %d begins at %d, %d was due", fragment.Sequence, run.DecodeTime, s.due)
	}
	index := run.DecodeTime / s.units
	last, limit := run.DecodeTime+run.Duration, (index+1)*s.units
	s.due = last
	if n := int64(index) + s.grid.Offset; n != s.current.MSN {
		s.current, s.begun = media.Segment{MSN: n}, run.DecodeTime%s.units == 0 && run.Independent
	}
	if err := fmp4.SetSequence(moof, s.sequence(int64(index), len(s.current.Parts))); err != nil {
		return end, nil, err
	}
	s.current.Parts = append(s.current.Parts, media.Part{
		Offset:      len(s.current.Data),
		Length:      len(moof) + len(mdat),
		Duration:    s.duration(run.Duration),
		Independent: run.Independent,
	})
	s.current.Data = append(append(s.current.Data, moof...), mdat...)
	end = time.Unix(0, 0).Add(s.duration(last))
	switch {
	case last > limit:
		return end, nil, fmt.Errorf("fragment %d crosses the end of segment %d", fragment.Sequence, s.current.MSN)
	case last == limit && s.begun:
		whole := s.current
		return end, &whole, nil
	}
	return end, nil, nil
}

// read reads the two boxes of a fragment.
func (s *Segmenter) read() (moof, mdat []byte, err error) {
	first, err := s.boxes.Next()
	if err != nil {
		return nil, nil, err
	}
	if first.Type != "moof" {
		return nil, nil, fmt.Errorf("box %q, a moof was due", first.Type)
	}
	second, err := s.boxes.Next()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return first.Data, second.Data, err
}

// sequence is the number of a fragment by its place on the clock alone, so that two workers
// write the same. It wraps around at 32 bits.
func (s *Segmenter) sequence(n int64, index int) uint32 {
	most := int64((s.grid.Length() + FragmentDuration - 1) / FragmentDuration) // fragments in a segment
	return uint32(n*most + int64(index) + 1)
}

// IsEnd reports whether an error of New or Next only says that the reader ended.
func IsEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrDeadlineExceeded)
}

// duration is a time in units of the timescale.
func (s *Segmenter) duration(units uint64) time.Duration {
	scale := uint64(s.video.Timescale)
	return time.Duration(units/scale)*time.Second + time.Duration(units%scale)*time.Second/time.Duration(scale)
}

// IsWhole reports whether data, with that initialization section, is segment n of the grid
// from its first frame to its last.
func IsWhole(init, data []byte, grid media.Grid, n int64) bool {
	video, units, err := videoOf(init, grid)
	if err != nil || n < grid.Offset {
		return false
	}
	fragments, err := fmp4.CheckSegment(data)
	if err != nil || len(fragments) == 0 {
		return false
	}
	index := uint64(n - grid.Offset)
	first, ok := fragments[0].Track(video.ID)
	last, okLast := fragments[len(fragments)-1].Track(video.ID)
	return ok && okLast && first.DecodeTime == index*units && last.DecodeTime+last.Duration == (index+1)*units
}
