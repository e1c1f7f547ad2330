package panel

import (
	"fmt"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// lamp is the light: a glyph and a word on a colour.
func lamp(s *scene.Scene) *canvas.Line {
	l := &canvas.Line{}
	since := ""
	if !s.Light.Since.IsZero() {
		since = " " + canvas.Elapsed(s.Now.Sub(s.Light.Since))
	}
	bad := badSignals(s)
	switch s.Light.State {
	case platform.AirOn:
		if since != "" {
			since += " "
		}
		l.Put(canvas.InkOnAir, " "+s.Glyphs.Full+" ON AIR "+since)
	case platform.AirOffSoon:
		worst, _, _ := s.Light.Worst()
		l.Put(canvas.InkAmber, " "+s.Glyphs.Alert+" OFF AIR IN "+text.Brief(worst.Left(s.Now))+bad+" ")
	case platform.AirOff:
		l.Put(canvas.InkOffAir, " "+s.Glyphs.Cross+" OFF AIR"+bad+since+" ")
	case platform.AirUnknown:
		l.Put(canvas.InkNeutral, " "+s.Glyphs.Question+" UNKNOWN"+bad+since+" ")
	case platform.AirStopping:
		l.Put(canvas.InkNeutral, " "+s.Glyphs.Half+" STOPPING ")
	case platform.AirEnded:
		l.Put(canvas.InkNeutral, " "+s.Glyphs.Ring+" ENDED ")
	default:
		l.Put(canvas.InkNeutral, " "+s.Glyphs.Dotted+" STARTING"+bad+" "+canvas.Elapsed(s.Now.Sub(s.Snapshot.Started))+" ")
	}
	if worst, _, _ := s.Light.Worst(); s.NoSpare() && worst.Cause != platform.NoPackager {
		l.Put(canvas.InkText, " ").Put(canvas.InkAmber, " "+s.Glyphs.Half+" NO SPARE ")
	}
	if list := s.Slates(); len(list) > 0 && s.Light.State != platform.AirStopping {
		word := " SLATE "
		if on, due := s.Light.Count(); due > 1 || on > 1 {
			if word += shortName(s, list[0]) + " "; len(list) > 1 {
				word += fmt.Sprintf("+%d ", len(list)-1)
			}
		}
		l.Put(canvas.InkText, " ").Put(canvas.InkAmber, " "+s.Glyphs.Half+word)
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
	worst, more, found := s.Light.Worst()
	if !found {
		return ""
	}
	name := shortName(s, worst.Signal)
	if more > 0 {
		name += fmt.Sprintf(" +%d", more)
	}
	return " " + name
}

func shortName(s *scene.Scene, name string) string {
	name = canvas.Clean(name)
	if ansi.StringWidth(name) > namedMost {
		name = ansi.Truncate(name, namedMost, s.Glyphs.Ellipsis)
	}
	return name
}

// lightWords are what the header says beside the light: why the picture stands still, or
// soon will, and what mends it; or how it was until now.
func lightWords(s *scene.Scene, b Bar) []canvas.Piece {
	worst, _, _ := s.Light.Worst()
	var list []canvas.Piece
	say := func(rank int, l *canvas.Line) { list = append(list, canvas.Piece{Line: l, Rank: rank}) }
	// next begins another part of the words.
	next := func() *canvas.Line {
		if len(list) == 0 {
			return &canvas.Line{}
		}
		return canvas.Text(canvas.InkFaint, s.Glyphs.Box[1]+" ")
	}
	switch s.Light.State {
	case platform.AirOffSoon:
		say(1, canvas.Text(canvas.InkWarn, lackText(s, worst)))
		if !worst.LastSegment.IsZero() {
			age := text.Brief(s.Now.Sub(worst.LastSegment).Truncate(time.Second))
			say(3, next().Put(canvas.InkText, shortName(s, worst.Signal)+" last segment "+age+" ago"))
		}
		if mend, ok := s.Mend(worst); ok {
			say(1, next().Put(canvas.InkKey, mendText(s, b, mend)))
		}
	case platform.AirOff:
		why := canvas.Text(canvas.InkBad, lackText(s, worst))
		mend, mends := s.Mend(worst)
		if mends {
			why = faultLine(s, b, worst, mend)
		}
		if began := s.Light.Since; !began.IsZero() {
			say(1, canvas.Text(canvas.InkDim, "since ").Put(canvas.InkText, began.In(s.Now.Location()).Format(time.TimeOnly)))
		}
		if why.Width > 0 {
			say(1, why)
		}
		if by := worst.By; by != nil && mends && by.Process == mend.Process {
			say(3, canvas.Text(canvas.InkDim, "by "+canvas.Clean(by.By.String())))
		}
	case platform.AirOn:
		if o := s.Light.LastOutage; o != nil {
			say(2, pastLine(s, *o))
		}
		if hour := s.Light.LastHour; hour != nil && s.Light.LastOutage != nil {
			of := " last hour"
			if s.Now.Sub(hour.Since) < time.Hour-time.Minute {
				of = " since " + hour.Since.In(s.Now.Location()).Format("15:04")
			}
			say(2, canvas.Text(canvas.InkFaint, s.Glyphs.Dot+" ").Put(canvas.InkText, fmt.Sprintf("%.2f %%", hour.Percent)).Put(canvas.InkDim, of))
		}
	}
	return list
}

// offAir tells the time at which the picture stood still from that at which the fault began,
// which the alarm says.
const offAir = "off air "

// label puts offAir before the time that the words of a light that is off air begin with, where
// all that matters as much has room beside it in w cells. The words follow the light.
func label(s *scene.Scene, pieces []canvas.Piece, w int) {
	if s.Light.State != platform.AirOff || s.Light.Since.IsZero() {
		return
	}
	need := len(offAir)
	for _, p := range pieces {
		if p.Rank <= 1 {
			need += p.Line.Width + 2
		}
	}
	if need <= w {
		pieces[1].Line = canvas.Text(canvas.InkDim, offAir).Add(pieces[1].Line)
	}
}

// lackText says what a signal gets nothing from; empty while that is not known.
func lackText(s *scene.Scene, l platform.SignalAir) string {
	switch l.Cause {
	case platform.NoPackager:
		usable, total := s.Snapshot.Usable(l.Signal)
		return fmt.Sprintf("%d of %s", usable, canvas.Count(total, "packager"))
	case platform.NoSegment:
		return "no new segment"
	}
	return string(l.Cause)
}

// mendText says which keys mend it.
func mendText(s *scene.Scene, b Bar, c platform.Command) string {
	return mendKeys(s, b, c) + " " + c.Action.String() + "s " + canvas.Clean(c.Process)
}

// mendKeys are the keys that give a command: its own, which acts on the selected process, or
// else that of the page of troubles before, where the command's process is the chosen one.
func mendKeys(s *scene.Scene, b Bar, c platform.Command) string {
	if s.Selected != c.Process {
		return b.troubles() + " " + b.key(c.Action)
	}
	return b.key(c.Action)
}

// faultLine says which process is the fault, and the keys that mend it.
func faultLine(s *scene.Scene, b Bar, l platform.SignalAir, mend platform.Command) *canvas.Line {
	what := lackText(s, l)
	if p := s.Process(mend.Process); p != nil && !p.Works() {
		_, word, _ := s.ProcessMark(p)
		if p.State == platform.Exited && !p.Wanted {
			word = "stopped"
		}
		return canvas.Text(canvas.InkBad, canvas.Clean(p.Name)+" "+word+" ").Put(canvas.InkKey, "("+mendKeys(s, b, mend)+")")
	}
	return canvas.Text(canvas.InkBad, what+", ").Put(canvas.InkKey, mendText(s, b, mend))
}

// pastLine tells the last outage.
func pastLine(s *scene.Scene, o event.Outage) *canvas.Line {
	length := canvas.Millis(float64(o.LengthMS)) // as the events tell it
	return labelled("last outage ", canvas.InkText, length).
		Put(canvas.InkDim, " at ").Put(canvas.InkText, o.Since.In(s.Now.Location()).Format("15:04"))
}
