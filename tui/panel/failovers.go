package panel

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// Happening is a row of the panel: a failover, a time without media, a playlist that is
// merged no longer or again, or a drill's verdict.
type Happening struct {
	At       time.Time
	Failover *platform.FailoverAt
	Outage   *platform.OutageAt
	Serving  *platform.ServingAt
	Verdict  *scene.Verdict
}

// happenings are all of them, the newest first.
func happenings(s *scene.Scene) []Happening {
	var list []Happening
	for i := range s.Snapshot.Failovers {
		list = append(list, Happening{At: s.Snapshot.Failovers[i].Time, Failover: &s.Snapshot.Failovers[i]})
	}
	for i := range s.Snapshot.Outages {
		list = append(list, Happening{At: s.Snapshot.Outages[i].Since, Outage: &s.Snapshot.Outages[i]})
	}
	for i := range s.Snapshot.ServingChanges {
		list = append(list, Happening{At: s.Snapshot.ServingChanges[i].Time, Serving: &s.Snapshot.ServingChanges[i]})
	}
	for i := range s.Verdicts {
		list = append(list, Happening{At: s.Verdicts[i].At, Verdict: &s.Verdicts[i]})
	}
	slices.SortStableFunc(list, func(a, b Happening) int { return b.At.Compare(a.At) })
	return list
}

// FailoversPanel lists what each switch cost, the newest first.
type FailoversPanel struct {
	first int
	// Chosen counts from the newest; -1 for none.
	Chosen int
}

func newFailoversPanel() *FailoversPanel { return &FailoversPanel{Chosen: -1} }

// gaps are the gaps in milliseconds of those that made a player wait.
func gaps(list []platform.FailoverAt) []float64 {
	var values []float64
	for _, f := range list {
		if f.GapMS >= 0 {
			values = append(values, f.GapMS)
		}
	}
	return values
}

func (*FailoversPanel) Title(s *scene.Scene) (name, note string) {
	n := len(s.Snapshot.Failovers)
	if n == 0 {
		return "FAILOVERS", "none"
	}
	values := gaps(s.Snapshot.Failovers)
	if len(values) == 0 {
		return "FAILOVERS", strconv.Itoa(n)
	}
	return "FAILOVERS", fmt.Sprintf("%d  p50 %s  p95 %s  worst %s", n,
		canvas.MSText(canvas.Percentile(values, 50)), canvas.MSText(canvas.Percentile(values, 95)), canvas.MSText(canvas.Percentile(values, 100)))
}

func (*FailoversPanel) Content(s *scene.Scene, _ int) layouts.Content {
	return layouts.Content{Least: 1, Want: max(6, 1+len(happenings(s)))}
}

func (*FailoversPanel) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (p *FailoversPanel) Move(s *scene.Scene, m Motion, page int) {
	n := len(happenings(s))
	if n == 0 {
		p.Chosen = -1
		return
	}
	p.Chosen = min(max(p.Chosen+m.by(page), 0), n-1)
}

// Event is the chosen one.
func (p *FailoversPanel) Event(s *scene.Scene) (Happening, bool) {
	list := happenings(s)
	if p.Chosen < 0 || p.Chosen >= len(list) {
		return Happening{}, false
	}
	return list[p.Chosen], true
}

func (p *FailoversPanel) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	list := happenings(s)
	if len(list) == 0 {
		return []*canvas.Line{(&canvas.Line{}).Put(canvas.InkDim, " none yet: K kills the selected packager")}
	}
	swap := 7
	if w >= 90 {
		swap = 16
	}
	columns := []canvas.Column{
		{Title: "TIME", Least: 8},
		{Title: "SWITCH", Least: swap, Most: swap},
		{Title: "CAUSE", Least: min(24, max(8, w-28)), Most: 60},
		{Title: "GAP", Least: 6, Right: true},
		{Title: "", Least: 1, Rank: 2},
		{Title: "PROOF", Least: 16, Rank: 1},
	}
	if w >= 110 {
		columns[5].Most = 28 // what was saved too
	}
	ws := canvas.Widths(columns, w-1)
	var out []*canvas.Line
	if h > 1 {
		out = append(out, canvas.TableHead(s.Glyphs, columns, ws))
	}
	rows := h - len(out)
	p.Chosen = min(p.Chosen, len(list)-1)
	p.first = canvas.Scrolled(p.first, p.Chosen, len(list), rows)
	worst := canvas.Percentile(gaps(s.Snapshot.Failovers), 100)
	for i := p.first; i < len(list) && len(out) < h; i++ {
		switch h := list[i]; {
		case h.Verdict != nil:
			out = append(out, verdictRow(s, h.Verdict, columns, ws, i == p.Chosen, w))
		case h.Outage != nil:
			out = append(out, outageRow(s, h.Outage, columns, ws, i == p.Chosen, w))
		case h.Serving != nil:
			out = append(out, servingRow(s, h.Serving, columns, ws, i == p.Chosen, w))
		default:
			out = append(out, failoverRow(s, *h.Failover, columns, ws, i == p.Chosen, worst))
		}
	}
	return out
}

func failoverRow(s *scene.Scene, f platform.FailoverAt, columns []canvas.Column, ws []int, chosen bool, worst float64) *canvas.Line {
	r := canvas.NewRow(s.Glyphs, columns, ws, chosen)
	r.Text(canvas.InkDim, f.Time.In(s.Now.Location()).Format("15:04:05"))
	r.Text(canvas.InkStrong, SwitchText(s, f, ws[1])).Text(canvas.InkText, s.Named(f.Cause))
	gap, k := "none", canvas.InkGood
	if f.GapMS >= 0 {
		gap = canvas.MSText(f.GapMS)
		k = gapInk(f.GapMS)
	}
	r.Text(k, gap)
	r.Drawn(func(l *canvas.Line, _ int) {
		if f.GapMS < 0 {
			l.Put(canvas.InkFaint, s.Glyphs.Gap)
			return
		}
		l.Put(k, s.Glyphs.Levels[canvas.Level(f.GapMS, max(worst, 1)*1.01)])
	})
	return r.Text(canvas.InkDim, proof(s, f, ws[5])).Line
}

// verdictRow is a drill's.
func verdictRow(s *scene.Scene, v *scene.Verdict, columns []canvas.Column, ws []int, chosen bool, w int) *canvas.Line {
	r := canvas.NewRow(s.Glyphs, columns, ws, chosen)
	glyph, word, k := s.Glyphs.Tick, "passed", canvas.InkGood
	if !v.Passed {
		glyph, word, k = s.Glyphs.Cross, "failed", canvas.InkBadStrong
	}
	r.Text(canvas.InkDim, v.At.In(s.Now.Location()).Format("15:04:05")).Text(canvas.InkStrong, "drill")
	r.Put(k, " "+glyph+" "+word)
	r.Cell(canvas.InkText, " "+v.Name+": "+v.Text, w-r.Width, false, s.Glyphs.Ellipsis)
	return r.Line
}

// outageRow is that of a time in which a viewer had no media.
func outageRow(s *scene.Scene, o *platform.OutageAt, columns []canvas.Column, ws []int, chosen bool, w int) *canvas.Line {
	r := canvas.NewRow(s.Glyphs, columns, ws, chosen)
	r.Text(canvas.InkDim, o.Since.In(s.Now.Location()).Format("15:04:05")).Text(canvas.InkStrong, "outage")
	word, what := OutageWords(s, o)
	r.Put(canvas.InkBadStrong, " "+s.Glyphs.Cross+" "+word)
	r.Cell(canvas.InkText, " "+what, w-r.Width, false, s.Glyphs.Ellipsis)
	return r.Line
}

// OutageWords are for how long a signal was off air, by its viewer's figure, and which
// it was and why.
func OutageWords(s *scene.Scene, o *platform.OutageAt) (word, what string) {
	word, what = "off air for "+canvas.ClockText(o.Length(s.Now)), canvas.Clean(o.Signal)
	if !o.Lasts() {
		word = "off air for " + o.Length(s.Now).String()
	}
	if o.Reason != "" {
		what += ": " + canvas.Clean(o.Reason)
	}
	return word, what
}

// servingRow is that of a playlist that is merged no longer, with the reason, or again.
func servingRow(s *scene.Scene, v *platform.ServingAt, columns []canvas.Column, ws []int, chosen bool, w int) *canvas.Line {
	r := canvas.NewRow(s.Glyphs, columns, ws, chosen)
	glyph, k := s.Glyphs.Half, canvas.InkWarn
	if !v.Degraded {
		glyph, k = s.Glyphs.Full, canvas.InkGood
	}
	r.Text(canvas.InkDim, v.Time.In(s.Now.Location()).Format("15:04:05")).Text(canvas.InkStrong, "mode")
	word, which := ServingWords(v)
	r.Put(k, " "+glyph+" "+word)
	r.Cell(canvas.InkText, " "+which, w-r.Width, false, s.Glyphs.Ellipsis)
	return r.Line
}

// ServingWords are how a playlist is served, and which it is and why.
func ServingWords(v *platform.ServingAt) (word, which string) {
	word, which = canvas.Clean(string(v.Mode)), canvas.Clean(shortName(v.Playlist))
	if !v.Degraded {
		word += " again"
	}
	if v.Reason != "" {
		which += ": " + canvas.Clean(v.Reason)
	}
	return word, which
}

// shortName is the signal where a playlist is named as ours are, else its path.
func shortName(playlist string) string {
	signal, ours := strings.CutSuffix(strings.TrimPrefix(playlist, "/"), "/playlist.m3u8")
	if ours && !strings.Contains(signal, "/") {
		return signal
	}
	return playlist
}

// gapInk: a tenth of a second is not seen, two seconds empty a player's buffer.
func gapInk(ms float64) canvas.Ink {
	switch {
	case ms < 500:
		return canvas.InkGood
	case ms < 2000:
		return canvas.InkWarn
	}
	return canvas.InkBadStrong
}

// SwitchText names both packagers in full where that fits, else by number.
func SwitchText(s *scene.Scene, f platform.FailoverAt, w int) string {
	from, to := scene.PackagerName(s.Snapshot, f.From), scene.PackagerName(s.Snapshot, f.To)
	arrow := "→"
	if s.Glyphs.ASCII {
		arrow = ">"
	}
	if from == "" {
		from = s.Glyphs.Dash
	}
	if to == "" {
		to = s.Glyphs.Dash
	}
	if len(from)+len(to)+1 <= w {
		return from + arrow + to
	}
	number := func(name string) string {
		if n := s.PackagerNumber(name); n > 0 {
			return strconv.Itoa(n)
		}
		return name
	}
	return number(from) + arrow + number(to)
}

// proof are the media sequence numbers before and after, and where there is room
// how many requests were saved.
func proof(s *scene.Scene, f platform.FailoverAt, w int) string {
	arrow := "→"
	if s.Glyphs.ASCII {
		arrow = ">"
	}
	text := "msn ?"
	if f.MSNBefore >= 0 && f.MSNAfter >= 0 {
		text = "msn " + s.Glyphs.Ellipsis + lastDigits(f.MSNBefore) + arrow + s.Glyphs.Ellipsis + lastDigits(f.MSNAfter)
	}
	if f.Saved > 0 && w > 24 {
		text += fmt.Sprintf("  %d saved", f.Saved)
	}
	return text
}

func lastDigits(n int64) string { return fmt.Sprintf("%03d", n%1000) }
