package transcoder

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// probe asks what a film's container says.
func (t *Transcoder) probe(ctx context.Context, file string) (source, error) {
	out, err := t.ask(ctx, probeArgs(file))
	if err != nil {
		return source{}, err
	}
	return parseProbe(out)
}

// looked is how much of a film is looked at to find out its frame rate.
const looked = 2 * time.Minute

// look finds out how a picture becomes the mezzanine's.
func (c *conversion) look(ctx context.Context, tr track) (picture, error) {
	file, index := "file:"+c.film.File, strconv.Itoa(tr.Index)
	window := looked
	if c.limit > 0 {
		window = min(window, c.limit)
	}
	packets, err := c.t.ask(ctx, []string{"-select_streams", index, "-read_intervals", "%+" + seconds(window),
		"-show_entries", "packet=pts_time", "-of", "csv=p=0", file})
	if err != nil {
		return picture{}, err
	}
	fields := tr.fields(c.fields(ctx, index, file))
	p := pace(timesIn(packets), tr.Rate, tr.Base)
	if fields != "" && p.Rate < 45 {
		p.Rate *= 2 // a picture of each field
	}
	rate := rateFor(p)
	if set := parseRatio(c.t.config.Rate); set != (ratio{}) {
		rate = set
	}
	if !p.Constant {
		c.remark("frames come at no constant rate and are shown at %s a second", rate)
	} else if !isRate(p.Rate, rate) {
		c.remark("%.3f frames a second are shown at %s", p.Rate, rate)
	}
	if fields != "" {
		c.remark("it is interlaced: each field becomes a picture")
	}
	has := c.t.filters()
	linear := has["zscale"] && has["tonemap"]
	switch {
	case tr.Colour.hdr() && !linear:
		c.remark("it is HDR, and this FFmpeg lacks the filter zscale: its colours are pale")
	case tr.Colour.hdr():
		c.remark("it is HDR: its light is mapped to BT.709")
	}
	if fields != "" && !has["bwdif"] {
		c.remark("this FFmpeg lacks the filter bwdif: the film stays interlaced")
		fields = ""
	}
	return picture{
		Map: "0:" + index, Rate: rate, Late: max(0, tr.Start-c.begins()), Fields: fields, Colour: tr.Colour, Height: tr.Height,
		Long: c.t.config.Long, Short: c.t.config.Short, Linear: linear,
	}, nil
}

// timesIn reads times, a line each; others are passed over.
func timesIn(b []byte) []time.Duration {
	var times []time.Duration
	for line := range strings.Lines(string(b)) {
		s := strings.Trim(line, ", \r\n")
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			times = append(times, time.Duration(f*float64(time.Second)))
		}
	}
	return times
}

// fields counts, of the first frames of a picture, those that are interlaced with the
// top field first, with the bottom field first, and progressive ones.
func (c *conversion) fields(ctx context.Context, index, file string) (top, bottom, progressive int) {
	out, err := c.t.ask(ctx, []string{"-select_streams", index, "-read_intervals", "%+#50",
		"-show_entries", "frame=interlaced_frame,top_field_first", "-of", "csv=p=0", file})
	if err != nil {
		return 0, 0, 0 // what cannot be decoded is told when it is encoded
	}
	for line := range strings.Lines(string(out)) {
		switch a, b, _ := strings.Cut(strings.TrimRight(strings.TrimSpace(line), ","), ","); {
		case a == "1" && b == "1":
			top++
		case a == "1":
			bottom++
		case a == "0":
			progressive++
		}
	}
	return top, bottom, progressive
}

// fields is the order of the fields, empty for a progressive picture: the word of most
// frames, else the container's.
func (t track) fields(top, bottom, progressive int) string {
	switch {
	case top+bottom+progressive == 0 && t.Interlaced:
		return "auto"
	case top+bottom <= progressive:
		return ""
	case top >= bottom:
		return "tff"
	}
	return "bff"
}
