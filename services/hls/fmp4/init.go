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
	// Codec is as in CODECS (RFC 6381), such as "avc1.64001f"; empty when it is unknown.
	Codec string
}

// Video returns the ID of the video track with that timescale; 0 when there is none.
func (in Init) Video(timescale uint32) uint32 {
	for _, t := range in.Tracks {
		if t.Handler == "vide" && t.Timescale == timescale {
			return t.ID
		}
	}
	return 0
}

// CheckInit checks that b is a whole initialization section.
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
			t.Codec = codecOf(entries[0], t.Handler)
			if entry := entries[0].body(); t.Handler == "vide" && len(entry) >= 28 {
				t.Width, t.Height = int(binary.BigEndian.Uint16(entry[24:])), int(binary.BigEndian.Uint16(entry[26:]))
			}
		}
	}
	return t, nil
}
