package panel

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	live "livestream-tui/services/kit/signals"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// Inputs lists the inputs of the live signals, and the slate while it is on air.
type Inputs struct {
	canvas.Scroll
	// rows has the row of each line of the latest drawing; -1 for a line without one.
	rows []int
}

// Title implements Panel.
func (*Inputs) Title(s *scene.Scene) (name, note string) {
	const title = "INPUTS"
	list := s.Snapshot.LiveSignals
	switch len(list) {
	case 0:
		return title, "none"
	case 1:
		return title, signalNote(s, list[0])
	}
	shown, slates := 0, len(s.Slates())
	for _, l := range list {
		if l.Source != "" {
			shown++
		}
	}
	note = fmt.Sprintf("%d of %d on air", shown, len(list))
	if slates > 0 {
		note += fmt.Sprintf(" %s %d with a slate", s.Glyphs.Dot, slates)
	}
	return title, note
}

// signalNote says what is on air of a live signal, and how many inputs stand by.
func signalNote(s *scene.Scene, l live.Status) string {
	note := "nothing is on air yet"
	switch {
	case l.ShowsSlate():
		note = "SLATE on air"
	case l.StandsBy:
		note = "stands by for another machine"
	case l.Source != "":
		note = canvas.Clean(l.Source) + " on air"
	}
	if len(l.Inputs) > 1 {
		note += fmt.Sprintf(" %s %d spare", s.Glyphs.Dot, l.Spares())
	}
	if l.Pinned != "" {
		note += " " + s.Glyphs.Dot + " pinned: " + canvas.Clean(l.Pinned)
	}
	return note
}

// Content implements Panel.
func (p *Inputs) Content(s *scene.Scene, w int) layouts.Content {
	n := len(s.Inputs)
	notes := 0
	for i := range s.Inputs {
		notes += len(inputNotes(s, &s.Inputs[i], w-2, inputTable(s, w-2)))
	}
	return layouts.Content{Least: 1 + min(n, 4) + min(notes, 2), Want: max(2, 1+n+notes)}
}

// Stamp implements Panel.
func (*Inputs) Stamp(s *scene.Scene) uint64 { return s.Stamp }

// Move implements Panel.
func (*Inputs) Move(s *scene.Scene, m Motion, page int) { s.MoveInput(m.lines(page)) }

// Click implements Clicker.
func (p *Inputs) Click(s *scene.Scene, line int) {
	if line >= 0 && line < len(p.rows) && p.rows[line] >= 0 && p.rows[line] < len(s.Inputs) {
		s.InputChoice = s.Inputs[p.rows[line]].Key()
	}
}

// The columns of the inputs' table behind which a row may go on in words.
const sinceColumn = 4

// inputTable lays out the columns in w cells.
func inputTable(s *scene.Scene, w int) *canvas.Table {
	signal, name := 6, 7
	for _, v := range s.Inputs {
		signal, name = max(signal, ansi.StringWidth(canvas.Clean(v.Signal))), max(name, 2+ansi.StringWidth(canvas.Clean(v.Name)))
	}
	return canvas.NewTable(s.Glyphs, []canvas.Column{
		{Title: "SIGNAL", Least: min(signal, 10), Most: min(signal, 24), Rank: 8},
		{Title: "INPUT", Least: min(name, 12), Most: min(name, 26)},
		{Title: "KIND", Least: 4, Rank: 7},
		{Title: "STATE", Least: 11},
		{Title: "SINCE", Least: 5, Most: 8, Right: true, Rank: 6},
		{Title: "PICTURES", Least: 14, Most: 20, Rank: 4},
		{Title: "FPS", Least: 5, Right: true, Rank: 5},
		{Title: "BITRATE", Least: 8, Right: true, Rank: 1},
		{Title: "KEY FRAMES", Least: 10, Right: true, Rank: 2},
		{Title: "SKEW", Least: 6, Right: true, Rank: 9},
		{Title: "RTT", Least: 6, Right: true, Rank: 10},
		{Title: "LOST", Least: 5, Right: true, Rank: 10},
		{Title: "SOUND", Least: 17, Most: 24, Rank: 11},
	}, w)
}

// Lines implements Panel. What there is to say of an input stands below its row where there
// is room for all rows.
func (p *Inputs) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	p.rows = p.rows[:0]
	if len(s.Inputs) == 0 {
		p.Show(-1, 0, h)
		return []*canvas.Line{canvas.Text(canvas.InkDim, " "+canvas.Shortened(withoutInputs(s), w-2, s.Glyphs.Ellipsis))}
	}
	table := inputTable(s, w)
	var out []*canvas.Line
	put := func(l *canvas.Line, row int) { out, p.rows = append(out, l), append(p.rows, row) }
	if h > len(s.Inputs) {
		put(table.Head(), -1)
	}
	chosen := s.ChosenInput()
	at := slices.IndexFunc(s.Inputs, func(v scene.Input) bool { return chosen != nil && v.Key() == chosen.Key() })
	from, to := p.Show(at, len(s.Inputs), h-len(out))
	room := h - len(out) - (to - from)
	for i := from; i < to; i++ {
		v := &s.Inputs[i]
		put(inputRow(s, table, v, w, i == at), i)
		for _, note := range inputNotes(s, v, w, table) {
			if room > 0 {
				put(note, i)
				room--
			}
		}
	}
	return out
}

// withoutInputs says why there is no input to show.
func withoutInputs(s *scene.Scene) string {
	list := s.OfRole(layouts.Receiver)
	switch {
	case len(list) == 0:
		return "this layout has no live input"
	case list[0].Works():
		return list[0].Name + " has not told its inputs yet"
	}
	_, word, _ := s.ProcessMark(list[0])
	if list[0].State == platform.Exited && !list[0].Wanted {
		word = "stopped"
	}
	return "nothing is known of the inputs: " + list[0].Name + " is " + word
}

// inputRow draws an input: its figures, or where to send while it waits for an encoder.
func inputRow(s *scene.Scene, table *canvas.Table, v *scene.Input, w int, chosen bool) *canvas.Line {
	g := s.Glyphs
	r := table.Row(chosen)
	glyph, word, k := s.InputMark(v)
	mark, ink := "  ", canvas.InkText
	switch {
	case v.Slate:
		mark, ink = g.Arrow+" ", canvas.InkWarn
	case v.OnAir:
		mark, ink = g.Arrow+" ", canvas.InkGoodStrong
	}
	since := g.Dash
	if !v.Since.IsZero() {
		since = canvas.Elapsed(s.Now.Sub(v.Since))
	}
	r.Text(canvas.InkText, canvas.Clean(v.Signal)).Text(ink, mark+canvas.Clean(v.Name)).Text(canvas.InkDim, canvas.Clean(orDash(s, v.Kind)))
	r.Text(k, glyph+" "+word).Text(canvas.InkText, since)
	if words, ink := inputWords(s, v); words != "" {
		if fits := w - r.Width - 2; ansi.StringWidth(words) <= fits || v.Slate {
			r.Put(ink, "  "+canvas.Shortened(words, fits, g.Ellipsis))
		}
		return r.Line
	}
	r.Text(canvas.InkText, orDash(s, v.Video)).Text(canvas.InkText, known(s, v.FPS, fpsText(v.FPS)))
	r.Text(canvas.InkText, known(s, float64(v.Bitrate), bitrateText(v.Bitrate)))
	keys := canvas.InkText
	if v.KeyFrameInterval > keyFramesMost {
		keys = canvas.InkWarn
	}
	r.Text(keys, known(s, v.KeyFrameInterval, fmt.Sprintf("%.1fs", v.KeyFrameInterval)))
	r.Text(canvas.InkText, known(s, float64(v.Bitrate), skewText(v.SkewMS))).Text(canvas.InkText, known(s, v.RTTMS, canvas.Millis(v.RTTMS)))
	lost := g.Dash
	if v.RTTMS > 0 || v.Lost > 0 {
		lost = strconv.FormatInt(v.Lost, 10)
	}
	return r.Text(countInk(int(min(v.Lost, 1))), lost).Text(canvas.InkText, orDash(s, v.Audio)).Line
}

// keyFramesMost is how many seconds may lie between two key frames: a segment begins with one.
const keyFramesMost = 4.5

// inputWords are what an input without figures has in their place, in one line.
func inputWords(s *scene.Scene, v *scene.Input) (string, canvas.Ink) {
	switch {
	case v.Slate:
		if why := s.SlateCause(v.Signal); why != "" {
			return why, canvas.InkWarn
		}
		return "no input gives anything", canvas.InkWarn
	case v.Awaits():
		return canvas.Clean(v.Address), canvas.InkStrong
	}
	return "", canvas.InkText
}

// inputNotes are what there is to say of an input below its row: where to send while it
// waits, if the row had no room, who chose it, what to change, and why an encoder was refused.
func inputNotes(s *scene.Scene, v *scene.Input, w int, table *canvas.Table) []*canvas.Line {
	var notes []*canvas.Line
	say := func(k canvas.Ink, texts ...string) {
		indent := "    "
		notes = append(notes, canvas.Text(k, indent+canvas.Fitting(w-len(indent)-1, s.Glyphs.Ellipsis, texts...)))
	}
	before := 0
	for i := range sinceColumn + 1 {
		if n := table.Width(i); n > 0 {
			before += n + 1
		}
	}
	if address := canvas.Clean(v.Address); v.Awaits() && !v.Slate && before+2+ansi.StringWidth(address) > w {
		say(canvas.InkStrong, address)
	}
	for _, text := range v.Warnings {
		text = canvas.Clean(text)
		brief, _, _ := strings.Cut(text, " (") // the page of the input has it whole
		say(canvas.InkWarn, s.Glyphs.Alert+" "+text, text, s.Glyphs.Alert+" "+brief, brief)
	}
	if v.Failed != "" {
		why := canvas.Clean(v.Failed)
		say(canvas.InkBad, s.Glyphs.Cross+" refused the last time: "+why, s.Glyphs.Cross+" refused: "+why, why)
	}
	return notes
}

// orDash returns a text, or a dash in place of none.
func orDash(s *scene.Scene, text string) string {
	if text == "" {
		return s.Glyphs.Dash
	}
	return canvas.Clean(text)
}

// known returns the text of a figure, or a dash while it is not known.
func known(s *scene.Scene, value float64, text string) string {
	if value == 0 {
		return s.Glyphs.Dash
	}
	return text
}

func fpsText(fps float64) string { return strconv.FormatFloat(roundedTo(fps, 100), 'f', -1, 64) }

func roundedTo(f, parts float64) float64 { return float64(int64(f*parts+0.5)) / parts }

func skewText(ms float64) string { return fmt.Sprintf("%+.0fms", ms) }
