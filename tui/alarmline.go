package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/tui/canvas"
	"livestream-tui/tui/trouble"
)

// alarmLeast is the height from which the screen has a line for the alarm.
const alarmLeast = 20

// alarmWide is the width from which the alarm always says what the trouble costs. On a narrower
// screen the light has to.
const alarmWide = 100

// alarmLines is how many lines the alarm has: one while something is wrong.
func (m *model) alarmLines() int {
	if m.h < alarmLeast || len(trouble.Alarms(m.troubles)) == 0 {
		return 0
	}
	return 1
}

// alarmLine says in w cells what is wrong, since when, what it costs, and the key that mends
// it. It tells the worst, and how many more there are. Where there is little room, what is
// wrong is worth more than the label of the time, and that more than who did it.
func (m *model) alarmLine(w int) *canvas.Line {
	g, alarms := m.scene.Glyphs, trouble.Alarms(m.troubles)
	t := alarms[0]
	pieces := []canvas.Piece{{}, {Line: m.mendLine(t), Rank: 1}}
	say := func(rank int, k canvas.Ink, text string) {
		if text != "" {
			pieces = append(pieces[:len(pieces)-1], canvas.Piece{Line: canvas.Text(k, text), Rank: rank}, pieces[len(pieces)-1])
		}
	}
	say(1, canvas.InkText, faultSince(m, t.Since))
	rank := 3
	if w >= alarmWide {
		rank = 1
	}
	say(rank, canvas.InkWarn, t.Costs)
	if more := len(alarms) - 1; more > 0 {
		pieces = append(pieces, canvas.Piece{Line: canvas.Text(canvas.InkKey, m.keyNamed("troubles")).Put(canvas.InkDim, fmt.Sprintf(" %d more", more)), Rank: 2})
	}
	// What is wrong gets the room that the others leave, the least of them all at least.
	room := w - 3
	for _, p := range pieces[1:] {
		if p.Rank == 1 {
			room -= p.Line.Width + 2
		}
	}
	if !t.Since.IsZero() && room < ansi.StringWidth(t.What) {
		pieces[1].Line = canvas.Text(canvas.InkText, sinceWords(m, t.Since))
		room += len(fault)
	}
	what := canvas.Fitting(max(room, 0), g.Ellipsis, t.Texts()...)
	glyph, k := m.troubleMark(t)
	pieces[0] = canvas.Piece{Line: canvas.Text(k, glyph+" "+what)}
	return canvas.Text(canvas.InkText, " ").Add(canvas.Fitted(pieces, w-1))
}

// troubleMark returns the glyph and the ink of a trouble: red for what stops the picture, or
// soon will, and amber for what costs no viewer anything now.
func (m *model) troubleMark(t trouble.Trouble) (glyph string, k canvas.Ink) {
	if t.Stops {
		return m.scene.Glyphs.Cross, canvas.InkBadStrong
	}
	return m.scene.Glyphs.Alert, canvas.InkWarn
}

// mendLine names the keys that mend a trouble, and says what they do.
func (m *model) mendLine(t trouble.Trouble) *canvas.Line {
	const edge = "\x00" // no text of a trouble has one
	words := t.Words(true, func(name string) string {
		key := m.keyNamed(name)
		if name == t.Remedy.Key {
			key = m.mendKey(t)
		}
		return edge + key + edge
	})
	if t.Remedy.Key != "" && !t.Remedy.NamesKey() {
		words = edge + m.mendKey(t) + edge + " " + words
	}
	l := &canvas.Line{}
	for i, part := range strings.Split(words, edge) {
		if k := [...]canvas.Ink{canvas.InkText, canvas.InkKey}[i%2]; part != "" {
			l.Put(k, part)
		}
	}
	return l
}

// isForProcess reports whether the key of that name acts on the selected process.
func (m *model) isForProcess(name string) bool {
	b, bound := m.bound(name)
	return bound && b.group == processKeys
}

// mendKey returns the key of a trouble's remedy. Where it is for a process and another one is
// selected it begins with that of the page of troubles, on which it acts on the trouble's
// process.
func (m *model) mendKey(t trouble.Trouble) string {
	key := m.keyNamed(t.Remedy.Key)
	if m.isForProcess(t.Remedy.Key) && (t.Process != m.scene.Selected || m.isOnMachine()) {
		key = m.keyNamed("troubles") + " " + key
	}
	return key
}

// fault tells the time at which a trouble began from that at which the picture stood still,
// which the light says.
const fault = "fault "

// faultSince says since when a trouble is there, and that the time is the trouble's; empty when
// that is not known.
func faultSince(m *model, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fault + sinceWords(m, t)
}

// sinceWords says since when, with the day when it was not today; empty when that is not
// known.
func sinceWords(m *model, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	now := m.scene.Now
	t = t.In(now.Location())
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return "since " + t.Format("2 Jan 15:04")
	}
	return "since " + t.Format(time.TimeOnly)
}
