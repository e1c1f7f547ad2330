package tui

import (
	"strconv"

	"livestream-tui/layouts"
)

// viewersPanel shows what the audience sees, in the viewers' own words.
type viewersPanel struct{}

func (*viewersPanel) title(s *scene) (name, note string) {
	stalls := 0
	for _, v := range s.viewers {
		stalls += v.stalls
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
		if len(s.ofKind("viewer")) == 0 {
			text = " this layout runs no viewer"
		}
		return []*line{(&line{}).put(inkDim, text)}
	}
	columns := []column{
		{title: "VIEWER", least: 8, most: 16},
		{title: "STATE", least: 10},
		{title: "STALLS", least: 6, right: true},
		{title: "BUFFER", least: 10, most: 40, rank: 1},
		{title: "", least: 6, right: true},
		{title: "LATENCY", least: 7, right: true, rank: 2},
	}
	ws := widths(columns, w-1)
	out := []*line{tableHead(s.g, columns, ws)}
	for _, v := range s.viewers {
		if len(out) >= h {
			break
		}
		r := newRow(s.g, columns, ws, v.name == s.selected)
		state, k := s.g.full+" playing", inkGood
		if !v.playing {
			state, k = s.g.cross+" stalled", inkBadStrong
		}
		stalls := inkGood
		if v.stalls > 0 {
			stalls = inkBad
		}
		part := float64(v.bufferMS) / bufferFull
		bufferInk := inkGood
		if part < 0.25 {
			bufferInk = inkBad
		} else if part < 0.5 {
			bufferInk = inkWarn
		}
		r.text(inkText, v.name).text(k, state).text(stalls, strconv.Itoa(v.stalls))
		r.drawn(func(l *line, w int) { l.bar(s.g, bufferInk, part, w) })
		r.text(inkText, msText(float64(v.bufferMS))).text(inkText, msText(float64(v.latencyMS)))
		out = append(out, r.line)
	}
	return out[:min(len(out), h)]
}
