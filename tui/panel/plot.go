package panel

import (
	"fmt"
	"slices"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// figure is a kind of series as it is plotted. A kind that is plotted is a row of figures.
type figure struct {
	kind  series.Kind
	label string
	// text returns a value with its unit, in at most scaleWide cells.
	text func(v float64) string
	// least is what the upper edge stands for at least: below it there is nothing but noise.
	least float64
	// unit is what the upper edge is a round number of; 0 means 1.
	unit float64
	// ink returns the ink of a cell by its least and its highest value; nil means one ink.
	ink func(least, most float64) canvas.Ink
}

// figures has each kind of series that is plotted.
func figures() []figure {
	return []figure{
		{kind: series.Buffer, label: "buffer", text: seconds, least: bufferFull, ink: bufferInk},
		{kind: series.Latency, label: "latency", text: seconds, least: 2000},
		{kind: series.Bitrate, label: "bitrate", text: bitrateScale, least: 100e3},
		{kind: series.Usable, label: "usable packagers", text: wholeNumber, least: 2, ink: usableInk},
		{kind: series.Requests, label: "requests", text: perSecond, least: 10},
		{kind: series.CPU, label: "CPU", text: percent, least: cpuLeast, ink: cpuInk},
		{kind: series.Memory, label: "memory", text: func(v float64) string { return canvas.Size(int64(v)) }, least: 1 << 20, unit: 1 << 20},
	}
}

func seconds(ms float64) string {
	if ms == 0 {
		return "0s"
	}
	return canvas.Millis(ms)
}

func bitrateScale(v float64) string {
	switch {
	case v < 0.9995e6:
		return fmt.Sprintf("%.0fkb/s", v/1e3)
	case v < 9.95e6:
		return fmt.Sprintf("%.1fMb/s", v/1e6)
	}
	return fmt.Sprintf("%.0fMb/s", v/1e6)
}

func perSecond(v float64) string {
	if v > 0 && v < 9.95 {
		return fmt.Sprintf("%.1f/s", v)
	}
	return fmt.Sprintf("%.0f/s", v)
}

func percent(v float64) string {
	if v > 0 && v < 9.95 {
		return fmt.Sprintf("%.1f%%", v)
	}
	return fmt.Sprintf("%.0f%%", v)
}

func wholeNumber(v float64) string { return fmt.Sprintf("%.0f", v) }

func bufferInk(least, _ float64) canvas.Ink {
	switch {
	case least <= 0:
		return canvas.InkBad
	case least < bufferFull/4:
		return canvas.InkWarn
	}
	return canvas.InkGood
}

func usableInk(least, _ float64) canvas.Ink {
	switch {
	case least < 1:
		return canvas.InkBad
	case least < 2:
		return canvas.InkWarn
	}
	return canvas.InkGood
}

func cpuInk(_, most float64) canvas.Ink {
	switch {
	case most >= cpuHigh:
		return canvas.InkBad
	case most >= cpuMuch:
		return canvas.InkWarn
	}
	return canvas.InkGood
}

// chart is a figure of one thing, to be plotted.
type chart struct {
	figure
	// of is the name of the series, and name what the screen shows of it.
	of, name string
	// signal is the one whose failovers are marked; empty means all of them.
	signal string
}

// chartsOf returns charts of some kinds of one thing.
func chartsOf(of, signal string, kinds ...series.Kind) []chart {
	var list []chart
	for _, kind := range kinds {
		for _, f := range figures() {
			if f.kind == kind {
				list = append(list, chart{f, of, canvas.Clean(of), signal})
			}
		}
	}
	return list
}

// signalCharts returns the charts of a signal; none of a file.
func signalCharts(v *scene.Signal, kinds ...series.Kind) []chart {
	if v == nil || v.ID == "" {
		return nil
	}
	return chartsOf(v.ID, v.ID, kinds...)
}

// processCharts returns the charts of a process.
func processCharts(p *platform.Process) []chart {
	if p == nil {
		return nil
	}
	kinds := []series.Kind{series.CPU, series.Memory}
	if p.Role == layouts.Proxy {
		kinds = append(kinds, series.Requests)
	}
	return chartsOf(p.Name, "", kinds...)
}

// plottedProxy returns the proxy whose requests are plotted: the selected process, or else
// the first proxy; nil without one.
func plottedProxy(s *scene.Scene) *platform.Process {
	list := s.OfRole(layouts.Proxy)
	for _, p := range list {
		if p.Name == s.Selected {
			return p
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

const (
	// scaleWide is the width of the scale at the left of a plot.
	scaleWide = 7
	// plotSpan is what the width of a plot stands for.
	plotSpan = series.Most * series.Step
)

// lines draws the chart: a line of figures, and below it the plot with its scale.
func (c chart) lines(s *scene.Scene, w, h int) []*canvas.Line {
	values := s.Figures(c.kind, c.of, series.Most)
	present := canvas.Present(values)
	highest := 0.0
	dash := s.Glyphs.Dash
	now, low, high := dash, dash, dash
	if len(present) > 0 {
		highest = slices.Max(present)
		low, high = c.text(slices.Min(present)), c.text(highest)
		if last := values[len(values)-1]; last >= 0 {
			now = c.text(last)
		}
	}
	pair := func(label, value string) *canvas.Line {
		return canvas.Text(canvas.InkDim, label+" ").Put(canvas.InkText, value)
	}
	head := canvas.Text(canvas.InkStrong, " "+c.label).Put(canvas.InkText, " "+now)
	out := []*canvas.Line{canvas.Fitted([]canvas.Piece{
		{Line: head}, {Line: pair("min", low), Rank: 2}, {Line: pair("max", high), Rank: 1}, {Line: canvas.Text(canvas.InkDim, c.name), Rank: 3},
	}, w).Cut(w, s.Glyphs.Ellipsis)}
	wide, tall := w-scaleWide-1, h-1
	if wide < 4 || tall < 1 {
		return out
	}
	unit := max(c.unit, 1)
	most := canvas.Ceiling(max(c.least, highest)/unit) * unit
	plot := canvas.Plot{Values: values, Span: series.Most, Most: most, Ink: c.ink}
	for _, ago := range s.Switched(c.signal) {
		plot.Marks = append(plot.Marks, float64(ago)/float64(series.Step))
	}
	for i, l := range plot.Lines(s.Glyphs, wide, tall) {
		scale := ""
		switch i {
		case 0:
			scale = c.text(most)
		case tall - 1:
			scale = "0"
		}
		out = append(out, (&canvas.Line{}).Cell(canvas.InkDim, scale, scaleWide, true, s.Glyphs.Ellipsis).Put(canvas.InkText, " ").Add(l))
	}
	return out
}

// The sizes of charts beside and below each other.
const (
	chartLeast = 34 // cells of a chart beside another
	chartLow   = 3  // lines of a chart at least
	chartHigh  = 6  // lines of a chart where there is as much room as one likes
	chartGap   = 2  // cells between two charts
)

// across returns how many of n charts stand side by side in w cells: as many as fit and
// leave no hole.
func across(n, w int) int {
	for c := n; c > 1; c-- {
		if n%c == 0 && (w-(c-1)*chartGap)/c >= chartLeast {
			return c
		}
	}
	return 1
}

// rowsOfCharts draws charts in rows, each h lines high, with an axis below the last.
func rowsOfCharts(s *scene.Scene, list []chart, w, h int) []*canvas.Line {
	if len(list) == 0 || h < 1 {
		return nil
	}
	n := across(len(list), w)
	wide := (w - (n-1)*chartGap) / n
	var out []*canvas.Line
	for at := 0; at < len(list); at += n {
		beside := make([]*canvas.Line, h)
		for i := range beside {
			beside[i] = &canvas.Line{}
		}
		for x, c := range list[at:min(at+n, len(list))] {
			for i, l := range c.lines(s, wide, h) {
				beside[i].Gap(x * (wide + chartGap)).Add(l)
			}
		}
		out = append(out, beside...)
	}
	axis := &canvas.Line{}
	for x := range n {
		axis.Gap(x*(wide+chartGap) + scaleWide + 1).Add(canvas.Axis(wide-scaleWide-1, plotSpan))
	}
	return append(out, axis)
}

// chartsBelow draws charts below what a panel shows, if there is room for all of them in h
// lines: a blank line, the charts and their axis.
func chartsBelow(s *scene.Scene, list []chart, w, h int) []*canvas.Line {
	if len(list) == 0 {
		return nil
	}
	high := (h - 2) / (len(list) / across(len(list), w))
	if high <= chartLow {
		return nil
	}
	return append([]*canvas.Line{{}}, rowsOfCharts(s, list, w, min(high, 2*chartHigh))...)
}

// PlotsNote says what a plot's width stands for, and what its verticals are.
func PlotsNote(s *scene.Scene) string {
	return fmt.Sprintf("%d min  %s failover", int(plotSpan/time.Minute), s.Glyphs.Vertical)
}

// ProcessPlots draws the figures of a process in w cells.
func ProcessPlots(s *scene.Scene, p *platform.Process, w int) []*canvas.Line {
	return rowsOfCharts(s, processCharts(p), w, chartHigh)
}
