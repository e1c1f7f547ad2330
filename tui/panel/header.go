package panel

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// lamp is the light: a glyph and words on a colour.
func lamp(s *scene.Scene) *canvas.Line {
	l := &canvas.Line{}
	counted := which(s)
	if !s.Light.Since.IsZero() {
		counted += " " + canvas.ClockText(s.Now.Sub(s.Light.Since))
	}
	switch s.Light.State {
	case platform.AirOn:
		l.Put(canvas.InkOnAir, " "+s.Glyphs.Full+" ON AIR ")
	case platform.AirOff:
		l.Put(canvas.InkOffAir, " "+s.Glyphs.Cross+" OFF AIR"+counted+" ")
	case platform.AirUnknown:
		l.Put(canvas.InkNeutral, " "+s.Glyphs.Question+" UNKNOWN"+counted+" ")
	case platform.AirStopping:
		l.Put(canvas.InkNeutral, " "+s.Glyphs.Half+" STOPPING ")
	case platform.AirEnded:
		l.Put(canvas.InkNeutral, " "+s.Glyphs.Ring+" ENDED ")
	default:
		l.Put(canvas.InkNeutral, " "+s.Glyphs.Dotted+" STARTING"+which(s)+" "+canvas.ClockText(s.Now.Sub(s.Snapshot.Started))+" ")
	}
	if s.Spare.Lacks(s.Light, s.Now) {
		l.Put(canvas.InkText, " ").Put(canvas.InkAmber, " "+s.Glyphs.Half+" NO SPARE ")
	}
	return l
}

// namedMost is how many cells a signal's name has in the light.
const namedMost = 16

// which names the signals, where there are several, that make the light what it is.
func which(s *scene.Scene) string {
	on, due := s.Light.Count()
	if due < 2 || s.Light.State == platform.AirStarting && on == 0 {
		return ""
	}
	bad := s.Light.InState(s.Light.State)
	if len(bad) == 0 {
		return ""
	}
	name := canvas.Clean(bad[0].Signal)
	if ansi.StringWidth(name) > namedMost {
		name = ansi.Truncate(name, namedMost, s.Glyphs.Ellipsis)
	}
	if len(bad) > 1 {
		name += fmt.Sprintf(" +%d", len(bad)-1)
	}
	return " " + name
}

// Header is the first line of the screen.
func Header(s *scene.Scene, w int) *canvas.Line {
	say := func(rank int, l *canvas.Line) canvas.Piece { return canvas.Piece{Line: l, Rank: rank} }
	pieces := []canvas.Piece{say(0, lamp(s))}
	if on, due := s.Light.Count(); on < due && due > 1 {
		pieces = append(pieces, say(1, (&canvas.Line{}).Put(canvas.InkStrong, fmt.Sprintf("%d of %d on air", on, due))))
	}
	if n := len(s.Snapshot.Degraded); n > 0 {
		word := "PASSED THROUGH"
		if w < 60 {
			word = "PASSED"
		}
		pieces = append(pieces, say(2, (&canvas.Line{}).Put(canvas.InkAmber, fmt.Sprintf(" %s %s: %d ", s.Glyphs.Half, word, n))))
	}
	if n := failed(s); n != "" {
		pieces = append(pieces, say(1, (&canvas.Line{}).Put(canvas.InkBadStrong, n)))
	}
	var signals, via []string
	for _, l := range s.Live {
		signals = append(signals, canvas.Clean(l.Signal))
	}
	for _, p := range s.Packagers {
		if p.Active && (len(via) == 0 || via[len(via)-1] != p.Title) {
			via = append(via, p.Title)
		}
	}
	if len(signals) == 0 {
		for _, d := range s.Snapshot.Details {
			signals = append(signals, canvas.Clean(d.Signal))
		}
	}
	if len(signals) > 3 {
		signals = append(signals[:2], canvas.Plural(len(signals)-2, "more", "more"))
	}
	if len(signals) > 0 {
		pieces = append(pieces, say(2, (&canvas.Line{}).Put(canvas.InkStrong, strings.Join(signals, " "))))
	}
	pieces = append(pieces, say(5, (&canvas.Line{}).Put(canvas.InkDim, "up ").Put(canvas.InkText, canvas.ClockText(s.Now.Sub(s.Snapshot.Started)))))
	if len(via) > 0 {
		pieces = append(pieces, say(3, (&canvas.Line{}).Put(canvas.InkDim, "via ").Put(canvas.InkGoodStrong, strings.Join(via, " "))))
	}
	if len(s.Viewers) > 0 && s.Light.State != platform.AirUnknown {
		v := s.Viewers[0]
		stalls := 0
		for _, o := range s.Viewers {
			stalls += o.Stalls
			if o.BufferMS < v.BufferMS {
				v = o // the worst of them
			}
		}
		k := canvas.InkText
		if stalls > 0 {
			k = canvas.InkBad
		}
		if w >= 100 {
			if v.BitrateBPS > 0 {
				pieces = append(pieces, say(6, (&canvas.Line{}).Put(canvas.InkText, fmt.Sprintf("%.1f Mb/s", float64(v.BitrateBPS)/1e6))))
			}
			pieces = append(pieces, say(4, (&canvas.Line{}).Put(canvas.InkDim, "viewer ").Put(k, canvas.Plural(stalls, "stall", "stalls")).
				Put(canvas.InkDim, ", buffer ").Put(canvas.InkText, canvas.MSText(float64(v.BufferMS)))))
		} else {
			pieces = append(pieces, say(4, (&canvas.Line{}).Put(k, canvas.Plural(stalls, "stall", "stalls"))))
		}
	}
	word := "failovers "
	if w < 100 {
		word = "fo "
	}
	fails := (&canvas.Line{}).Put(canvas.InkDim, word).Put(canvas.InkText, strconv.Itoa(len(s.Snapshot.Failovers)))
	if values := gaps(s.Snapshot.Failovers); len(values) > 0 {
		worst := canvas.Percentile(values, 100)
		fails.Put(canvas.InkDim, "  worst ").Put(gapInk(worst), canvas.MSText(worst))
	}
	pieces = append(pieces, say(4, fails))
	pieces = append(pieces, say(7, (&canvas.Line{}).Put(canvas.InkDim, "layout ").Put(canvas.InkText, canvas.Clean(s.Snapshot.Layout))))
	if s.Snapshot.PlayURL != "" {
		pieces = append(pieces, say(8, (&canvas.Line{}).Put(canvas.InkInfo, canvas.Clean(s.Snapshot.PlayURL))))
	}
	clock := " " + s.Now.Format("15:04:05") + " "
	if w < 100 {
		clock = " " + s.Now.Format("15:04") + " "
	}
	room := w - len(clock) - 2
	l := (&canvas.Line{}).Put(canvas.InkText, " ").Add(canvas.Fitted(pieces, room))
	if l.Width > w-len(clock) {
		return l
	}
	return l.Gap(w-len(clock)).Put(canvas.InkDim, clock)
}

// failed names the processes that are given up on for now.
func failed(s *scene.Scene) string {
	var names []string
	for _, p := range s.Snapshot.Processes {
		if p.State == platform.Failed {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return s.Glyphs.Cross + " FAILED " + strings.Join(names, " ")
}
