package panel

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// eventsOfSignal is how many of the latest events of a signal are shown.
const eventsOfSignal = 10

// SignalLines describes a signal, or a file that is none: its light, its viewers, its
// packagers, its film, and what happened to it lately, in w cells.
func SignalLines(s *scene.Scene, v *scene.Signal, w int) []*canvas.Line {
	d := details{s: s, w: w}
	d.light(v)
	if v.Film != nil {
		d.film(*v.Film)
	}
	if v.ID == "" {
		return d.lines
	}
	if v.Kind == scene.SignalOrphaned {
		d.say((&canvas.Line{}).Cell(canvas.InkDim, " film", labelWide, false, ""), canvas.InkWarn, "none is there: packagers still serve its old playlist, and nothing feeds it")
	}
	d.put("playlist", canvas.InkInfo, s.Playlist(v.ID))
	d.viewers(v)
	d.packagers(v)
	d.events(v)
	return d.lines
}

// details collects lines.
type details struct {
	s     *scene.Scene
	w     int
	lines []*canvas.Line
}

// labelWide is the width of the labels.
const labelWide = 14

// say adds a text behind a label, in as many lines as it needs.
func (d *details) say(label *canvas.Line, k canvas.Ink, text string) {
	for i, l := range canvas.Wrapped(k, text, d.w-label.Width-1, 8) {
		if i > 0 {
			label = (&canvas.Line{}).Gap(label.Width)
		}
		d.lines = append(d.lines, (&canvas.Line{}).Add(label).Add(l.From(1)))
	}
}

// put adds a line with a label.
func (d *details) put(label string, k canvas.Ink, text string) *canvas.Line {
	l := (&canvas.Line{}).Cell(canvas.InkDim, " "+label, labelWide, false, d.s.Glyphs.Ellipsis).Put(k, text)
	d.lines = append(d.lines, l)
	return l
}

// heading adds a blank line and a heading.
func (d *details) heading(text string) {
	d.lines = append(d.lines, &canvas.Line{}, canvas.Text(canvas.InkTitle, " "+text))
}

func (d *details) light(v *scene.Signal) {
	if v.ID == "" {
		d.put("state", canvas.InkStrong, v.Kind.String()+": it is not a signal yet")
		return
	}
	if v.Light == nil {
		d.put("light", canvas.InkDim, d.s.Glyphs.Question+" unknown")
		return
	}
	glyph, word, k := d.s.LightMark(v.Light.State)
	l := d.put("light", k, glyph+" "+word)
	since := v.Light.Since
	if off := v.OffSince(); !off.IsZero() {
		since = off
	}
	if !since.IsZero() {
		l.Put(canvas.InkText, " for "+canvas.Elapsed(d.s.Now.Sub(since))).Put(canvas.InkDim, ", since "+d.clock(since))
	}
	if v.Light.Reason != "" {
		d.say((&canvas.Line{}).Gap(labelWide), canvas.InkText, d.s.WithNames(v.Light.Reason))
	}
}

func (d *details) film(f platform.FilmAt) {
	_, k := d.s.FilmMark(f.State)
	if f.State == event.FilmAired {
		k = canvas.InkText
	}
	d.put("film", k, canvas.Clean(f.File)+", "+string(f.State))
	if f.Reason != "" {
		d.say((&canvas.Line{}).Gap(labelWide), canvas.InkText, canvas.Clean(f.Reason))
	}
}

func (d *details) viewers(v *scene.Signal) {
	d.heading("VIEWERS")
	none := true
	for i := range d.s.Viewers {
		o := &d.s.Viewers[i]
		if o.Signal != v.ID {
			continue
		}
		none = false
		glyph, word, k := viewerMark(d.s, *o)
		l := d.put(canvas.Clean(o.Process), k, glyph+" "+word)
		l.Put(canvas.InkText, fmt.Sprintf("  buffer %s  latency %s  ", canvas.Millis(float64(o.BufferMS)), canvas.Millis(float64(o.LatencyMS))))
		if o.BitrateBPS > 0 {
			l.Put(canvas.InkText, bitrateText(o.BitrateBPS)+"  ")
		}
		l.Put(countInk(o.Stalls), canvas.Count(o.Stalls, "stall"))
		if o.Trouble != "" {
			d.say((&canvas.Line{}).Gap(labelWide), canvas.InkWarn, d.s.WithNames(o.Trouble))
		}
	}
	if none {
		d.lines = append(d.lines, canvas.Text(canvas.InkDim, "   none has reported"))
		return
	}
	d.plots(signalCharts(v, series.Buffer, series.Latency, series.Bitrate, series.Usable))
}

// plots adds charts, with a heading.
func (d *details) plots(list []chart) {
	d.heading("PLOTS")
	d.lines[len(d.lines)-1].Put(canvas.InkDim, "  "+PlotsNote(d.s))
	d.lines = append(d.lines, rowsOfCharts(d.s, list, d.w, chartHigh)...)
}

func (d *details) packagers(v *scene.Signal) {
	d.heading("PACKAGERS")
	for _, p := range v.Packagers {
		if p == nil {
			continue
		}
		glyph, word, k := d.s.HealthMark(*p)
		role, roleInk := d.s.RoleMark(*p)
		label := p.Title
		if p.Title == d.s.Selected {
			label = d.s.Glyphs.Pointer + label
		}
		l := d.put(label, roleInk, role).Gap(22).Put(k, glyph+" "+word)
		dash := d.s.Glyphs.Dash
		age, latency, msn := dash, dash, dash
		if moves(*p) {
			latency = canvas.Millis(p.Status.LatencyMS)
			if p.Status.AgeMS >= 0 {
				age = canvas.Age(p.Status.AgeMS)
			}
		}
		if p.Reported && p.Status.MSN >= 0 {
			msn = fmt.Sprint(p.Status.MSN)
		}
		figures := fmt.Sprintf("msn %s  age %s  ", msn, age)
		l.Gap(36).Put(canvas.InkText, canvas.Fitting(d.w-l.Width, d.s.Glyphs.Ellipsis, figures+"answers in "+latency, figures+"lat "+latency))
		if why := p.Reason(); why != "" {
			d.say((&canvas.Line{}).Gap(labelWide), canvas.InkText, d.s.WithNames(why))
		}
	}
}

// events lists the latest failovers and outages of a signal, newest first.
func (d *details) events(v *scene.Signal) {
	type happened struct {
		at   time.Time
		k    canvas.Ink
		text string
	}
	var list []happened
	for _, f := range d.s.Snapshot.Failovers {
		if f.Signal != v.ID {
			continue
		}
		text := switchText(d.s, f, 60) + ": " + d.s.WithNames(f.Cause)
		if f.GapMS >= 0 {
			text += "; longest wait " + canvas.Millis(f.GapMS)
		}
		list = append(list, happened{f.Time, canvas.InkText, "failover " + text})
	}
	for i := range d.s.Snapshot.Outages {
		if o := &d.s.Snapshot.Outages[i]; o.Signal == v.ID {
			word, what := outageText(d.s, o)
			list = append(list, happened{o.Since, canvas.InkBad, word + strings.TrimPrefix(what, v.Name)})
		}
	}
	for _, c := range d.s.Snapshot.ServingChanges {
		if playlistName(c.Playlist) == v.ID {
			word, what := servingText(&c)
			list = append(list, happened{c.Time, canvas.InkText, word + strings.TrimPrefix(what, v.Name)})
		}
	}
	slices.SortStableFunc(list, func(a, b happened) int { return b.at.Compare(a.at) })
	d.heading("LAST EVENTS")
	if len(list) == 0 {
		d.lines = append(d.lines, canvas.Text(canvas.InkDim, "   none"))
	}
	for _, h := range list[:min(len(list), eventsOfSignal)] {
		d.say(canvas.Text(canvas.InkDim, "   "+d.clock(h.at)+"  "), h.k, h.text)
	}
}

func (d *details) clock(t time.Time) string {
	return t.In(d.s.Now.Location()).Format("15:04:05")
}
