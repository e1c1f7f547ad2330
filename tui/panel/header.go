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

// Bar is what the header says of the dashboard itself.
type Bar struct {
	// Screens are the names of the layout's screens, Screen the index of the one shown.
	Screens []string
	Screen  int
	// ReadOnly: the dashboard takes no commands.
	ReadOnly bool
	// Key returns the key of an action on a process; nil means the keys of the help.
	Key func(platform.Action) string
	// Troubles is the key of the page of what is wrong; empty means that of the help.
	Troubles string
}

func (b Bar) troubles() string { return cmp.Or(b.Troubles, "!") }

func (b Bar) key(a platform.Action) string {
	if b.Key != nil {
		return b.Key(a)
	}
	switch a {
	case platform.Start, platform.Stop:
		return "s"
	case platform.Pause, platform.Resume:
		return "p"
	case platform.Restart:
		return "r"
	}
	return a.String()
}

// tabDetail is how much the tabs say of the screens.
type tabDetail uint8

const (
	everyName tabDetail = iota
	onlyShown           // the name of the one shown, else numbers
	onlyNumbers
	noTabs
)

// tabs names the screens behind the numbers that go to them, and returns the column after
// each. It is empty when there is just one.
func (b Bar) tabs(d tabDetail, g canvas.Glyphs) (l *canvas.Line, ends []int) {
	l = &canvas.Line{}
	if len(b.Screens) < 2 || d == noTabs {
		return l, nil
	}
	for i, name := range b.Screens {
		l.Put(canvas.InkText, " ")
		if name = " " + canvas.Clean(name); ansi.StringWidth(name) > namedMost {
			name = ansi.Truncate(name, namedMost, g.Ellipsis)
		}
		if d == onlyNumbers {
			name = ""
		}
		switch number := strconv.Itoa(i + 1); {
		case i == b.Screen:
			l.Put(canvas.InkTab, " "+number+name+" ")
		case d == everyName:
			l.Put(canvas.InkKey, number).Put(canvas.InkDim, name)
		default:
			l.Put(canvas.InkKey, number)
		}
		ends = append(ends, l.Width)
	}
	return l, ends
}

// right returns the right end of the header: the tabs and the clock. The tabs say as much as
// leaves room for pieces of the ranks that matter more. It also returns the column after each.
func (b Bar) right(pieces []canvas.Piece, clock string, w int, g canvas.Glyphs) (l *canvas.Line, ends []int) {
	for d := everyName; d < noTabs; d++ {
		rank := d.yields()
		l, ends := b.tabs(d, g)
		l.Put(canvas.InkDim, clock)
		need := l.Width + 1
		for _, p := range pieces {
			if p.Rank <= rank {
				need += p.Line.Width + 2
			}
		}
		if need <= w {
			return l, ends
		}
	}
	return canvas.Text(canvas.InkDim, clock), nil
}

// yields returns the highest rank of the pieces that matter more than tabs of this detail.
func (d tabDetail) yields() int {
	switch d {
	case everyName:
		return 6
	case onlyShown:
		return 3
	}
	return 2
}

// Header returns the first line of the screen, the light first.
func Header(s *scene.Scene, b Bar, w int) *canvas.Line {
	l, _, _ := header(s, b, w)
	return l
}

// HeaderTab returns the index of the screen whose tab is at a column of the header; false where
// there is none.
func HeaderTab(s *scene.Scene, b Bar, w, x int) (screen int, ok bool) {
	_, at, ends := header(s, b, w)
	for i, end := range ends {
		if x < at+end {
			return i, x > at // the first cell parts the tabs from what is before
		}
	}
	return 0, false
}

// header also returns the column where the tabs begin, and where each of them ends from there.
func header(s *scene.Scene, b Bar, w int) (l *canvas.Line, at int, ends []int) {
	pieces := []canvas.Piece{{Line: lamp(s)}}
	if b.ReadOnly {
		pieces[0].Line.Put(canvas.InkText, " ").Put(canvas.InkAmber, " READ ONLY ")
	}
	// say adds a piece; a nil line adds nothing.
	say := func(rank int, l *canvas.Line) {
		if l != nil {
			pieces = append(pieces, canvas.Piece{Line: l, Rank: rank})
		}
	}
	for _, piece := range lightWords(s, b) {
		say(piece.Rank, piece.Line)
	}
	if on, due := s.Light.Count(); on < due && due > 1 {
		say(1, canvas.Text(canvas.InkStrong, fmt.Sprintf("%d of %d on air", on, due)))
	}
	say(2, degraded(s, w))
	say(1, failed(s))
	say(2, signals(s))
	say(5, labelled("up ", canvas.InkText, canvas.Elapsed(s.Now.Sub(s.Snapshot.Started))))
	say(3, via(s))
	if len(s.Viewers) > 0 && s.Light.State != platform.AirUnknown && s.Light.State != platform.AirOff {
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
	numbers, _ := b.tabs(onlyNumbers, s.Glyphs)
	label(s, pieces, w-numbers.Width-ansi.StringWidth(clock)-1)
	right, ends := b.right(pieces, clock, w, s.Glyphs)
	l = canvas.Text(canvas.InkText, " ").Add(canvas.Fitted(pieces, w-right.Width-2))
	if l.Width > w-right.Width {
		return l, 0, nil
	}
	return l.Gap(w - right.Width).Add(right), w - right.Width, ends
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

// signals names the first signals that are played, or else those that are reported; while
// some are off air, those that are on air. Nil means none.
func signals(s *scene.Scene) *canvas.Line {
	var names []string
	on, due := s.Light.Count()
	some := due > 1 && on < due && s.Light.State != platform.AirStarting
	if some {
		for _, l := range append(s.Light.InState(platform.AirOn), s.Light.InState(platform.AirOffSoon)...) {
			names = append(names, canvas.Clean(l.Signal))
		}
	} else {
		for _, l := range s.Live {
			names = append(names, canvas.Clean(l.Signal))
		}
		for _, d := range s.Snapshot.Details {
			if len(s.Live) == 0 {
				names = append(names, canvas.Clean(d.Signal))
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	if len(names) > 3 {
		names = append(names[:2], fmt.Sprintf("%d more", len(names)-2))
	}
	text := strings.Join(names, " ")
	if some {
		text = "(" + text + ")"
	}
	return canvas.Text(canvas.InkStrong, text)
}

// viaMost is how many packagers are named with how many signals they serve.
const viaMost = 3

// via names the active packagers, the one of most signals first, and how many signals each of
// them serves if there are several; nil means none.
func via(s *scene.Scene) *canvas.Line {
	served, names := map[string]int{}, []string{}
	for _, p := range s.Packagers {
		if !p.Active || p.Gone() {
			continue
		}
		if served[p.Title] == 0 {
			names = append(names, p.Title)
		}
		served[p.Title]++
	}
	slices.SortStableFunc(names, func(a, b string) int { return served[b] - served[a] })
	switch more := len(names) - viaMost; {
	case len(names) == 0:
		return nil
	case len(names) > 1:
		for i, name := range names {
			names[i] = name + " " + s.Glyphs.Times + strconv.Itoa(served[name])
		}
		if more > 0 {
			names = append(names[:viaMost], fmt.Sprintf("%d more", more))
		}
	}
	return labelled("via ", canvas.InkGoodStrong, strings.Join(names, ", "))
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
	return canvas.Text(canvas.InkText, bitrateText(v.BitrateBPS))
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
	list, label := countedFailovers(s), "failovers "
	if w < wide {
		label = "fo "
	}
	l := labelled(label, canvas.InkText, strconv.Itoa(len(list)))
	if values := gaps(list); len(values) > 0 {
		worst := canvas.Percentile(values, 100)
		l.Put(canvas.InkDim, "  worst ").Put(gapInk(worst), canvas.Millis(worst))
	}
	return l
}
