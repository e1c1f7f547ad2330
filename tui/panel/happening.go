package panel

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// happening is a row of the failovers' panel. One of its kinds is set.
type happening struct {
	at       time.Time
	failover *platform.FailoverAt
	// outage is a time without media.
	outage *platform.OutageAt
	// serving is a playlist that is merged no longer, or again.
	serving *platform.ServingAt
	verdict *scene.Verdict
}

// happenings returns all rows, newest first.
func happenings(s *scene.Scene) []happening {
	var list []happening
	for i := range s.Snapshot.Failovers {
		list = append(list, happening{at: s.Snapshot.Failovers[i].Time, failover: &s.Snapshot.Failovers[i]})
	}
	for i := range s.Snapshot.Outages {
		list = append(list, happening{at: s.Snapshot.Outages[i].Since, outage: &s.Snapshot.Outages[i]})
	}
	for i := range s.Snapshot.ServingChanges {
		list = append(list, happening{at: s.Snapshot.ServingChanges[i].Time, serving: &s.Snapshot.ServingChanges[i]})
	}
	for i := range s.Verdicts {
		list = append(list, happening{at: s.Verdicts[i].At, verdict: &s.Verdicts[i]})
	}
	slices.SortStableFunc(list, func(a, b happening) int { return b.at.Compare(a.at) })
	return list
}

// moment returns the happening as the title of its logs.
func (h happening) moment(s *scene.Scene) Moment {
	at := " " + h.at.In(s.Now.Location()).Format("15:04:05.000") + "  "
	switch {
	case h.failover != nil:
		return Moment{h.at, "FAILOVER" + at + switchText(s, *h.failover, 40)}
	case h.outage != nil:
		word, what := outageText(s, h.outage)
		return Moment{h.at, "OUTAGE" + at + word + " " + what}
	case h.serving != nil:
		word, which := servingText(h.serving)
		return Moment{h.at, "MODE" + at + word + " " + which}
	}
	return Moment{h.at, "DRILL" + at + h.verdict.Name}
}

// row draws a happening; worst is the longest gap of all failovers, in milliseconds.
func (h happening) row(s *scene.Scene, table *canvas.Table, chosen bool, worst float64, w int) *canvas.Line {
	r := table.Row(chosen)
	r.Text(canvas.InkDim, h.at.In(s.Now.Location()).Format("15:04:05"))
	// event fills the rest of the row.
	event := func(kind, glyph string, k canvas.Ink, word, what string) *canvas.Line {
		r.Text(canvas.InkStrong, kind).Put(k, " "+glyph+" "+word)
		return r.Cell(canvas.InkText, " "+what, w-r.Width, false, s.Glyphs.Ellipsis)
	}
	switch {
	case h.failover != nil:
		return failoverRow(s, table, r, *h.failover, worst)
	case h.outage != nil:
		word, what := outageText(s, h.outage)
		return event("outage", s.Glyphs.Cross, canvas.InkBadStrong, word, what)
	case h.serving != nil:
		word, which := servingText(h.serving)
		if h.serving.Degraded {
			return event("mode", s.Glyphs.Half, canvas.InkWarn, word, which)
		}
		return event("mode", s.Glyphs.Full, canvas.InkGood, word, which)
	}
	what := h.verdict.Name + ": " + h.verdict.Text
	if h.verdict.Passed {
		return event("drill", s.Glyphs.Tick, canvas.InkGood, "passed", what)
	}
	return event("drill", s.Glyphs.Cross, canvas.InkBadStrong, "failed", what)
}

func failoverRow(s *scene.Scene, table *canvas.Table, r *canvas.Row, f platform.FailoverAt, worst float64) *canvas.Line {
	r.Text(canvas.InkStrong, switchText(s, f, table.Width(switchColumn))).Text(canvas.InkText, s.WithNames(f.Cause))
	gap, level, k := "none", s.Glyphs.Gap, canvas.InkGood
	if f.GapMS >= 0 {
		gap, level, k = canvas.Millis(f.GapMS), s.Glyphs.Level(f.GapMS, max(worst, 1)*1.01), gapInk(f.GapMS)
	}
	r.Text(k, gap)
	r.Drawn(func(l *canvas.Line, _ int) {
		if f.GapMS < 0 {
			k = canvas.InkFaint
		}
		l.Put(k, level)
	})
	return r.Text(canvas.InkDim, proof(s, f, table.Width(proofColumn))).Line
}

// outageText returns how long a signal was off air, and which signal it was and why.
func outageText(s *scene.Scene, o *platform.OutageAt) (word, what string) {
	length := canvas.Elapsed(o.Length(s.Now))
	if !o.Lasts() {
		length = o.Length(s.Now).String()
	}
	return "off air for " + length, text.Because(canvas.Clean(o.Signal), canvas.Clean(o.Reason))
}

// servingText returns how a playlist is served, and which playlist it is and why.
func servingText(v *platform.ServingAt) (word, which string) {
	word = canvas.Clean(string(v.Mode))
	if !v.Degraded {
		word += " again"
	}
	return word, text.Because(canvas.Clean(playlistName(v.Playlist)), canvas.Clean(v.Reason))
}

// playlistName returns the signal of a path of the form /SIGNAL/playlist.m3u8, or else
// the path.
func playlistName(path string) string {
	signal, ours := strings.CutSuffix(strings.TrimPrefix(path, "/"), "/playlist.m3u8")
	if ours && !strings.Contains(signal, "/") {
		return signal
	}
	return path
}

// gapInk is the ink of a gap: viewers do not notice half a second, and two seconds empty a
// player's buffer.
func gapInk(ms float64) canvas.Ink {
	switch {
	case ms < 500:
		return canvas.InkGood
	case ms < 2000:
		return canvas.InkWarn
	}
	return canvas.InkBadStrong
}

// switchText names both packagers in w cells, by number where the names do not fit.
func switchText(s *scene.Scene, f platform.FailoverAt, w int) string {
	from, to := s.PackagerAt(f.From), s.PackagerAt(f.To)
	if from == "" {
		from = s.Glyphs.Dash
	}
	if to == "" {
		to = s.Glyphs.Dash
	}
	if len(from)+len(to)+1 <= w {
		return from + s.Glyphs.To + to
	}
	number := func(name string) string {
		if n := s.PackagerNumber(name); n > 0 {
			return strconv.Itoa(n)
		}
		return name
	}
	return number(from) + s.Glyphs.To + number(to)
}

// proof returns the media sequence numbers before and after a failover, and how many
// requests were saved if w has room for it.
func proof(s *scene.Scene, f platform.FailoverAt, w int) string {
	numbers := "msn ?"
	if f.MSNBefore >= 0 && f.MSNAfter >= 0 {
		numbers = "msn " + s.Glyphs.Ellipsis + lastDigits(f.MSNBefore) + s.Glyphs.To + s.Glyphs.Ellipsis + lastDigits(f.MSNAfter)
	}
	if f.Saved > 0 && w > 24 {
		numbers += fmt.Sprintf("  %d saved", f.Saved)
	}
	return numbers
}

func lastDigits(n int64) string { return fmt.Sprintf("%03d", n%1000) }
