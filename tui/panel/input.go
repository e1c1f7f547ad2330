package panel

import (
	"fmt"
	"strings"

	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// InputLines describes an input in words, in w cells: its state, where to send, what comes,
// what to change, and what has changed of its signal lately.
func InputLines(s *scene.Scene, v *scene.Input, w int) []*canvas.Line {
	d := details{s: s, w: w}
	state := *v
	state.Pinned = false // it has a line of its own
	glyph, word, k := s.InputMark(&state)
	l := d.put("state", k, glyph+" "+word)
	if !v.Since.IsZero() {
		l.Put(canvas.InkText, " for "+canvas.Elapsed(s.Now.Sub(v.Since))).Put(canvas.InkDim, ", since "+d.clock(v.Since))
	}
	d.onAir(v)
	if !v.Slate {
		d.encoder(v)
		d.figures(v)
		d.words("refused", canvas.InkBad, canvas.Clean(v.Failed))
		if len(v.Warnings) > 0 {
			d.heading("WHAT TO CHANGE")
		}
		for _, text := range v.Warnings {
			d.say(canvas.Text(canvas.InkWarn, "   "+s.Glyphs.Alert+" "), canvas.InkText, canvas.Clean(text))
		}
	}
	d.changes(v.Signal)
	return d.lines
}

// words adds a text with a label; an empty text adds nothing.
func (d *details) words(label string, k canvas.Ink, text string) {
	if text != "" {
		d.say((&canvas.Line{}).Cell(canvas.InkDim, " "+label, labelWide, false, d.s.Glyphs.Ellipsis), k, text)
	}
}

// onAir says what of the signal is on air, and who chose it.
func (d *details) onAir(v *scene.Input) {
	l, _ := d.s.Snapshot.LiveSignal(v.Signal)
	source := canvas.Clean(l.Source)
	switch {
	case v.Slate:
		d.words("on air", canvas.InkWarn, "the slate, which players see until an input is good again")
		d.words("why", canvas.InkText, d.s.SlateCause(v.Signal))
	case v.OnAir:
		d.words("on air", canvas.InkGoodStrong, d.s.Glyphs.Arrow+" players see this input")
	case source == "":
		d.words("on air", canvas.InkText, "nothing yet: the first input that is good comes on air")
	case l.ShowsSlate():
		d.words("on air", canvas.InkWarn, "the slate: no input gives anything")
	default:
		d.words("on air", canvas.InkText, "no: players see "+source)
	}
	if v.Pinned {
		d.words("chosen", canvas.InkKey, "by an operator, for as long as it is not lost")
	} else if l.Pinned != "" {
		d.words("chosen", canvas.InkText, canvas.Clean(l.Pinned)+", by an operator")
	} else {
		d.words("chosen", canvas.InkDim, "automatically, in the order of the layout")
	}
}

// encoder says where an encoder has to send, and which one is connected.
func (d *details) encoder(v *scene.Input) {
	d.words("send to", canvas.InkInfo, canvas.Clean(v.Address))
	if strings.Contains(v.Address, "***") {
		d.words("key", canvas.InkText, "livestream-tui keys shows it")
	}
	from := canvas.Clean(v.Encoder)
	if v.Remote != "" {
		from = strings.TrimSpace(from + " from " + canvas.Clean(v.Remote))
	}
	d.words("encoder", canvas.InkText, from)
}

// figures says what comes in.
func (d *details) figures(v *scene.Input) {
	pictures := canvas.Clean(v.Video)
	if v.FPS > 0 {
		pictures += ", " + fpsText(v.FPS) + " a second"
	}
	d.words("pictures", canvas.InkText, strings.TrimPrefix(pictures, ", "))
	d.words("sound", canvas.InkText, canvas.Clean(v.Audio))
	if v.Bitrate > 0 {
		d.words("bit rate", canvas.InkText, bitrateText(v.Bitrate))
	}
	if v.KeyFrameInterval > 0 {
		d.words("key frames", canvas.InkText, fmt.Sprintf("every %.1f s", v.KeyFrameInterval))
	}
	switch {
	case v.SkewMS > 0:
		d.words("skew", canvas.InkText, fmt.Sprintf("sound is %.0f ms later than pictures", v.SkewMS))
	case v.SkewMS < 0:
		d.words("skew", canvas.InkText, fmt.Sprintf("sound is %.0f ms earlier than pictures", -v.SkewMS))
	}
	if v.RTTMS > 0 {
		d.words("network", canvas.InkText, fmt.Sprintf("round trip %s, %d packets lost, %d sent again", canvas.Millis(v.RTTMS), v.Lost, v.Retransmitted))
	}
}

// changes lists what has changed of a live signal lately, newest first.
func (d *details) changes(signal string) {
	list := d.s.ChangesOf(signal)
	d.heading("LAST CHANGES")
	if len(list) == 0 {
		d.lines = append(d.lines, canvas.Text(canvas.InkDim, "   none"))
	}
	for _, c := range list[:min(len(list), eventsOfSignal)] {
		d.say(canvas.Text(canvas.InkDim, "   "+d.clock(c.Time)+"  "), canvas.InkText, canvas.Clean(c.String()))
	}
}
