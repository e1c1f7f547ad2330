package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
)

// happening is a row of the panel: a failover, a time without media, a playlist that is
// merged no longer or again, or a drill's verdict.
type happening struct {
	at       time.Time
	failover *platform.FailoverAt
	outage   *platform.OutageAt
	serving  *platform.ServingAt
	verdict  *verdict
}

// happenings are all of them, the newest first.
func (s *scene) happenings() []happening {
	var list []happening
	for i := range s.snapshot.Failovers {
		list = append(list, happening{at: s.snapshot.Failovers[i].Time, failover: &s.snapshot.Failovers[i]})
	}
	for i := range s.snapshot.Outages {
		list = append(list, happening{at: s.snapshot.Outages[i].Since, outage: &s.snapshot.Outages[i]})
	}
	for i := range s.snapshot.ServingChanges {
		list = append(list, happening{at: s.snapshot.ServingChanges[i].Time, serving: &s.snapshot.ServingChanges[i]})
	}
	for i := range s.verdicts {
		list = append(list, happening{at: s.verdicts[i].at, verdict: &s.verdicts[i]})
	}
	slices.SortStableFunc(list, func(a, b happening) int { return b.at.Compare(a.at) })
	return list
}

// failoversPanel lists what each switch cost, the newest first.
type failoversPanel struct {
	first int
	// chosen counts from the newest; -1 for none.
	chosen int
}

func newFailoversPanel() *failoversPanel { return &failoversPanel{chosen: -1} }

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

func (*failoversPanel) title(s *scene) (name, note string) {
	n := len(s.snapshot.Failovers)
	if n == 0 {
		return "FAILOVERS", "none"
	}
	values := gaps(s.snapshot.Failovers)
	if len(values) == 0 {
		return "FAILOVERS", strconv.Itoa(n)
	}
	return "FAILOVERS", fmt.Sprintf("%d  p50 %s  p95 %s  worst %s", n,
		msText(percentile(values, 50)), msText(percentile(values, 95)), msText(percentile(values, 100)))
}

func (*failoversPanel) content(s *scene, _ int) layouts.Content {
	return layouts.Content{Least: 1, Want: max(6, 1+len(s.happenings()))}
}

func (*failoversPanel) stamp(s *scene) uint64 { return s.stamp }

func (p *failoversPanel) move(s *scene, m motion, page int) {
	n := len(s.happenings())
	if n == 0 {
		p.chosen = -1
		return
	}
	p.chosen = min(max(p.chosen+m.by(page), 0), n-1)
}

// event is the chosen one.
func (p *failoversPanel) event(s *scene) (happening, bool) {
	list := s.happenings()
	if p.chosen < 0 || p.chosen >= len(list) {
		return happening{}, false
	}
	return list[p.chosen], true
}

func (p *failoversPanel) lines(s *scene, w, h int) []*line {
	list := s.happenings()
	if len(list) == 0 {
		return []*line{(&line{}).put(inkDim, " none yet: K kills the selected packager")}
	}
	swap := 7
	if w >= 90 {
		swap = 16
	}
	columns := []column{
		{title: "TIME", least: 8},
		{title: "SWITCH", least: swap, most: swap},
		{title: "CAUSE", least: min(24, max(8, w-28)), most: 60},
		{title: "GAP", least: 6, right: true},
		{title: "", least: 1, rank: 2},
		{title: "PROOF", least: 16, rank: 1},
	}
	if w >= 110 {
		columns[5].most = 28 // what was saved too
	}
	ws := widths(columns, w-1)
	var out []*line
	if h > 1 {
		out = append(out, tableHead(s.g, columns, ws))
	}
	rows := h - len(out)
	p.chosen = min(p.chosen, len(list)-1)
	p.first = scrolled(p.first, p.chosen, len(list), rows)
	worst := percentile(gaps(s.snapshot.Failovers), 100)
	for i := p.first; i < len(list) && len(out) < h; i++ {
		switch h := list[i]; {
		case h.verdict != nil:
			out = append(out, verdictRow(s, h.verdict, columns, ws, i == p.chosen, w))
		case h.outage != nil:
			out = append(out, outageRow(s, h.outage, columns, ws, i == p.chosen, w))
		case h.serving != nil:
			out = append(out, servingRow(s, h.serving, columns, ws, i == p.chosen, w))
		default:
			out = append(out, failoverRow(s, *h.failover, columns, ws, i == p.chosen, worst))
		}
	}
	return out
}

func failoverRow(s *scene, f platform.FailoverAt, columns []column, ws []int, chosen bool, worst float64) *line {
	r := newRow(s.g, columns, ws, chosen)
	r.text(inkDim, f.Time.In(s.now.Location()).Format("15:04:05"))
	r.text(inkStrong, switchText(s, f, ws[1])).text(inkText, s.named(f.Cause))
	gap, k := "none", inkGood
	if f.GapMS >= 0 {
		gap = msText(f.GapMS)
		k = gapInk(f.GapMS)
	}
	r.text(k, gap)
	r.drawn(func(l *line, _ int) {
		if f.GapMS < 0 {
			l.put(inkFaint, s.g.gap)
			return
		}
		l.put(k, s.g.levels[level(f.GapMS, max(worst, 1)*1.01)])
	})
	return r.text(inkDim, proof(s, f, ws[5])).line
}

// verdictRow is a drill's.
func verdictRow(s *scene, v *verdict, columns []column, ws []int, chosen bool, w int) *line {
	r := newRow(s.g, columns, ws, chosen)
	glyph, word, k := s.g.tick, "passed", inkGood
	if !v.passed {
		glyph, word, k = s.g.cross, "failed", inkBadStrong
	}
	r.text(inkDim, v.at.In(s.now.Location()).Format("15:04:05")).text(inkStrong, "drill")
	r.put(k, " "+glyph+" "+word)
	r.cell(inkText, " "+v.name+": "+v.text, w-r.width, false, s.g.ellipsis)
	return r.line
}

// outageRow is that of a time in which a viewer had no media.
func outageRow(s *scene, o *platform.OutageAt, columns []column, ws []int, chosen bool, w int) *line {
	r := newRow(s.g, columns, ws, chosen)
	r.text(inkDim, o.Since.In(s.now.Location()).Format("15:04:05")).text(inkStrong, "outage")
	word, what := outageWords(s, o)
	r.put(inkBadStrong, " "+s.g.cross+" "+word)
	r.cell(inkText, " "+what, w-r.width, false, s.g.ellipsis)
	return r.line
}

// outageWords are for how long a signal was off air, by its viewer's figure, and which
// it was and why.
func outageWords(s *scene, o *platform.OutageAt) (word, what string) {
	word, what = "off air for "+clockText(o.Length(s.now)), clean(o.Signal)
	if !o.Lasts() {
		word = "off air for " + o.Length(s.now).String()
	}
	if o.Reason != "" {
		what += ": " + clean(o.Reason)
	}
	return word, what
}

// servingRow is that of a playlist that is merged no longer, with the reason, or again.
func servingRow(s *scene, v *platform.ServingAt, columns []column, ws []int, chosen bool, w int) *line {
	r := newRow(s.g, columns, ws, chosen)
	glyph, k := s.g.half, inkWarn
	if !v.Degraded {
		glyph, k = s.g.full, inkGood
	}
	r.text(inkDim, v.Time.In(s.now.Location()).Format("15:04:05")).text(inkStrong, "mode")
	word, which := servingWords(v)
	r.put(k, " "+glyph+" "+word)
	r.cell(inkText, " "+which, w-r.width, false, s.g.ellipsis)
	return r.line
}

// servingWords are how a playlist is served, and which it is and why.
func servingWords(v *platform.ServingAt) (word, which string) {
	word, which = clean(string(v.Mode)), clean(shortName(v.Playlist))
	if !v.Degraded {
		word += " again"
	}
	if v.Reason != "" {
		which += ": " + clean(v.Reason)
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
func gapInk(ms float64) ink {
	switch {
	case ms < 500:
		return inkGood
	case ms < 2000:
		return inkWarn
	}
	return inkBadStrong
}

// switchText names both packagers in full where that fits, else by number.
func switchText(s *scene, f platform.FailoverAt, w int) string {
	from, to := packagerName(s.snapshot, f.From), packagerName(s.snapshot, f.To)
	arrow := "→"
	if s.g.ascii {
		arrow = ">"
	}
	if from == "" {
		from = s.g.dash
	}
	if to == "" {
		to = s.g.dash
	}
	if len(from)+len(to)+1 <= w {
		return from + arrow + to
	}
	number := func(name string) string {
		if n := s.packagerNumber(name); n > 0 {
			return strconv.Itoa(n)
		}
		return name
	}
	return number(from) + arrow + number(to)
}

// proof are the media sequence numbers before and after, and where there is room
// how many requests were saved.
func proof(s *scene, f platform.FailoverAt, w int) string {
	arrow := "→"
	if s.g.ascii {
		arrow = ">"
	}
	text := "msn ?"
	if f.MSNBefore >= 0 && f.MSNAfter >= 0 {
		text = "msn " + s.g.ellipsis + lastDigits(f.MSNBefore) + arrow + s.g.ellipsis + lastDigits(f.MSNAfter)
	}
	if f.Saved > 0 && w > 24 {
		text += fmt.Sprintf("  %d saved", f.Saved)
	}
	return text
}

func lastDigits(n int64) string { return fmt.Sprintf("%03d", n%1000) }
