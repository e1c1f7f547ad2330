package panel

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// eventRow is a row of the events in words.
type eventRow struct {
	at, glyph, word string
	// ink is that of the glyph and the word, textInk that of the text.
	ink, textInk canvas.Ink
	// name is the signal or the process that it is about.
	name string
	// main is the text, from the longest form to the shortest; the last is cut where it does
	// not fit. tail stands behind it, or brief where that does not fit; proof stands behind that
	// where there is room.
	main               []string
	tail, brief, proof string
}

// wordWide is the width of the words, at least; switchWide is what a switch may have.
const (
	wordWide   = 7
	switchWide = 8
)

// EventWords returns what happened, to what, and how.
func EventWords(s *scene.Scene, h scene.Happened) (word, name, how string) {
	r := rowOf(s, h)
	return r.word, r.name, r.text(s, far)
}

// line draws a row in w cells, word of them for the words and name for the names.
func (r eventRow) line(s *scene.Scene, w, word, name int, chosen bool) *canvas.Line {
	l := &canvas.Line{Selected: chosen}
	if mark := " "; chosen {
		l.Put(canvas.InkKey, s.Glyphs.Pointer)
	} else {
		l.Put(canvas.InkText, mark)
	}
	l.Put(canvas.InkDim, r.at+" ").Put(r.ink, r.glyph+" ").Cell(r.ink, r.word, word, false, s.Glyphs.Ellipsis).Put(canvas.InkText, " ")
	l.Cell(canvas.InkStrong, r.name, name, false, s.Glyphs.Ellipsis).Put(canvas.InkText, " ")
	room := w - l.Width
	text := r.text(s, room)
	l.Put(r.textInk, text)
	if gap := room - ansi.StringWidth(text) - ansi.StringWidth(r.proof) - 2; r.proof != "" && gap >= 0 {
		l.Put(canvas.InkDim, "  "+r.proof)
	}
	return l
}

// text returns the text in at most w cells, in the words that fit. Where none do it is cut
// between two words; the tail stays.
func (r eventRow) text(s *scene.Scene, w int) string {
	tails, last := []string{r.tail}, ""
	if r.brief != "" {
		tails = append(tails, r.brief)
	}
	for _, last = range r.main {
		for _, tail := range tails {
			if text := joined(s, last, tail); ansi.StringWidth(text) <= w {
				return text
			}
		}
	}
	tail := tails[len(tails)-1]
	if tail == "" || ansi.StringWidth(tail) > w {
		return canvas.Shortened(last, w, s.Glyphs.Ellipsis)
	}
	room := w - ansi.StringWidth(joined(s, tail, " ")) + 1
	if short := canvas.Shortened(last, room, s.Glyphs.Ellipsis); strings.Count(short, " ") > 1 {
		return joined(s, short, tail)
	}
	for _, main := range r.main {
		if main != "" && ansi.StringWidth(main) <= w {
			return main // why tells more than how long
		}
	}
	return tail
}

// clauses returns a text without its last clause, then without the one before, and so on.
func clauses(text string) []string {
	var list []string
	for {
		i := max(strings.LastIndex(text, ", "), strings.LastIndex(text, "; "), strings.LastIndex(text, " ("), strings.LastIndex(text, ": "), strings.LastIndex(text, " for "), strings.LastIndex(text, " here"))
		if i <= 0 {
			return list
		}
		text = text[:i]
		list = append(list, text)
	}
}

// joined joins two texts with a dot; either may be empty.
func joined(s *scene.Scene, a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + s.Glyphs.Dot + " " + b
}

// rowOf returns what happened in words.
func rowOf(s *scene.Scene, h scene.Happened) eventRow {
	r := eventRow{at: h.At.In(s.Now.Location()).Format(clock), textInk: canvas.InkText, name: nameOf(s, h)}
	switch what := h.What.(type) {
	case event.Outage:
		r.outage(s, h, what)
	case event.Failover:
		r.failover(s, h.Process, what)
	case platform.Commanded:
		r.command(s, what)
	case platform.Exit:
		r.exit(s, h, what)
	case platform.Drilled:
		r.drill(s, what)
	case platform.Aired:
		r.glyph, r.word, r.ink = s.LightMark(what.State)
		if what.State == platform.AirOn {
			r.word = strings.ToUpper(r.word)
		}
		r.main = []string{s.WithNames(what.Reason)}
	case event.Input:
		r.input(s, what)
	case platform.Averted:
		r.glyph, r.word, r.ink, r.main = s.Glyphs.Alert, "averted", canvas.InkWarn, []string{canvas.Clean(what.String())}
	case event.Film:
		r.glyph, r.word, r.ink, r.main = s.Glyphs.Alert, "refused", canvas.InkWarn, []string{canvas.Clean(what.Reason)}
	case event.Serving:
		word, which := servingText(&platform.ServingAt{Serving: what})
		r.glyph, r.word, r.ink, r.main = s.Glyphs.Full, "mode", canvas.InkGood, []string{word + strings.TrimPrefix(which, r.name)}
		if what.Degraded {
			r.glyph, r.ink = s.Glyphs.Half, canvas.InkWarn
		}
	case platform.Started:
		layout := "platform, layout " + canvas.Clean(what.Layout)
		r.glyph, r.word, r.ink, r.main = s.Glyphs.Arrow, "start", canvas.InkInfo, []string{fmt.Sprintf("%s, pid %d", layout, what.PID), layout, "platform"}
	case platform.Ended:
		r.ended(s, what)
	case platform.Logged:
		r.glyph, r.word, r.ink, r.main = s.Glyphs.Dot, "note", canvas.InkDim, []string{s.WithNames(what.Message)}
		if what.Level >= event.LevelWarn {
			r.ink = canvas.InkWarn
		}
	}
	return r
}

// nameOf names what an event is about: its signal, how many signals, or its process.
func nameOf(s *scene.Scene, h scene.Happened) string {
	switch what := h.What.(type) {
	case platform.Commanded:
		switch {
		case what.Process != "":
			return canvas.Clean(what.Process)
		case what.Signal != "":
			return canvas.Clean(what.Signal)
		case what.Machine != "":
			return canvas.Clean(what.Machine)
		}
		return "all"
	case platform.Drilled:
		return canvas.Clean(what.Name)
	case event.Film:
		return canvas.Clean(what.File)
	case event.Serving:
		return canvas.Clean(playlistName(what.Playlist))
	}
	switch len(h.Signals) {
	case 0:
		return canvas.Clean(h.Process)
	case 1:
		return canvas.Clean(h.Signals[0])
	}
	return canvas.Count(len(h.Signals), "signal")
}

func (r *eventRow) outage(s *scene.Scene, h scene.Happened, o event.Outage) {
	planned := ""
	if h.Planned {
		planned = "planned: "
	}
	if h.Back {
		length := canvas.Millis(float64(h.Longest.Milliseconds()))
		r.glyph, r.word, r.ink = s.Glyphs.Full, "BACK", canvas.InkGood
		lost := canvas.Count(h.Lost, "segment") + " lost"
		if len(h.Signals) > 1 {
			r.main = []string{"off air up to " + length + ", " + lost, "up to " + length + ", " + lost}
		} else {
			r.main = []string{"off air " + length + ", " + lost}
		}
		r.main = append(r.main, length+", "+lost, fmt.Sprintf("%s, %d lost", length, h.Lost))
		switch {
		case h.Process == "": // no viewer has measured it
			r.ink, r.main = canvas.InkBad, []string{"off air " + length, length}
		case h.Lost > 0:
			r.ink, r.textInk = canvas.InkBad, canvas.InkBadStrong
		default:
			r.main = []string{"off air " + length + ", nothing lost", "off air " + length, length}
		}
		return
	}
	r.glyph, r.word, r.ink = s.Glyphs.Cross, "OFF AIR", canvas.InkBadStrong
	if h.Planned {
		r.ink = canvas.InkWarn
	}
	reason := o.Reason
	if reason == "" {
		reason = h.Cause
	}
	r.main = []string{planned + s.WithNames(reason)}
	if reason == "" {
		r.main = []string{strings.TrimSuffix(planned, ": ")}
	}
	switch {
	case h.Cut:
		r.tail = "its end was not seen"
	case o.Lasts():
		r.brief = canvas.Elapsed(o.Length(s.Now))
		r.tail = "for " + r.brief
	}
}

// failover tells a failover, which a process has reported: of another machine's it names the
// machine.
func (r *eventRow) failover(s *scene.Scene, process string, f event.Failover) {
	r.glyph, r.word, r.ink = s.Glyphs.Switch, "switch", gapInk(f.GapMS)
	cause := s.WithNames(f.Cause)
	at := platform.FailoverAt{Failover: f}
	if short := switchText(s, at, 0); ansi.StringWidth(short) <= switchWide {
		r.word, r.main = short, []string{cause}
	} else {
		r.main = []string{switchText(s, at, far) + ": " + cause, cause}
	}
	r.main = append(r.main, clauses(cause)...)
	if machine, _ := platform.SplitMachine(process); machine != "" {
		for i := range r.main {
			r.main[i] = "on " + canvas.Clean(machine) + ": " + r.main[i]
		}
	}
	switch {
	case f.Pending:
		r.tail = "still waiting"
	case f.MSNAfter >= 0 && f.MSNAfter <= f.MSNBefore:
		r.ink, r.tail = canvas.InkWarn, "nothing new came"
	case f.GapMS < 0:
		r.tail = "wait 0"
	default:
		r.tail, r.brief = "wait "+canvas.Millis(f.GapMS), canvas.Millis(f.GapMS)
	}
	r.proof = proof(s, at, far)
}

// input tells a change of what a live signal is made from.
func (r *eventRow) input(s *scene.Scene, i event.Input) {
	name, cause := canvas.Clean(i.Input), canvas.Clean(i.Cause)
	switch i.Change {
	case event.InputLost:
		r.glyph, r.word, r.ink, r.main = s.Glyphs.Cross, "input", canvas.InkWarn, []string{name + " lost: " + cause, cause, name + " lost"}
		return
	case event.InputBack:
		r.glyph, r.word, r.ink, r.main = s.Glyphs.Full, "input", canvas.InkGood, []string{name + " back: " + cause, name + " back"}
		return
	}
	r.glyph, r.word, r.ink = s.Glyphs.Switch, "input", canvas.InkInfo
	if i.Input == event.SlateInput {
		r.glyph, r.word, r.ink, r.textInk = s.Glyphs.Half, "SLATE", canvas.InkWarn, canvas.InkWarn
	}
	way := name
	if i.From != "" {
		way = canvas.Clean(i.From) + " " + s.Glyphs.To + " " + name
	}
	if r.main = []string{way + ": " + cause, way, name}; i.Input == event.SlateInput {
		r.main = []string{way + ": " + cause, cause, way} // why tells more than from what
	}
	if i.GapMS > 0 {
		r.tail = canvas.Millis(i.GapMS)
		if r.brief = r.tail; i.Frames > 0 {
			r.tail += ", " + canvas.Count(i.Frames, "frame")
		}
	}
}

func (r *eventRow) command(s *scene.Scene, c platform.Commanded) {
	r.glyph, r.word, r.ink = s.Glyphs.Key, c.Action.String(), canvas.InkInfo
	var words []string
	if c.Fault != "" {
		words = append(words, canvas.Clean(c.Fault))
	}
	if c.Process != "" && c.Signal != "" {
		words = append(words, "for "+canvas.Clean(c.Signal))
	}
	if c.Input != "" {
		words = append(words, canvas.Clean(c.Input))
	}
	by := canvas.Clean(c.By.String())
	if c.Refused != "" {
		r.glyph, r.ink, r.tail = s.Glyphs.Cross, canvas.InkWarn, ""
		words = append(words, "refused: "+s.WithNames(c.Refused))
	}
	r.main = []string{strings.Join(words, ", ")}
	if len(words) == 0 {
		r.main = []string{by}
	} else if by != "" {
		r.main = []string{r.main[0] + ", by " + by}
	}
}

// flapTimes is how often a process ends in a short time that is said to flap.
const flapTimes = 3

func (r *eventRow) exit(s *scene.Scene, h scene.Happened, e platform.Exit) {
	r.glyph, r.word, r.ink = s.Glyphs.Cross, "exit", canvas.InkWarn
	switch {
	case e.Times >= flapTimes: // others may go on: what it costs is in the alarm
		r.glyph, r.word = s.Glyphs.Alert, "flap"
	case e.State == platform.Failed:
		r.ink = canvas.InkBadStrong
	}
	r.main = []string{s.WithNames(e.String(h.At))}
}

func (r *eventRow) drill(s *scene.Scene, d platform.Drilled) {
	r.word = "drill"
	switch d.Verdict {
	case platform.DrillPassed:
		r.glyph, r.ink = s.Glyphs.Tick, canvas.InkGood
	case platform.DrillFailed:
		r.glyph, r.ink = s.Glyphs.Cross, canvas.InkBadStrong
	default:
		r.glyph, r.ink = s.Glyphs.Ring, canvas.InkInfo
	}
	text := string(d.Verdict)
	if d.Seen != "" {
		text += ": " + s.WithNames(d.Seen)
	}
	r.main = []string{text}
	if by := canvas.Clean(d.By.String()); by != "" && d.Verdict == platform.DrillBegun {
		r.main[0] += ", by " + by
	}
}

func (r *eventRow) ended(s *scene.Scene, e platform.Ended) {
	r.glyph, r.word, r.ink, r.main = s.Glyphs.Ring, "end", canvas.InkDim, []string{"platform, stopped in order"}
	switch {
	case e.Killed:
		r.glyph, r.ink, r.main = s.Glyphs.Cross, canvas.InkBadStrong, []string{"platform killed, or the machine stopped"}
	case e.Reason != "":
		r.ink, r.main = canvas.InkBad, []string{s.WithNames(e.Reason)}
	}
}
