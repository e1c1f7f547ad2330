package m3u8

import (
	"math"
	"strings"
	"time"
)

// header reads the tags about the whole playlist (RFC 8216, 4.3.1, 4.3.3 and 4.3.5),
// anywhere in it, as players do. The last one of a repeated tag counts, as in FFmpeg.
func (p *mediaParser) header(name, value string) (known bool, err error) {
	l := p.list
	switch name {
	case begin:
		p.odd.note(name, value, "it appears twice; the second one is ignored")
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
			p.odd.note(name, value, "it appears twice")
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
		// RFC 8216, 6.3.1, refuses the playlist; players ignore the tag. Only the URI of a
		// variant must not be taken for that of a segment.
		p.variant = p.variant || name == "#EXT-X-STREAM-INF"
		p.odd.note(name, value, "a tag of multivariant playlists in a media playlist is ignored")
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
			o.note("EXT-X-VERSION", value, "it is not a version and is ignored")
			return
		}
		o.note("EXT-X-VERSION", value, "only its leading whole number is read")
	}
	*v = int(n)
}

// target reads a target duration in seconds, rounded up since no segment may be longer. 0
// means that it has to be taken from the segments.
func (p *mediaParser) target(value string) int {
	if n, err := parseInteger(value, int64(maxSegment/time.Second)); err == nil && n > 0 {
		return int(n)
	}
	d, _, ok := leadingSeconds(strings.TrimLeft(value, blanks+`"`))
	if !ok || d <= 0 || d > maxSegment {
		return 0 // end notes it
	}
	p.odd.note("EXT-X-TARGETDURATION", value, "it is not a whole number of seconds; it is rounded up")
	return int((d + time.Second - 1) / time.Second)
}

// sequence reads a number of the first segment into to.
func (p *mediaParser) sequence(to *int64, name, value string) {
	if len(p.list.Segments) > 0 {
		p.odd.note(name, value, "it stands after a segment; it counts for the whole playlist")
	}
	n, err := parseInteger(value, math.MaxInt64)
	if err != nil {
		var ok bool
		if n, ok = leadingInteger(value); !ok {
			p.odd.note(name, value, "it is not a number, or is negative, and is ignored")
			return
		}
		p.odd.note(name, value, "only its leading whole number is read")
	}
	*to = n
}

// playlistType reports whether the type is known. Some servers write LIVE, which has no
// meaning.
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

// partInf reports whether the part's target duration is the only attribute; with others
// the line stays unknown.
func (p *mediaParser) partInf(value string) bool {
	a := parseAttributes("EXT-X-PART-INF", value, &p.odd)
	d := a.positive("PART-TARGET")
	if d == 0 || len(a.list) > 0 {
		return false
	}
	p.list.PartTarget = d
	return true
}
