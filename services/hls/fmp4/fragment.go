package fmp4

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Fragment is a movie fragment: the moof that describes the mdat after it.
type Fragment struct {
	Sequence uint32
	Tracks   []TrackRun
}

// TrackRun is the part of one track in a fragment, in units of its timescale.
type TrackRun struct {
	TrackID    uint32
	DecodeTime uint64 // of the first sample (tfdt)
	Duration   uint64 // of all samples
	Samples    int
	// Independent is true unless the first sample is marked as no sync sample.
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

// ParseFragment reads a moof.
func ParseFragment(moof []byte) (Fragment, error) {
	var f Fragment
	body, mfhd, err := header(moof)
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

// header returns the body of a moof, which must be alone, and its mfhd.
func header(moof []byte) (body []byte, mfhd Box, err error) {
	boxes, err := split(moof)
	if err != nil {
		return nil, Box{}, err
	}
	if len(boxes) != 1 || boxes[0].Type != "moof" {
		return nil, Box{}, errors.New("not one moof")
	}
	body = boxes[0].body()
	mfhd, err = one(body, "mfhd")
	return body, mfhd, err
}

// Flags of tfhd, trun and of a sample (ISO/IEC 14496-12, 8.8).
const (
	tfhdBaseOffset, tfhdDescription, tfhdDuration, tfhdSize, tfhdFlags = 0x1, 0x2, 0x8, 0x10, 0x20
	trunOffset, trunFirstFlags                                         = 0x1, 0x4
	trunDuration, trunSize, trunFlags, trunComposition                 = 0x100, 0x200, 0x400, 0x800
	sampleNotSync                                                      = 0x10000
)

// maxSamples bounds the samples that a fragment may claim: an hour of 48 kHz AAC has
// fewer.
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
	_, mfhd, err := header(moof)
	if err != nil {
		return fmt.Errorf("fragment: %w", err)
	}
	if len(mfhd.body()) < 8 {
		return errors.New("fragment: mfhd is cut short")
	}
	binary.BigEndian.PutUint32(mfhd.body()[4:], n)
	return nil
}
