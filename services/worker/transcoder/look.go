package transcoder

import (
	"bytes"
	"context"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"livestream-tui/services/worker/ffmpeg"
)

// probe reads a film's container.
func (t *Transcoder) probe(ctx context.Context, file string) (source, error) {
	if isText(file) {
		// A playlist is a text, and FFmpeg would open the files that it lists.
		return source{}, unfit(FaultUnreadable, "it is a text, not a film")
	}
	out, err := t.ask(ctx, probeArgs(file))
	if err != nil {
		return source{}, err
	}
	return parseProbe(out)
}

// looked is how much of a film is read to find out its frame rate.
const looked = 2 * time.Minute

// packets are the times of a track's packets in the film.
type packets struct {
	times      []time.Duration // of those at the beginning, for as long as looked
	start, end time.Duration
}

// packets reads all packets of a track. Containers do not agree on where a length is
// counted from, packets do.
func (c *conversion) packets(ctx context.Context, tr track) (packets, error) {
	args := []string{"-select_streams", strconv.Itoa(tr.Index), "-show_entries", "packet=pts_time,duration_time", "-of", "csv=p=0"}
	if c.limit > 0 {
		args = append(args, "-read_intervals", "%+"+ffmpeg.Seconds(c.limit))
	}
	out, err := c.t.ask(ctx, append(args, "file:"+c.film.File))
	if err != nil {
		return packets{}, err
	}
	return parsePackets(string(out)), nil
}

// parsePackets reads a line a packet: its time and its duration, in seconds. Packets
// without a time are passed over.
func parsePackets(s string) packets {
	var p packets
	found := false
	for line := range strings.Lines(s) {
		at, lasts, _ := strings.Cut(strings.TrimSpace(line), ",")
		f, err := strconv.ParseFloat(at, 64)
		if err != nil {
			continue
		}
		t := time.Duration(f * float64(time.Second))
		end := t + secondsOf(strings.TrimRight(lasts, ","))
		if !found {
			found, p.start, p.end = true, t, end
		}
		p.start, p.end = min(p.start, t), max(p.end, end)
		if t-p.start < looked {
			p.times = append(p.times, t)
		}
	}
	return p
}

// look finds out how a picture becomes the mezzanine's, and corrects what its
// container says of where it begins and how long it is.
func (c *conversion) look(ctx context.Context, tr *track) (picture, error) {
	file, index := "file:"+c.film.File, strconv.Itoa(tr.Index)
	found, err := c.packets(ctx, *tr)
	if err != nil {
		return picture{}, err
	}
	if len(found.times) > 0 {
		tr.Start = found.start
		if span := found.end - found.start; tr.Duration <= 0 || span < tr.Duration {
			tr.Duration = span
		}
	}
	c.begins = beginning(*tr, c.source.Sounds)
	fields := tr.fields(c.countFields(ctx, index, file))
	p := pace(found.times, tr.Rate, tr.Base)
	if fields != noFields && p.Rate < 45 {
		p.Rate *= 2 // each field becomes a picture
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
	if fields != noFields {
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
	if fields != noFields && !has["bwdif"] {
		c.remark("this FFmpeg lacks the filter bwdif: the film stays interlaced")
		fields = noFields
	}
	return picture{
		Map: "0:" + index, Rate: rate, Late: max(0, tr.Start-c.begins), Fields: fields, Colour: tr.Colour, Height: tr.Height,
		Long: c.t.config.Long, Short: c.t.config.Short, Linear: linear,
	}, nil
}

// countFields counts, among the first frames of a picture, those that are interlaced with
// the top field first, with the bottom field first, and progressive ones.
func (c *conversion) countFields(ctx context.Context, index, file string) (top, bottom, progressive int) {
	out, err := c.t.ask(ctx, []string{"-select_streams", index, "-read_intervals", "%+#50",
		"-show_entries", "frame=interlaced_frame,top_field_first", "-of", "csv=p=0", file})
	if err != nil {
		return 0, 0, 0 // encoding it says why
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

// fields is the order of the fields of a picture by most of its frames, else by its
// container.
func (t track) fields(top, bottom, progressive int) fieldOrder {
	switch {
	case top+bottom+progressive == 0 && t.Interlaced:
		return fieldsUnknown
	case top+bottom <= progressive:
		return noFields
	case top >= bottom:
		return topFirst
	}
	return bottomFirst
}

// isText reports whether a file begins with text and nothing else.
func isText(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false // FFmpeg says why
	}
	defer func() { _ = f.Close() }() // only read
	b := make([]byte, 4096)
	n, _ := io.ReadFull(f, b) // a short file will do
	b = bytes.TrimPrefix(b[:n], []byte("\xef\xbb\xbf"))
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && len(b) >= utf8.UTFMax || r < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1b", r) {
			return false
		}
		b = b[size:]
	}
	return n > 0
}
