package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
)

// piece is a part of a line. Where there is no room for all, those of the lowest
// rank come first; rank 0 is always there.
type piece struct {
	line *line
	rank int
}

// fitted joins pieces with two blanks between, within w cells.
func fitted(pieces []piece, w int) *line {
	order := make([]int, len(pieces))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return pieces[a].rank - pieces[b].rank })
	kept, used := make([]bool, len(pieces)), -2
	for _, i := range order {
		if need := pieces[i].line.width + 2; pieces[i].rank == 0 || used+need <= w {
			kept[i] = true
			used += need
		}
	}
	out := &line{}
	for i, p := range pieces {
		if !kept[i] {
			continue
		}
		if out.width > 0 {
			out.put(inkText, "  ")
		}
		out.add(p.line)
	}
	return out
}

// lamp is the light: a glyph and words on a colour.
func lamp(s *scene) *line {
	l := &line{}
	counted := which(s)
	if !s.light.Since.IsZero() {
		counted += " " + clockText(s.now.Sub(s.light.Since))
	}
	switch s.light.State {
	case platform.AirOn:
		l.put(inkOnAir, " "+s.g.full+" ON AIR ")
	case platform.AirOff:
		l.put(inkOffAir, " "+s.g.cross+" OFF AIR"+counted+" ")
	case platform.AirUnknown:
		l.put(inkNeutral, " "+s.g.question+" UNKNOWN"+counted+" ")
	case platform.AirStopping:
		l.put(inkNeutral, " "+s.g.half+" STOPPING ")
	case platform.AirEnded:
		l.put(inkNeutral, " "+s.g.ring+" ENDED ")
	default:
		l.put(inkNeutral, " "+s.g.dotted+" STARTING"+which(s)+" "+clockText(s.now.Sub(s.snapshot.Started))+" ")
	}
	if s.spare.lacks(s.light, s.now) {
		l.put(inkText, " ").put(inkAmber, " "+s.g.half+" NO SPARE ")
	}
	return l
}

// namedMost is how many cells a signal's name has in the light.
const namedMost = 16

// which names the signals, where there are several, that make the light what it is.
func which(s *scene) string {
	on, due := s.light.Count()
	if due < 2 || s.light.State == platform.AirStarting && on == 0 {
		return ""
	}
	bad := s.light.Those(s.light.State)
	if len(bad) == 0 {
		return ""
	}
	name := clean(bad[0].Signal)
	if ansi.StringWidth(name) > namedMost {
		name = ansi.Truncate(name, namedMost, s.g.ellipsis)
	}
	if len(bad) > 1 {
		name += fmt.Sprintf(" +%d", len(bad)-1)
	}
	return " " + name
}

// header is the first line of the screen.
func header(s *scene, w int) *line {
	say := func(rank int, l *line) piece { return piece{l, rank} }
	pieces := []piece{say(0, lamp(s))}
	if on, due := s.light.Count(); on < due && due > 1 {
		pieces = append(pieces, say(1, (&line{}).put(inkStrong, fmt.Sprintf("%d of %d on air", on, due))))
	}
	if n := len(s.snapshot.Degraded); n > 0 {
		word := "PASSED THROUGH"
		if w < 60 {
			word = "PASSED"
		}
		pieces = append(pieces, say(2, (&line{}).put(inkAmber, fmt.Sprintf(" %s %s: %d ", s.g.half, word, n))))
	}
	if n := failed(s); n != "" {
		pieces = append(pieces, say(1, (&line{}).put(inkBadStrong, n)))
	}
	var signals, via []string
	for _, l := range s.live {
		signals = append(signals, clean(l.Signal))
	}
	for _, p := range s.packagers {
		if p.Active && (len(via) == 0 || via[len(via)-1] != p.name) {
			via = append(via, p.name)
		}
	}
	if len(signals) == 0 {
		for _, d := range s.snapshot.Details {
			signals = append(signals, clean(d.Signal))
		}
	}
	if len(signals) > 3 {
		signals = append(signals[:2], plural(len(signals)-2, "more", "more"))
	}
	if len(signals) > 0 {
		pieces = append(pieces, say(2, (&line{}).put(inkStrong, strings.Join(signals, " "))))
	}
	pieces = append(pieces, say(5, (&line{}).put(inkDim, "up ").put(inkText, clockText(s.now.Sub(s.snapshot.Started)))))
	if len(via) > 0 {
		pieces = append(pieces, say(3, (&line{}).put(inkDim, "via ").put(inkGoodStrong, strings.Join(via, " "))))
	}
	if len(s.viewers) > 0 && s.light.State != platform.AirUnknown {
		v := s.viewers[0]
		stalls := 0
		for _, o := range s.viewers {
			stalls += o.Stalls
			if o.BufferMS < v.BufferMS {
				v = o // the worst of them
			}
		}
		k := inkText
		if stalls > 0 {
			k = inkBad
		}
		if w >= 100 {
			if v.BitrateBPS > 0 {
				pieces = append(pieces, say(6, (&line{}).put(inkText, fmt.Sprintf("%.1f Mb/s", float64(v.BitrateBPS)/1e6))))
			}
			pieces = append(pieces, say(4, (&line{}).put(inkDim, "viewer ").put(k, plural(stalls, "stall", "stalls")).
				put(inkDim, ", buffer ").put(inkText, msText(float64(v.BufferMS)))))
		} else {
			pieces = append(pieces, say(4, (&line{}).put(k, plural(stalls, "stall", "stalls"))))
		}
	}
	word := "failovers "
	if w < 100 {
		word = "fo "
	}
	fails := (&line{}).put(inkDim, word).put(inkText, strconv.Itoa(len(s.snapshot.Failovers)))
	if values := gaps(s.snapshot.Failovers); len(values) > 0 {
		worst := percentile(values, 100)
		fails.put(inkDim, "  worst ").put(gapInk(worst), msText(worst))
	}
	pieces = append(pieces, say(4, fails))
	pieces = append(pieces, say(7, (&line{}).put(inkDim, "layout ").put(inkText, clean(s.snapshot.Layout))))
	if s.snapshot.PlayURL != "" {
		pieces = append(pieces, say(8, (&line{}).put(inkInfo, clean(s.snapshot.PlayURL))))
	}
	clock := " " + s.now.Format("15:04:05") + " "
	if w < 100 {
		clock = " " + s.now.Format("15:04") + " "
	}
	room := w - len(clock) - 2
	l := (&line{}).put(inkText, " ").add(fitted(pieces, room))
	if l.width > w-len(clock) {
		return l
	}
	return l.gap(w-len(clock)).put(inkDim, clock)
}

// failed names the processes that are given up on for now.
func failed(s *scene) string {
	var names []string
	for _, p := range s.snapshot.Processes {
		if p.State == platform.Failed {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return s.g.cross + " FAILED " + strings.Join(names, " ")
}

// foot is the last line: what is typed, what is told, or the keys.
func (m *model) foot() *line {
	s := &m.scene
	if f, ok := m.dialog.(*filterInput); ok {
		l := (&line{}).put(inkKey, " / ").put(inkStrong, string(f.text)).put(inkKey, cursor(s.g))
		l.put(inkDim, fmt.Sprintf("  %d of %d lines", len(m.logs.shown), len(m.logs.kept)))
		if m.logs.literal {
			l.put(inkWarn, "  not a regular expression: taken as text")
		}
		return l.put(inkDim, "   enter keeps it, esc does not")
	}
	if m.notice.text != "" {
		k := inkGood
		glyph := s.g.tick
		if m.notice.bad {
			k, glyph = inkWarn, s.g.cross
		}
		return (&line{}).put(k, " "+glyph+" "+clean(m.notice.text))
	}
	var pieces []piece
	for _, b := range m.keys {
		if b.foot == "" {
			continue
		}
		shown, word := s.g.shownKey(b), b.foot
		switch {
		case b.foot == "select":
			shown = s.g.up
		case b.foot == "stop" && s.process() != nil && !s.process().Wanted:
			word = "start"
		case b.foot == "quit" && m.options.Stop == nil:
			word = "detach"
		case b.foot == "pause" && s.process() != nil && s.process().Paused:
			word = "resume"
		}
		pieces = append(pieces, piece{(&line{}).put(inkKey, shown).put(inkDim, " "+word), 20 - b.rank})
	}
	return (&line{}).put(inkText, " ").add(fitted(pieces, m.w-1))
}

// farewell shows how everything stops.
func farewell(m *model) (string, []*line, int) {
	s := &m.scene
	var lines []*line
	left := 0
	for i := range s.snapshot.Processes {
		p := &s.snapshot.Processes[i]
		l := (&line{}).put(inkText, " ").cell(inkText, p.Name, 14, false, s.g.ellipsis)
		switch {
		case p.PID == 0:
			l.put(inkGood, s.g.tick+" stopped ").put(inkDim, clean(p.LastExit))
		case p.State == platform.Stopping:
			left++
			l.put(inkWarn, s.g.half+" stopping ").put(inkDim, reason(p))
		default:
			left++
			l.put(inkDim, s.g.full+" "+p.State.String())
		}
		lines = append(lines, l)
	}
	if most := max(1, m.h-7); len(lines) > most {
		lines = lines[len(lines)-most:]
	}
	lines = append(lines, &line{}, (&line{}).put(inkDim, " logs: "+clean(s.snapshot.LogFolder)))
	title := fmt.Sprintf("STOPPING  %d left", left)
	return title, lines, min(m.w-2, 64)
}
