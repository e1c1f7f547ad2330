package multivariant

import (
	"math"
	"slices"
	"time"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/hls/fmp4"
	"livestream-tui/services/hls/mpegts"
)

// Media is what the media of a playlist is like.
type Media struct {
	// Codecs are all formats as in CODECS (RFC 6381), pictures first; nil when any of them
	// is unknown, because CODECS must name all (RFC 8216, 4.3.4.2).
	Codecs []string
	// Width and Height are in pixels, 0 without pictures or when they are unknown.
	Width, Height int
	// FrameRate is pictures a second, 0 without pictures or when it is unknown.
	FrameRate float64
	// Independent means that every segment can be decoded by itself
	// (EXT-X-INDEPENDENT-SEGMENTS).
	Independent bool
}

// Look finds out what media is like. init is the initialization section, nil where there
// is none, and segment one whole segment, nil when none is here. What neither shows stays
// unknown.
func Look(init, segment []byte, duration time.Duration) Media {
	switch {
	case init != nil:
		return lookFragmented(init, segment)
	case container.Sniff(segment) == container.FormatMPEGTS:
		return lookPackets(segment, duration)
	case container.Sniff(segment) == container.FormatPackedAudio:
		return lookPacked(segment)
	}
	return Media{}
}

func lookFragmented(init, segment []byte) Media {
	in, err := fmp4.ParseInit(init)
	if err != nil {
		return Media{}
	}
	var m Media
	var codecs []string
	var video fmp4.Track
	for _, t := range in.Tracks {
		if t.Handler == "vide" && video.ID == 0 {
			video = t
			m.Width, m.Height = t.Width, t.Height
		}
		switch t.Handler {
		case "vide", "soun", "text", "subt":
			codecs = append(codecs, t.Codec)
		}
	}
	m.Codecs = named(codecs)
	if fragments, err := fmp4.CheckSegment(segment); err == nil && video.ID != 0 {
		m.FrameRate = rateOf(fragments, video)
	}
	return m
}

// rateOf is the frame rate of a track in a segment.
func rateOf(fragments []fmp4.Fragment, t fmp4.Track) float64 {
	var ticks uint64
	frames := 0
	for _, f := range fragments {
		for _, run := range f.Tracks {
			if run.TrackID == t.ID {
				ticks += run.Duration
				frames += run.Samples
			}
		}
	}
	if ticks == 0 {
		return 0
	}
	return float64(frames) * float64(t.Timescale) / float64(ticks)
}

func lookPackets(segment []byte, duration time.Duration) Media {
	p, ok := mpegts.Parse(segment)
	if !ok {
		return Media{}
	}
	m := Media{Width: p.Picture.Width, Height: p.Picture.Height, FrameRate: p.Picture.Rate}
	var codecs []string
	for _, s := range p.Streams {
		codecs = append(codecs, s.Codec)
	}
	m.Codecs = named(codecs)
	if m.FrameRate == 0 && m.Width > 0 && duration > 0 {
		m.FrameRate = math.Round(float64(p.Pictures) / duration.Seconds())
	}
	return m
}

// lookPacked finds the format of packed audio (RFC 8216, 3.4), behind its ID3 tag.
func lookPacked(b []byte) Media {
	if len(b) >= 10 && string(b[:3]) == "ID3" {
		size := int(b[6]&0x7f)<<21 | int(b[7]&0x7f)<<14 | int(b[8]&0x7f)<<7 | int(b[9]&0x7f)
		b = b[min(len(b), 10+size):]
	}
	switch {
	case len(b) < 3:
	case b[0] == 0xff && b[1]&0xf6 == 0xf0:
		return Media{Codecs: []string{[...]string{"mp4a.40.1", "mp4a.40.2", "mp4a.40.3", "mp4a.40.4"}[b[2]>>6]}}
	case b[0] == 0xff && b[1]&0xe0 == 0xe0:
		return Media{Codecs: []string{"mp4a.40.34"}}
	case b[0] == 0x0b && b[1] == 0x77 && len(b) > 5:
		if b[5]>>3 > 10 {
			return Media{Codecs: []string{"ec-3"}}
		}
		return Media{Codecs: []string{"ac-3"}}
	}
	return Media{}
}

// named are codecs without repetitions; nil when one is unknown.
func named(codecs []string) []string {
	var list []string
	for _, c := range codecs {
		if c == "" {
			return nil
		}
		if !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}
