package tui

import (
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/services/kit/event"
)

// viewersPanel shows what the audience sees, in the viewers' own words.
type viewersPanel struct{}

func (*viewersPanel) title(s *scene) (name, note string) {
	stalls := 0
	for _, v := range s.viewers {
		stalls += v.Stalls
	}
	if len(s.viewers) == 0 {
		return "VIEWERS", "none"
	}
	return "VIEWERS", plural(stalls, "stall", "stalls")
}

func (*viewersPanel) content(s *scene, _ int) layouts.Content {
	return layouts.Content{Least: 1, Want: max(6, 1+len(s.viewers))}
}

func (*viewersPanel) stamp(s *scene) uint64 { return s.stamp }

func (*viewersPanel) move(*scene, motion, int) {}

// bufferFull is the playback buffer at which the bar is full.
const bufferFull = 8000

func (*viewersPanel) lines(s *scene, w, h int) []*line {
	if len(s.viewers) == 0 {
		text := " no viewer has reported yet"
		if len(s.ofRole(layouts.Viewer)) == 0 {
			text = " this layout runs no viewer"
		}
		return []*line{(&line{}).put(inkDim, text)}
	}
	columns := []column{
		{title: "VIEWER", least: 8, most: 12},
		{title: "SIGNAL", least: 6, most: 12, rank: 4},
		{title: "STATE", least: 10},
		{title: "STALLS", least: 6, right: true},
		{title: "LONGEST", least: 7, right: true, rank: 3},
		{title: "BUFFER", least: 10, most: 30, rank: 1},
		{title: "", least: 6, right: true},
		{title: "LATENCY", least: 7, right: true, rank: 2},
		{title: "WRONG", least: 5, right: true, rank: 5},
	}
	ws := widths(columns, w-1)
	var out []*line
	if h > len(s.viewers) {
		out = append(out, tableHead(s.g, columns, ws))
	}
	for _, v := range s.viewers {
		if len(out) >= h {
			break
		}
		out = append(out, viewerRow(s, v, columns, ws))
	}
	return out
}

func viewerRow(s *scene, v viewer, columns []column, ws []int) *line {
	r := newRow(s.g, columns, ws, v.Process == s.selected)
	glyph, k := s.g.full, inkGood
	text := v.State.String()
	switch {
	case s.now.Sub(v.Time) > onair.Silence:
		glyph, text, k = s.g.question, "silent", inkDim
	case v.State == event.ViewStalled:
		glyph, k = s.g.cross, inkBadStrong
	case v.State == event.ViewStarting:
		glyph, k = s.g.dotted, inkInfo
	case v.State == event.ViewEnded:
		glyph, k = s.g.ring, inkDim
	}
	count := func(n int) ink {
		if n > 0 {
			return inkBad
		}
		return inkGood
	}
	part := float64(v.BufferMS) / bufferFull
	bufferInk := inkGood
	switch {
	case part < 0.25:
		bufferInk = inkBad
	case part < 0.5:
		bufferInk = inkWarn
	}
	longest, ms := s.g.dash, v.LongestStallMS
	for _, o := range s.snapshot.Outages {
		if o.Process == v.Process && o.Signal == v.Signal {
			ms = max(ms, o.Length(s.now).Milliseconds()) // one that goes on is longer than its viewer knows
		}
	}
	if ms > 0 {
		longest = msText(float64(ms))
	}
	r.text(inkText, clean(v.Process)).text(inkText, clean(v.Signal)).text(k, glyph+" "+text)
	r.text(count(v.Stalls), strconv.Itoa(v.Stalls)).text(count(v.Stalls), longest)
	r.drawn(func(l *line, w int) { l.bar(s.g, bufferInk, part, w) })
	r.text(inkText, msText(float64(v.BufferMS))).text(inkText, msText(float64(v.LatencyMS)))
	return r.text(count(v.Violations), strconv.Itoa(v.Violations)).line
}
