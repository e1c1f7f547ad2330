package panel

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// matrix draws the rows of the signals in the widths that they all have.
type matrix struct {
	s *scene.Scene
	w int
	// The columns' widths; 0 leaves one out.
	name, bitrate, packager, viewer int
}

const (
	// nameMost is the most cells that a signal's name gets, its glyph not counted.
	nameMost = 24
	// bitrateWide is the width of a bitrate, and of the word for what has none.
	bitrateWide = 8
)

// newMatrix finds the widths for w cells.
func newMatrix(s *scene.Scene, list []*scene.Signal, w int) matrix {
	name := 6
	for _, v := range list {
		if v.ID != "" {
			name = min(max(name, ansi.StringWidth(v.Name)), nameMost)
		}
	}
	m := matrix{s: s, w: w}
	// The first that fits; the viewer gets the rest.
	for _, m.packager = range []int{16, 12, 11, 5, 1} {
		for _, try := range []struct{ name, bitrate, viewer int }{
			{name, bitrateWide, 30}, {name, bitrateWide, 18}, {min(name, 16), bitrateWide, 13}, {min(name, 12), 0, 13}, {min(name, 8), 0, 5},
		} {
			if m.packager > 12 && try.viewer < 30 || m.packager > 5 && try.viewer < 18 || m.packager == 5 && try.bitrate == 0 && try.name < 12 {
				continue // narrower packagers first
			}
			m.name, m.bitrate = try.name, try.bitrate
			m.viewer = w - 1 - (2 + m.name + 1) - (m.packager+1)*len(s.Columns)
			if m.bitrate > 0 {
				m.viewer -= m.bitrate + 1
			}
			if m.viewer >= try.viewer {
				return m
			}
		}
	}
	m.viewer = max(m.viewer, 0)
	return m
}

// cell appends a cell and the blank after it; a width of 0 appends nothing.
func (m matrix) cell(l *canvas.Line, k canvas.Ink, text string, w int) {
	if w > 0 {
		l.Cell(k, text, w, false, m.s.Glyphs.Ellipsis).Put(canvas.InkText, " ")
	}
}

// head returns the columns' titles; the selected packager has the mark of a selected row.
func (m matrix) head() *canvas.Line {
	l := canvas.Text(canvas.InkText, " ")
	m.cell(l, canvas.InkDim, "SIGNAL", 2+m.name)
	m.cell(l, canvas.InkDim, "BITRATE", m.bitrate)
	for i, name := range m.s.Columns {
		label := m.s.PackagerLabel(name, i+1)
		if name == m.s.Selected && m.packager > 1 {
			m.cell(l, canvas.InkKey, m.fitting(m.packager, m.s.Glyphs.Pointer+name, m.s.Glyphs.Pointer+label), m.packager)
			continue
		}
		m.cell(l, canvas.InkDim, m.fitting(m.packager, name, label), m.packager)
	}
	return l.Cell(canvas.InkDim, "VIEWER", m.viewer, false, "")
}

// fitting returns the first text that fits in w cells, or else the last.
func (matrix) fitting(w int, texts ...string) string {
	for _, t := range texts {
		if ansi.StringWidth(t) <= w {
			return t
		}
	}
	return texts[len(texts)-1]
}

// row draws a signal.
func (m matrix) row(v *scene.Signal, chosen bool) *canvas.Line {
	l := &canvas.Line{Selected: chosen}
	mark := " "
	if chosen {
		mark = m.s.Glyphs.Pointer
	}
	l.Put(canvas.InkKey, mark)
	glyph, k := signalMark(m.s, v)
	l.Put(k, glyph+" ")
	if v.ID == "" {
		return m.file(l, v, k)
	}
	m.cell(l, canvas.InkStrong, v.Name, m.name)
	switch {
	case v.Kind != scene.SignalAired:
		m.cell(l, canvas.InkWarn, v.Kind.String(), m.bitrate)
	case m.s.ShowsSlate(v.ID):
		m.cell(l, canvas.InkWarn, "SLATE", m.bitrate)
	case v.View != nil && v.View.BitrateBPS > 0 && v.OffSince().IsZero() && !silent(m.s, v):
		m.cell(l, canvas.InkText, bitrateText(v.View.BitrateBPS), m.bitrate)
	default:
		m.cell(l, canvas.InkFaint, m.s.Glyphs.Dash, m.bitrate)
	}
	for _, p := range v.Packagers {
		if text, ink := m.packagerText(p); m.packager > 0 {
			m.cell(l, ink, text, m.packager)
		}
	}
	return m.view(l, v)
}

// bitrateText returns a bitrate in at most eight cells.
func bitrateText(bps int64) string {
	switch {
	case bps >= 100e6:
		return fmt.Sprintf("%.0f Mb/s", float64(bps)/1e6)
	case bps < 100e3:
		return fmt.Sprintf("%.0f kb/s", float64(bps)/1e3)
	}
	return fmt.Sprintf("%.1f Mb/s", float64(bps)/1e6)
}

// file draws the rest of a row of a file that is not a signal.
func (m matrix) file(l *canvas.Line, v *scene.Signal, k canvas.Ink) *canvas.Line {
	kind := " " + v.Kind.String()
	// A long name gets half of the row: why it is not on air matters more than its end.
	most := max(m.name, (m.w-l.Width-len(kind))/2)
	if ansi.StringWidth(v.Name) > most {
		l.Cell(canvas.InkStrong, v.Name, most, false, m.s.Glyphs.Ellipsis)
	} else {
		l.Put(canvas.InkStrong, v.Name)
	}
	l.Gap(3+m.name).Put(k, kind)
	if v.Film.Reason != "" {
		l.Put(canvas.InkText, ": ").Put(canvas.InkText, canvas.Shortened(canvas.Clean(v.Film.Reason), m.w-l.Width-2, m.s.Glyphs.Ellipsis))
	}
	return l
}

// signalMark returns the glyph and the ink of a signal.
func signalMark(s *scene.Scene, v *scene.Signal) (string, canvas.Ink) {
	switch {
	case v.ID == "" && v.Kind == scene.SignalRefused:
		return "!", canvas.InkWarn
	case v.ID == "":
		return s.Glyphs.Dotted, canvas.InkInfo
	case v.Light == nil:
		return s.Glyphs.Question, canvas.InkDim
	case v.Kind == scene.SignalOrphaned && v.Light.State != platform.AirOff && v.Light.State != platform.AirOffSoon && v.Light.State != platform.AirOn:
		return s.Glyphs.Ring, canvas.InkDim
	}
	if v.Bad() && v.Light.State == platform.AirOn {
		return s.Glyphs.Half, canvas.InkWarn // it plays what players hold
	}
	if v.Light.State == platform.AirOn && s.ShowsSlate(v.ID) {
		return s.Glyphs.Half, canvas.InkWarn
	}
	glyph, _, k := s.LightMark(v.Light.State)
	return glyph, k
}

// packagerText says what a packager is to a signal, as far as there is room: its state, its
// role, and the age of its newest segment.
func (m matrix) packagerText(p *scene.Packager) (string, canvas.Ink) {
	if p == nil {
		return m.s.Glyphs.Dash, canvas.InkFaint
	}
	glyph, word, k := m.s.HealthMark(*p)
	role, ink := "sby", canvas.InkDim
	switch {
	case p.Held:
		role, ink = "HELD", canvas.InkKey
	case p.Active:
		role, ink = "ACT", canvas.InkGoodStrong
	}
	age := ""
	if moves(*p) && p.Status.AgeMS >= 0 {
		age = " " + canvas.Age(p.Status.AgeMS)
	}
	switch {
	case p.Usable && p.Reported:
		if k != canvas.InkGood {
			ink = k
		}
		if age != "" {
			age = " +" + age[1:]
		}
		return m.fitting(m.packager, glyph+" "+role+age, glyph+" "+role, glyph), ink
	case p.Held || p.Active && !p.Gone():
		return m.fitting(m.packager, glyph+" "+role+" "+word+age, glyph+" "+word+age, glyph+" "+role+" "+word, glyph+" "+word, glyph+" "+role, glyph), k
	case age == "":
		age = " " + m.s.Glyphs.Dash
	}
	return m.fitting(m.packager, glyph+" "+word+age, glyph+" "+word, glyph), k
}

// moves reports whether the figures of a packager are those of now: it is reported, answers,
// and its process, if it is one of ours, runs.
func moves(p scene.Packager) bool {
	if !p.Reported || p.Status.State == report.Down || p.Status.State == report.Unknown {
		return false
	}
	return p.Process == nil || p.Process.PID != 0 && !p.Process.Paused
}

// silent reports whether the viewer's last report is too old to count.
func silent(s *scene.Scene, v *scene.Signal) bool {
	return v.View != nil && s.Now.Sub(v.View.Time) > onair.Silence
}

// view draws what the audience sees.
func (m matrix) view(l *canvas.Line, v *scene.Signal) *canvas.Line {
	g := m.s.Glyphs
	state := platform.AirStarting
	if v.Light != nil {
		state = v.Light.State
	}
	// say puts a word, and its reason where there is room.
	say := func(k canvas.Ink, word, reason string) *canvas.Line {
		l.Put(k, m.fitting(m.viewer, word, strings.Fields(word)[0]))
		// A word of it at least, or nothing.
		if short := canvas.Shortened(reason, m.w-l.Width-2, g.Ellipsis); short == reason || strings.Contains(short, " ") {
			l.Put(canvas.InkDim, "  "+short)
		}
		return l
	}
	switch {
	case state == platform.AirOff:
		return say(canvas.InkBadStrong, "STALLED "+canvas.Elapsed(m.s.Now.Sub(v.OffSince())), m.whyOff(v))
	case state == platform.AirOffSoon:
		return say(canvas.InkWarn, "STALLS IN "+text.Brief(v.Light.Left(m.s.Now)), v.Light.Reason)
	case state == platform.AirEnded:
		return say(canvas.InkDim, state.String(), "")
	case v.Kind == scene.SignalOrphaned && v.View == nil:
		return say(canvas.InkDim, "no film is there", "")
	case v.View == nil && v.Light == nil:
		return l.Put(canvas.InkFaint, g.Dash)
	case state == platform.AirUnknown && !v.Light.Since.IsZero():
		return say(canvas.InkWarn, "silent "+canvas.Elapsed(m.s.Now.Sub(v.Light.Since)), "")
	case state != platform.AirOn || v.View == nil:
		return say(canvas.InkInfo, state.String(), withoutName(v))
	}
	return m.playing(l, v)
}

// playing draws the figures of a viewer that plays.
func (m matrix) playing(l *canvas.Line, v *scene.Signal) *canvas.Line {
	buffer, k := canvas.Millis(float64(v.View.BufferMS)), canvas.InkText
	if v.View.BufferMS < bufferFull/4 {
		k = canvas.InkWarn
	}
	latency := "lat " + canvas.Millis(float64(v.View.LatencyMS))
	if v.View.LatencyMS < 0 {
		latency = "lat " + m.s.Glyphs.Dash
	}
	if m.viewer < 9 {
		return l.Put(k, m.fitting(m.viewer, buffer))
	}
	end := l.Width + m.viewer
	l.Put(canvas.InkDim, "buf ").Cell(k, buffer, 5, true, "")
	if m.viewer < 24 {
		if l.Width+1+len(latency) <= end {
			l.Put(canvas.InkDim, " "+latency)
		}
		return l
	}
	stalls := ""
	if v.View.Stalls > 0 && m.viewer >= 40 {
		stalls = "  " + canvas.Count(v.View.Stalls, "stall")
	}
	spark := max(0, min(end-l.Width-2-10-len(stalls), 40))
	list := m.s.Figures(series.Buffer, v.ID, spark)
	most := max(bufferFull, canvas.Percentile(canvas.Present(list), 100))
	l.Put(canvas.InkText, " ")
	l.Spark(m.s.Glyphs, list, spark, most*1.05, most*2, most*2)
	return l.Put(canvas.InkText, " ").Put(canvas.InkDim, latency).Put(canvas.InkBad, stalls)
}

// whyOff says why a signal is off air.
func (m matrix) whyOff(v *scene.Signal) string {
	if v.Light.Outage != nil && v.Light.Outage.Reason != "" {
		return m.s.WithNames(v.Light.Outage.Reason)
	}
	reported := slices.ContainsFunc(v.Packagers, func(p *scene.Packager) bool { return p != nil && p.Reported })
	if reported && v.Usable == 0 {
		return "no packager"
	}
	return ""
}

// withoutName returns a light's reason without the signal's name at its begin.
func withoutName(v *scene.Signal) string {
	if v.Light == nil {
		return ""
	}
	reason := strings.TrimPrefix(canvas.Clean(v.Light.Reason), v.Name+" ")
	return strings.TrimPrefix(reason, "has not been shown yet: ")
}
