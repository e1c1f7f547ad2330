package m3u8

import (
	"math"
	"strings"
	"time"
)

// header reads the tags that concern the whole playlist (RFC 8216, 4.3.1, 4.3.3 and
// 4.3.5), wherever they stand: players take them from anywhere. Of a tag that is there
// again the last one counts, as ffmpeg has it.
func (p *mediaParser) header(name, value string) (known bool, err error) {
	l := p.list
	switch name {
	case begin:
		p.odd.note(name, value, "it is there twice, the second one is passed over")
		return true, nil
	case "#EXT-X-VERSION":
		p.odd.version(&l.Version, value)
	case "#EXT-X-TARGETDURATION":
		if n := p.target(value); n > 0 {
			l.TargetDuration = n
		}
	case "#EXT-X-MEDIA-SEQUENCE":
		p.sequence(&l.MediaSequence, name, value)
	case "#EXT-X-DISCONTINUITY-SEQUENCE":
		p.sequence(&l.DiscontinuitySequence, name, value)
	case "#EXT-X-PLAYLIST-TYPE":
		if known = p.playlistType(name, value); !known {
			return false, nil
		}
	case "#EXT-X-ENDLIST":
		if l.EndList {
			p.odd.note(name, value, "it is there twice")
		}
		l.EndList = true
		return true, nil
	case "#EXT-X-I-FRAMES-ONLY":
		l.IFramesOnly = true
		return true, nil
	case "#EXT-X-INDEPENDENT-SEGMENTS":
		l.IndependentSegments = true
		return true, nil
	case "#EXT-X-START":
		if s := parseStart(value, &p.odd); s != nil {
			l.Start = s
		}
	case "#EXT-X-SERVER-CONTROL":
		l.ServerControl = parseServerControl(value, &p.odd)
	case "#EXT-X-PART-INF":
		if known = p.partInf(value); !known {
			return false, nil
		}
	case "#EXT-X-STREAM-INF", "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-MEDIA", "#EXT-X-SESSION-DATA", "#EXT-X-SESSION-KEY":
		// RFC 8216, 6.3.1 has it refused; players pass over it. Only a variant's URI among
		// those of segments would be played as one.
		p.variant = p.variant || name == "#EXT-X-STREAM-INF"
		p.odd.note(name, value, "a tag of multivariant playlists in a media playlist is passed over")
		return true, nil
	default:
		return false, nil
	}
	p.once(name, value)
	return true, nil
}

// version reads EXT-X-VERSION into v.
func (o *oddities) version(v *int, value string) {
	n, err := parseInteger(value, math.MaxInt32)
	if err != nil {
		var ok bool
		if n, ok = leadingInteger(value); !ok || n > math.MaxInt32 {
			o.note("EXT-X-VERSION", value, "it is no version and is passed over")
			return
		}
		o.note("EXT-X-VERSION", value, "it is read as far as it is a whole number")
	}
	*v = int(n)
}

// target reads a target duration, in seconds, rounded up: no segment may be longer. 0
// is one that has to be taken from the segments.
func (p *mediaParser) target(value string) int {
	if n, err := parseInteger(value, int64(maxSegment/time.Second)); err == nil && n > 0 {
		return int(n)
	}
	d, _, ok := leadingSeconds(strings.TrimLeft(value, blanks+`"`))
	if !ok || d <= 0 || d > maxSegment {
		return 0 // end tells of it
	}
	p.odd.note("EXT-X-TARGETDURATION", value, "it is not a whole number of seconds, it is rounded up")
	return int((d + time.Second - 1) / time.Second)
}

// sequence reads a number that the first segment has into to.
func (p *mediaParser) sequence(to *int64, name, value string) {
	if len(p.list.Segments) > 0 {
		p.odd.note(name, value, "it stands behind a segment and counts for the whole playlist")
	}
	n, err := parseInteger(value, math.MaxInt64)
	if err != nil {
		var ok bool
		if n, ok = leadingInteger(value); !ok {
			p.odd.note(name, value, "it is no number, or negative, and is passed over")
			return
		}
		p.odd.note(name, value, "it is read as far as it is a whole number")
	}
	*to = n
}

// playlistType reports whether it knows the type: some say LIVE, which says nothing.
func (p *mediaParser) playlistType(name, value string) bool {
	switch kind := strings.ToUpper(strings.Trim(value, blanks+`"`)); kind {
	case "EVENT", "VOD":
		if kind != value {
			p.odd.note(name, value, "it is read as "+kind)
		}
		p.list.PlaylistType = kind
		return true
	}
	return false
}

// partInf reports whether a part's target duration is all there is: with more it stays a
// line of its own.
func (p *mediaParser) partInf(value string) bool {
	a := parseAttributes("EXT-X-PART-INF", value, &p.odd)
	d := a.positive("PART-TARGET")
	if d == 0 || len(a.list) > 0 {
		return false
	}
	p.list.PartTarget = d
	return true
}
