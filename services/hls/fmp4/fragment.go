package fmp4

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Init is an initialization section: ftyp and moov.
type Init struct{ Tracks []Track }

// Track is one track of an Init.
type Track struct {
	ID        uint32
	Timescale uint32 // units per second; never 0
	Handler   string // "vide", "soun", ...
	Format    string // the sample entry: "avc1", "mp4a", ...
	// Width and Height are in pixels, 0 for a track without a picture.
	Width, Height int
}

// Video returns the ID of the video track with that timescale, 0 for none.
func (in Init) Video(timescale uint32) uint32 {
	for _, t := range in.Tracks {
		if t.Handler == "vide" && t.Timescale == timescale {
			return t.ID
		}
	}
	return 0
}

// Fragment is a movie fragment: the moof that tells what the mdat after it holds.
type Fragment struct {
	Sequence uint32
	Tracks   []TrackRun
}

// TrackRun is what a fragment holds of one track, in units of its timescale.
type TrackRun struct {
	TrackID    uint32
	DecodeTime uint64 // tfdt: of the first sample
	Duration   uint64 // of all samples
	Samples    int
	// Independent: the first sample is a sync sample, or nothing says otherwise.
	Independent bool
}

// Track returns the run of the track with that ID.
func (f Fragment) Track(id uint32) (TrackRun, bool) {
	for _, t := range f.Tracks {
		if t.TrackID == id {
			return t, true
		}
	}
	return TrackRun{}, false
}

// CheckInit reports whether b is a whole initialization section.
func CheckInit(b []byte) error {
	_, err := ParseInit(b)
	return err
}

// ParseInit reads an initialization section.
func ParseInit(b []byte) (Init, error) {
	boxes, err := split(b)
	if err != nil {
		return Init{}, fmt.Errorf("init: %w", err)
	}
	if len(boxes) == 0 || boxes[0].Type != "ftyp" {
		return Init{}, errors.New("init: does not begin with ftyp")
	}
	moov, err := one(b, "moov")
	if err != nil {
		return Init{}, fmt.Errorf("init: %w", err)
	}
	traks, err := find(moov.body(), "trak")
	if err != nil {
		return Init{}, fmt.Errorf("init: %w", err)
	}
	if len(traks) == 0 {
		return Init{}, errors.New("init: no track")
	}
	var in Init
	for i, trak := range traks {
		t, err := parseTrack(trak.body())
		if err != nil {
			return Init{}, fmt.Errorf("init: track %d: %w", i+1, err)
		}
		in.Tracks = append(in.Tracks, t)
	}
	return in, nil
}

func parseTrack(b []byte) (Track, error) {
	var t Track
	tkhd, err := one(b, "tkhd")
	if err != nil {
		return t, err
	}
	f := fields{b: tkhd.body()}
	version, _ := f.full()
	f.versioned(version) // creation time
	f.versioned(version) // modification time
	t.ID = f.u32()
	if f.short {
		return t, errors.New("tkhd is cut short")
	}
	mdhd, err := descend(b, "mdia", "mdhd")
	if err != nil {
		return t, err
	}
	f = fields{b: mdhd.body()}
	version, _ = f.full()
	f.versioned(version)
	f.versioned(version)
	if t.Timescale = f.u32(); t.Timescale == 0 {
		return t, errors.New("mdhd: no timescale")
	}
	hdlr, err := descend(b, "mdia", "hdlr")
	if err != nil {
		return t, err
	}
	f = fields{b: hdlr.body()}
	f.full()
	f.u32()
	t.Handler = string(f.take(4))
	stsd, err := descend(b, "mdia", "minf", "stbl", "stsd")
	if err != nil {
		return t, err
	}
	if body := stsd.body(); len(body) > 8 {
		if entries, err := split(body[8:]); err == nil && len(entries) > 0 {
			t.Format = entries[0].Type
			if entry := entries[0].body(); t.Handler == "vide" && len(entry) >= 28 {
				t.Width, t.Height = int(binary.BigEndian.Uint16(entry[24:])), int(binary.BigEndian.Uint16(entry[26:]))
			}
		}
	}
	return t, nil
}

// ParseFragment reads a moof.
func ParseFragment(moof []byte) (Fragment, error) {
	var f Fragment
	boxes, err := split(moof)
	if err != nil {
		return f, fmt.Errorf("fragment: %w", err)
	}
	if len(boxes) != 1 || boxes[0].Type != "moof" {
		return f, errors.New("fragment: not one moof")
	}
	body := boxes[0].body()
	mfhd, err := one(body, "mfhd")
	if err != nil {
		return f, fmt.Errorf("fragment: %w", err)
	}
	in := fields{b: mfhd.body()}
	in.full()
	if f.Sequence = in.u32(); in.short {
		return f, errors.New("fragment: mfhd is cut short")
	}
	trafs, err := find(body, "traf")
	if err != nil {
		return f, fmt.Errorf("fragment: %w", err)
	}
	for _, traf := range trafs {
		run, err := parseTraf(traf.body())
		if err != nil {
			return f, fmt.Errorf("fragment %d: %w", f.Sequence, err)
		}
		f.Tracks = append(f.Tracks, run)
	}
	return f, nil
}

// Flags of tfhd, trun and of a sample (ISO/IEC 14496-12, 8.8).
const (
	tfhdBaseOffset, tfhdDescription, tfhdDuration, tfhdSize, tfhdFlags = 0x1, 0x2, 0x8, 0x10, 0x20
	trunOffset, trunFirstFlags                                         = 0x1, 0x4
	trunDuration, trunSize, trunFlags, trunComposition                 = 0x100, 0x200, 0x400, 0x800
	sampleNotSync                                                      = 0x10000
)

// maxSamples bounds what one fragment may claim: an hour of 48 kHz AAC has fewer.
const maxSamples = 1 << 18

func parseTraf(b []byte) (TrackRun, error) {
	var run TrackRun
	tfhd, err := one(b, "tfhd")
	if err != nil {
		return run, err
	}
	f := fields{b: tfhd.body()}
	_, flags := f.full()
	run.TrackID = f.u32()
	if flags&tfhdBaseOffset != 0 {
		f.u64()
	}
	if flags&tfhdDescription != 0 {
		f.u32()
	}
	var duration, sampleFlags uint32
	if flags&tfhdDuration != 0 {
		duration = f.u32()
	}
	if flags&tfhdSize != 0 {
		f.u32()
	}
	if flags&tfhdFlags != 0 {
		sampleFlags = f.u32()
	}
	if f.short {
		return run, errors.New("tfhd is cut short")
	}
	tfdt, err := one(b, "tfdt")
	if err != nil {
		return run, err
	}
	f = fields{b: tfdt.body()}
	version, _ := f.full()
	run.DecodeTime = f.versioned(version)
	if f.short {
		return run, errors.New("tfdt is cut short")
	}
	truns, err := find(b, "trun")
	if err != nil {
		return run, err
	}
	for _, trun := range truns {
		if err := run.add(trun, duration, sampleFlags); err != nil {
			return run, err
		}
	}
	return run, nil
}

// add counts one trun; duration and sampleFlags are tfhd's defaults.
func (run *TrackRun) add(trun Box, duration, sampleFlags uint32) error {
	f := fields{b: trun.body()}
	_, flags := f.full()
	count := int(f.u32())
	if count > maxSamples-run.Samples {
		return fmt.Errorf("trun: %d samples, at most %d are allowed", count, maxSamples)
	}
	if flags&trunOffset != 0 {
		f.u32()
	}
	first := sampleFlags
	if flags&trunFirstFlags != 0 {
		first = f.u32()
	}
	for i := range count {
		d := duration
		if flags&trunDuration != 0 {
			d = f.u32()
		}
		run.Duration += uint64(d)
		if flags&trunSize != 0 {
			f.u32()
		}
		if flags&trunFlags != 0 {
			if own := f.u32(); i == 0 {
				first = own
			}
		}
		if flags&trunComposition != 0 {
			f.u32()
		}
		if f.short {
			return errors.New("trun is cut short")
		}
	}
	if run.Samples == 0 && count > 0 {
		run.Independent = first&sampleNotSync == 0
	}
	run.Samples += count
	return nil
}

// SetSequence rewrites the sequence number of a moof in place.
func SetSequence(moof []byte, n uint32) error {
	boxes, err := split(moof)
	if err != nil {
		return fmt.Errorf("fragment: %w", err)
	}
	if len(boxes) != 1 || boxes[0].Type != "moof" {
		return errors.New("fragment: not one moof")
	}
	mfhd, err := one(boxes[0].body(), "mfhd")
	if err != nil {
		return fmt.Errorf("fragment: %w", err)
	}
	if len(mfhd.body()) < 8 {
		return errors.New("fragment: mfhd is cut short")
	}
	binary.BigEndian.PutUint32(mfhd.body()[4:], n)
	return nil
}

// CheckSegment reports whether b is a whole fMP4 media segment: pairs of moof and
// mdat that fill it exactly, with other boxes before a moof. It returns the
// fragments; the error says what is wrong and where.
func CheckSegment(b []byte) ([]Fragment, error) {
	boxes, err := split(b)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	var list []Fragment
	open := false // a moof waits for its mdat
	for _, box := range boxes {
		switch box.Type {
		case "moof":
			if open {
				return nil, errors.New("segment: moof without its mdat")
			}
			f, err := ParseFragment(box.Data)
			if err != nil {
				return nil, fmt.Errorf("segment: %w", err)
			}
			list = append(list, f)
			open = true
		case "mdat":
			if !open {
				return nil, errors.New("segment: mdat without its moof")
			}
			open = false
		case "styp", "sidx", "prft", "emsg", "free", "skip", "ssix", "uuid":
		default:
			return nil, fmt.Errorf("segment: box %q does not belong in one", box.Type)
		}
	}
	if open || len(list) == 0 {
		return nil, errors.New("segment: it does not end with an mdat")
	}
	return list, nil
}
