package panel

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// lamp is the light: a glyph and a word on a colour.
func lamp(s *scene.Scene) *canvas.Line {
	l := &canvas.Line{}
	since := badSignals(s)
	if !s.Light.Since.IsZero() {
		since += " " + canvas.Elapsed(s.Now.Sub(s.Light.Since))
	}
	switch s.Light.State {
	case platform.AirOn:
		l.Put(canvas.InkOnAir, " "+s.Glyphs.Full+" ON AIR ")
	case platform.AirOff:
		l.Put(canvas.InkOffAir, " "+s.Glyphs.Cross+" OFF AIR"+since+" ")
	case platform.AirUnknown:
		l.Put(canvas.InkNeutral, " "+s.Glyphs.Question+" UNKNOWN"+since+" ")
	case platform.AirStopping:
		l.Put(canvas.InkNeutral, " "+s.Glyphs.Half+" STOPPING ")
	case platform.AirEnded:
		l.Put(canvas.InkNeutral, " "+s.Glyphs.Ring+" ENDED ")
	default:
		l.Put(canvas.InkNeutral, " "+s.Glyphs.Dotted+" STARTING"+badSignals(s)+" "+canvas.Elapsed(s.Now.Sub(s.Snapshot.Started))+" ")
	}
	if s.NoSpare() {
		l.Put(canvas.InkText, " ").Put(canvas.InkAmber, " "+s.Glyphs.Half+" NO SPARE ")
	}
	return l
}

// namedMost is the most cells that a signal's name gets in the light.
const namedMost = 16

// badSignals names the signals that make the light what it is, with a blank before. It is
// empty when there is just one signal.
func badSignals(s *scene.Scene) string {
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

// Header returns the first line of the screen, the light first.
func Header(s *scene.Scene, w int) *canvas.Line {
	pieces := []canvas.Piece{{Line: lamp(s)}}
	// say adds a piece; a nil line adds nothing.
	say := func(rank int, l *canvas.Line) {
		if l != nil {
			pieces = append(pieces, canvas.Piece{Line: l, Rank: rank})
		}
	}
	if on, due := s.Light.Count(); on < due && due > 1 {
		say(1, canvas.Text(canvas.InkStrong, fmt.Sprintf("%d of %d on air", on, due)))
	}
	say(2, degraded(s, w))
	say(1, failed(s))
	say(2, signals(s))
	say(5, labelled("up ", canvas.InkText, canvas.Elapsed(s.Now.Sub(s.Snapshot.Started))))
	say(3, via(s))
	if len(s.Viewers) > 0 && s.Light.State != platform.AirUnknown {
		say(6, bitrate(s, w))
		say(4, audience(s, w))
	}
	say(4, failoverCount(s, w))
	say(7, labelled("layout ", canvas.InkText, canvas.Clean(s.Snapshot.Layout)))
	if s.Snapshot.PlayURL != "" {
		say(8, canvas.Text(canvas.InkInfo, canvas.Clean(s.Snapshot.PlayURL)))
	}
	clock := " " + s.Now.Format("15:04:05") + " "
	if w < wide {
		clock = " " + s.Now.Format("15:04") + " "
	}
	l := canvas.Text(canvas.InkText, " ").Add(canvas.Fitted(pieces, w-len(clock)-2))
	if l.Width > w-len(clock) {
		return l
	}
	return l.Gap(w-len(clock)).Put(canvas.InkDim, clock)
}

// wide is the width from which the header has words in full.
const wide = 100

// labelled returns a value behind its dim label.
func labelled(label string, k canvas.Ink, value string) *canvas.Line {
	return canvas.Text(canvas.InkDim, label).Put(k, value)
}

// degraded says how many playlists would show a failover; nil means none.
func degraded(s *scene.Scene, w int) *canvas.Line {
	n := len(s.Snapshot.Degraded)
	if n == 0 {
		return nil
	}
	word := "PASSED THROUGH"
	if w < 60 {
		word = "PASSED"
	}
	return canvas.Text(canvas.InkAmber, fmt.Sprintf(" %s %s: %d ", s.Glyphs.Half, word, n))
}

// failed names the processes that have failed; nil means none.
func failed(s *scene.Scene) *canvas.Line {
	var names []string
	for _, p := range s.Snapshot.Processes {
		if p.State == platform.Failed {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return canvas.Text(canvas.InkBadStrong, s.Glyphs.Cross+" FAILED "+strings.Join(names, " "))
}

// signals names the first signals that are played, or else those that are reported; nil
// means none.
func signals(s *scene.Scene) *canvas.Line {
	var names []string
	for _, l := range s.Live {
		names = append(names, canvas.Clean(l.Signal))
	}
	if len(names) == 0 {
		for _, d := range s.Snapshot.Details {
			names = append(names, canvas.Clean(d.Signal))
		}
	}
	if len(names) == 0 {
		return nil
	}
	if len(names) > 3 {
		names = append(names[:2], fmt.Sprintf("%d more", len(names)-2))
	}
	return canvas.Text(canvas.InkStrong, strings.Join(names, " "))
}

// via names the active packagers; nil means none.
func via(s *scene.Scene) *canvas.Line {
	var names []string
	for _, p := range s.Packagers {
		if p.Active && (len(names) == 0 || names[len(names)-1] != p.Title) {
			names = append(names, p.Title)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return labelled("via ", canvas.InkGoodStrong, strings.Join(names, " "))
}

// worstViewer is the one with the least buffer.
func worstViewer(s *scene.Scene) platform.ViewingAt {
	return slices.MinFunc(s.Viewers, func(a, b platform.ViewingAt) int { return cmp.Compare(a.BufferMS, b.BufferMS) })
}

// bitrate is that of the worst viewer, on a wide screen; nil while it is not known.
func bitrate(s *scene.Scene, w int) *canvas.Line {
	v := worstViewer(s)
	if w < wide || v.BitrateBPS <= 0 {
		return nil
	}
	return canvas.Text(canvas.InkText, fmt.Sprintf("%.1f Mb/s", float64(v.BitrateBPS)/1e6))
}

// audience says how many stalls the viewers had, and what the worst one has in its buffer.
func audience(s *scene.Scene, w int) *canvas.Line {
	stalls, k := 0, canvas.InkText
	for _, v := range s.Viewers {
		stalls += v.Stalls
	}
	if stalls > 0 {
		k = canvas.InkBad
	}
	if w < wide {
		return canvas.Text(k, canvas.Count(stalls, "stall"))
	}
	return labelled("viewer ", k, canvas.Count(stalls, "stall")).
		Put(canvas.InkDim, ", buffer ").Put(canvas.InkText, canvas.Millis(float64(worstViewer(s).BufferMS)))
}

// failoverCount says how many failovers there were, and what the worst one cost.
func failoverCount(s *scene.Scene, w int) *canvas.Line {
	label := "failovers "
	if w < wide {
		label = "fo "
	}
	l := labelled(label, canvas.InkText, strconv.Itoa(len(s.Snapshot.Failovers)))
	if values := gaps(s.Snapshot.Failovers); len(values) > 0 {
		worst := canvas.Percentile(values, 100)
		l.Put(canvas.InkDim, "  worst ").Put(gapInk(worst), canvas.Millis(worst))
	}
	return l
}
