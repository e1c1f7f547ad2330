package transcoder

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/worker/mezzanine"
)

// picture is how a film's picture becomes a mezzanine's.
type picture struct {
	// Map chooses the stream.
	Map string
	// Rate is the mezzanine's frame rate.
	Rate ratio
	// Late is how long after the film's start the picture begins.
	Late time.Duration
	// Fields is the order of the fields, noFields for a progressive picture.
	Fields fieldOrder
	Colour colour
	// Height is the film's, in lines.
	Height int
	// Long and Short bound the sides of the picture, in pixels.
	Long, Short int
	// Before are filters that come first; empty or ends with a comma.
	Before string
	// Linear says that this FFmpeg has the filters that wide colours need.
	Linear bool
}

// fieldOrder is which field of an interlaced picture comes first, as the filter bwdif
// reads it.
type fieldOrder string

// The orders of fields.
const (
	noFields      fieldOrder = "" // the picture is progressive
	topFirst      fieldOrder = "tff"
	bottomFirst   fieldOrder = "bff"
	fieldsUnknown fieldOrder = "auto" // each frame says
)

// chain is the filters of the picture: one frame for each of the constant rate from
// the film's start on, square pixels, even sides, colours of BT.709.
func (p picture) chain() string {
	var f []string
	if late := p.Late.Seconds() * p.Rate.value(); late != 0 {
		// On a whole frame: a time between two would be rounded sometimes up, sometimes down.
		f = append(f, fmt.Sprintf("setpts=PTS+(%.7f)/TB", (float64(p.lateFrames())-late)/p.Rate.value()))
	}
	if p.Fields != noFields {
		f = append(f, "bwdif=mode=send_field:parity="+string(p.Fields)+":deint=all")
	}
	f = append(f, "fps="+p.Rate.String()+":start_time=0")
	f = append(f, p.colours()...)
	return p.Before + strings.Join(append(f, "setsar=1", "format=yuv420p"), ",")
}

// early is how long before its sound a picture may be shown.
const early = 25 * time.Millisecond

// lateFrames is how many frames after the film's start the picture begins. Early is better
// than late: one more frame at the end could be one too many for a segment.
func (p picture) lateFrames() int64 {
	late := p.Late.Seconds() * p.Rate.value()
	whole := int64(late)
	if (late-float64(whole))/p.Rate.value() > early.Seconds() {
		whole++
	}
	return whole
}

// size scales to square pixels and even sides within the bounds.
func (p picture) size() string {
	within := fmt.Sprintf("min(1,min(%d/max(iw*sar,ih),%d/min(iw*sar,ih)))", p.Long, p.Short)
	return "w='2*trunc(iw*sar*" + within + "/2+0.001)':h='2*trunc(ih*" + within + "/2+0.001)'"
}

// colours are the filters that scale and that turn the film's colours into BT.709's.
func (p picture) colours() []string {
	c := p.Colour
	wide := c.hdr() || strings.HasPrefix(c.Primaries, "bt2020") || strings.HasPrefix(c.Matrix, "bt2020")
	if !wide || !p.Linear {
		return []string{"scale=" + p.size() + ":in_color_matrix=" + p.matrix() + ":out_color_matrix=bt709:out_range=tv:" + exact}
	}
	matrix, primaries := or(c.Matrix, "bt2020nc"), or(c.Primaries, "bt2020")
	if matrix == "bt2020c" { // the filter does not convert it; where it is tagged by mistake this is the better guess
		matrix = "bt2020nc"
	}
	// The primaries are named twice: otherwise those of the output are unknown where the
	// film does not say.
	in := "tin=" + or(c.Transfer, "bt709") + ":min=" + matrix + ":pin=" + primaries + ":p=" + primaries
	// White of 203 cd/m² (BT.2408) becomes 1.
	f := []string{"scale=" + p.size() + ":in_color_matrix=bt2020:out_color_matrix=bt2020:" + exact,
		"zscale=" + in + ":t=linear:npl=203", "format=gbrpf32le", "zscale=p=bt709"}
	if c.hdr() {
		f = append(f, "tonemap=tonemap=mobius:desat=2:peak=5")
	}
	return append(f, "zscale=t=bt709:m=bt709:r=tv")
}

// exact keeps the conversion from darkening colours by a step or two.
const exact = "flags=bicubic+accurate_rnd+full_chroma_int"

// matrix is the film's; where it does not say, players take BT.601 for small
// pictures and BT.709 for large ones.
func (p picture) matrix() string {
	switch m := p.Colour.Matrix; m {
	case "bt709", "fcc", "smpte240m":
		return m
	case "smpte170m", "bt470bg":
		return "bt601"
	case "bt2020nc", "bt2020c":
		return "bt2020"
	}
	if p.Height >= 720 {
		return "bt709"
	}
	return "bt601"
}

// hdr reports whether the picture is brighter than a television of BT.709 shows.
func (c colour) hdr() bool { return c.Transfer == "smpte2084" || c.Transfer == "arib-std-b67" }

func or(s, otherwise string) string {
	if s == "" || s == "unknown" || s == "unspecified" || s == "reserved" {
		return otherwise
	}
	return s
}

// encoding is how a mezzanine's picture is encoded.
type encoding struct {
	// Rate is its frame rate, Group how many frames a segment has.
	Rate  ratio
	Group int
	// Bitrate is its highest, in bits per second.
	Bitrate int
	// Draft says that the picture is encoded once more, and must lose little.
	Draft bool
}

// args encode in the form of a mezzanine: closed groups of exactly a segment, no
// B-frames, no key frame at a scene cut, colours tagged as BT.709.
func (e encoding) args() []string {
	group, preset, crf := strconv.Itoa(e.Group), "veryfast", "21"
	if e.Draft {
		preset, crf = "ultrafast", "8"
	}
	args := []string{"-c:v", "libx264", "-preset", preset, "-profile:v", "high", "-threads", "4", "-crf", crf,
		"-g", group, "-keyint_min", group, "-sc_threshold", "0", "-bf", "0",
		"-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
		"-video_track_timescale", strconv.Itoa(mezzanine.Timescale)}
	if !e.Draft {
		args = append(args, "-maxrate", strconv.Itoa(e.Bitrate), "-bufsize", strconv.Itoa(e.Bitrate))
	}
	return append(args, bitexact("+cgop")...)
}

// bitexact makes a muxer and an encoder omit what differs from run to run.
func bitexact(flags string) []string {
	return []string{"-map_metadata", "-1", "-map_chapters", "-1", "-bitexact", "-fflags", "+bitexact", "-flags", "+bitexact" + flags}
}
