package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"livestream-tui/services/hls"
)

// maxBox bounds a box from FFmpeg: a fragment holds 400 ms.
const maxBox = 64 << 20

// segment is a whole segment of the grid.
type segment struct {
	MSN  int64
	Data []byte
	// Parts are where its fragments lie in Data: low latency will publish them.
	Parts []part
}

// part is one fragment of a segment.
type part struct {
	Offset, Length int
	Duration       time.Duration
	Independent    bool
}

// cutter cuts FFmpeg's fragments into the segments of the grid by their decode
// times. It is pure over its reader.
type cutter struct {
	boxes *hls.BoxReader
	video uint32 // the video track's ID

	// Init is the initialization section, and InitName the URI that its content
	// gives it: one URI never means two things.
	Init     []byte
	InitName string

	current segment
	begun   bool   // current begins at its segment's first fragment
	due     uint64 // where the next fragment is to begin; 0 before the first
}

// newCutter reads the initialization section from r.
func newCutter(r io.Reader) (*cutter, error) {
	c := &cutter{boxes: hls.NewBoxReader(r, maxBox), current: segment{MSN: -1}}
	for {
		box, err := c.boxes.Next()
		if err != nil {
			return nil, err
		}
		c.Init = append(c.Init, box.Data...)
		if box.Type == "moov" {
			break
		}
	}
	in, err := hls.ParseInit(c.Init)
	if err != nil {
		return nil, err
	}
	if c.video = in.Video(timescale); c.video == 0 {
		return nil, fmt.Errorf("init: no video track with timescale %d", timescale)
	}
	sum := sha256.Sum256(c.Init)
	c.InitName = initPrefix + hex.EncodeToString(sum[:4]) + ".mp4"
	return c, nil
}

// next reads one fragment and returns when its last frame is over, in the time
// of the grid, and the segment that it completes, if it does. A segment whose
// beginning was not read is never returned.
func (c *cutter) next() (end time.Time, done *segment, err error) {
	moof, err := c.boxes.Next()
	if err != nil {
		return end, nil, err
	}
	if moof.Type != "moof" {
		return end, nil, fmt.Errorf("box %q, a moof was due", moof.Type)
	}
	mdat, err := c.boxes.Next()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return end, nil, err
	}
	fragment, err := hls.ParseFragment(moof.Data)
	if err != nil {
		return end, nil, err
	}
	run, ok := fragment.Track(c.video)
	if !ok || run.Samples == 0 {
		return end, nil, fmt.Errorf("fragment %d has no video", fragment.Sequence)
	}
	n := int64(run.DecodeTime / segmentUnits)
	starts := run.DecodeTime%segmentUnits == 0
	last := run.DecodeTime + run.Duration
	if c.due != 0 && run.DecodeTime != c.due {
		return end, nil, fmt.Errorf("fragment %d begins at %d, %d was due", fragment.Sequence, run.DecodeTime, c.due)
	}
	c.due = last
	if n != c.current.MSN {
		c.current, c.begun = segment{MSN: n}, starts && run.Independent
	}
	if err := hls.SetSequence(moof.Data, sequence(n, len(c.current.Parts))); err != nil {
		return end, nil, err
	}
	c.current.Parts = append(c.current.Parts, part{
		Offset:      len(c.current.Data),
		Length:      len(moof.Data) + len(mdat.Data),
		Duration:    units(run.Duration),
		Independent: run.Independent,
	})
	c.current.Data = append(append(c.current.Data, moof.Data...), mdat.Data...)
	end = time.Unix(0, 0).Add(units(last))
	if last == uint64(n+1)*segmentUnits && c.begun {
		s := c.current
		return end, &s, nil
	}
	if last > uint64(n+1)*segmentUnits {
		return end, nil, fmt.Errorf("fragment %d crosses the end of segment %d", fragment.Sequence, n)
	}
	return end, nil, nil
}

// isEnd reports whether an error of the cutter only says that its reader ended.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrDeadlineExceeded)
}

// sequence is the number of a fragment, from its place alone, so that two workers
// write the same; it wraps around at 32 bits.
func sequence(n int64, index int) uint32 {
	const perSegment = int64(SegmentDuration / fragmentDuration)
	return uint32(n*perSegment + int64(index) + 1)
}

// units is a time in units of the timescale, of which 9 are 100,000 ns.
func units(u uint64) time.Duration {
	return time.Duration(u/timescale)*time.Second + time.Duration(u%timescale*100000/9)
}
