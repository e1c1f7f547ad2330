package tui

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// ingestPanel is the reporter's table.
type ingestPanel struct{ first int }

func (*ingestPanel) title(s *scene) (name, note string) {
	note = plural(len(s.snapshot.Ingests), "signal", "signals")
	refused := 0
	for _, f := range s.snapshot.FilmList() {
		if f.State == event.FilmRefused {
			refused++
		}
	}
	if refused > 0 {
		note += fmt.Sprintf(", %d refused", refused)
	}
	return "INGEST", note
}

func (p *ingestPanel) content(s *scene, _ int) layouts.Content {
	return layouts.Content{Least: 1, Want: max(1+2*len(s.snapshot.Ingests)+len(p.rows(s))-len(s.snapshot.Ingests), 6)}
}

func (*ingestPanel) stamp(s *scene) uint64 { return s.stamp }

func (p *ingestPanel) move(s *scene, m motion, page int) {
	p.first = min(max(p.first+m.by(page), 0), max(0, len(p.rows(s))-1))
}

// ingestRow is a line of the panel: a signal of the ingest table, a signal that is in
// it no more, or a file that is no signal.
type ingestRow struct {
	ingest *report.Ingest
	light  *platform.SignalAir
	film   *platform.FilmAt
}

// urgency is 0 for a row that is to be seen where there is no room for all.
func (r ingestRow) urgency() int {
	if r.light != nil && (r.light.State == platform.AirOff || r.light.State == platform.AirUnknown) {
		return 0
	}
	return 1
}

// rows are those of the panel.
func (*ingestPanel) rows(s *scene) []ingestRow {
	var list []ingestRow
	for i := range s.snapshot.Ingests {
		r := ingestRow{ingest: &s.snapshot.Ingests[i]}
		for j := range s.light.Signals {
			if s.light.Signals[j].Signal == r.ingest.Signal {
				r.light = &s.light.Signals[j]
			}
		}
		list = append(list, r)
	}
	slices.SortStableFunc(list, func(a, b ingestRow) int { return cmp.Compare(a.urgency(), b.urgency()) })
	films := s.snapshot.FilmList()
	for i := range s.light.Signals {
		l := &s.light.Signals[i]
		known := slices.ContainsFunc(list, func(r ingestRow) bool { return r.light == l }) ||
			slices.ContainsFunc(films, func(f platform.FilmAt) bool { return f.Signal == l.Signal && f.State != event.FilmAired })
		if !known {
			list = append(list, ingestRow{light: l})
		}
	}
	for i := range films {
		if films[i].State != event.FilmAired {
			list = append(list, ingestRow{film: &films[i]})
		}
	}
	return list
}

func (p *ingestPanel) lines(s *scene, w, h int) []*line {
	rows := p.rows(s)
	switch {
	case s.snapshot.IngestsErr != "" && len(rows) == 0:
		return wrapped(inkWarn, clean(s.snapshot.IngestsErr), w, h)
	case len(rows) == 0:
		return []*line{(&line{}).put(inkDim, " no signal is reported yet")}
	}
	name := 6
	for _, r := range rows {
		if r.ingest != nil {
			name = min(max(name, len(r.ingest.Signal)), 16)
		} else if r.light != nil {
			name = min(max(name, len(r.light.Signal)), 16)
		}
	}
	columns := []column{
		{title: "SIGNAL", least: name},
		{title: "LIGHT", least: 10},
		{title: "PACKAGERS", least: 14, most: 60},
		{title: "LAST REPORTED", least: 8, most: 30, rank: 1},
	}
	ws := widths(columns, w-1)
	var out []*line
	if s.snapshot.IngestsErr != "" && h > 1 {
		out = append(out, (&line{}).cell(inkWarn, " "+clean(s.snapshot.IngestsErr), w, false, s.g.ellipsis))
	} else if h > len(rows) {
		out = append(out, tableHead(s.g, columns, ws))
	}
	p.first = scrolled(p.first, -1, len(rows), h-len(out))
	room := h - len(out)
	shown := rows[p.first:]
	playlists := room >= len(shown)+len(s.snapshot.Ingests)
	for i, r := range shown {
		if left := len(shown) - i; len(out) == h-1 && left > 1 && h > 1 {
			return append(out, (&line{}).put(inkDim, fmt.Sprintf("   %d more", left)))
		}
		if len(out) == h {
			break
		}
		out = append(out, p.row(s, r, columns, ws, w))
		if playlists && r.ingest != nil {
			out = append(out, (&line{}).put(inkDim, "   playlist ").put(inkInfo, playlistURL(s, r.ingest.Signal)))
		}
	}
	return out
}

// row is one line of the panel.
func (p *ingestPanel) row(s *scene, r ingestRow, columns []column, ws []int, w int) *line {
	l := newRow(s.g, columns, ws, false)
	if r.film != nil {
		glyph, k := s.filmMark(r.film.State)
		l.put(k, glyph+" "+string(r.film.State)).put(inkStrong, " "+clean(r.film.File))
		return l.cell(inkText, colon(clean(r.film.Reason)), w-l.width, false, s.g.ellipsis)
	}
	glyph, word, k := s.g.question, "unknown", inkDim
	if r.light != nil {
		glyph, word, k = s.lightMark(r.light.State)
	}
	if r.ingest == nil {
		l.text(inkStrong, clean(r.light.Signal)).text(k, glyph+" "+word)
		return l.cell(inkText, " "+clean(r.light.Reason), w-l.width, false, s.g.ellipsis)
	}
	l.text(inkStrong, clean(r.ingest.Signal)).text(k, glyph+" "+word).text(inkText, p.packagers(s, *r.ingest, ws[2]))
	return l.text(inkDim, lastReported(r.ingest.LastReported, ws[3], s.now)).line
}

// colon is a reason behind what it is of.
func colon(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// lightMark is the glyph, the word and the ink of a signal's light.
func (s *scene) lightMark(state platform.AirState) (glyph, word string, k ink) {
	word = state.String()
	switch state {
	case platform.AirOn:
		return s.g.full, word, inkGood
	case platform.AirOff:
		return s.g.cross, word, inkBadStrong
	case platform.AirStarting:
		return s.g.dotted, word, inkInfo
	case platform.AirEnded:
		return s.g.ring, word, inkDim
	}
	return s.g.question, word, inkDim
}

// filmMark is the glyph and the ink of what becomes of a file.
func (s *scene) filmMark(state event.FilmState) (glyph string, k ink) {
	switch state {
	case event.FilmRefused:
		return s.g.cross, inkBad
	case event.FilmWaiting:
		return s.g.dotted, inkInfo
	}
	return s.g.ring, inkDim
}

// packagers are those up for a signal, by port where they are ours; the active one is
// pointed at where w has no room for the word.
func (*ingestPanel) packagers(s *scene, v report.Ingest, w int) string {
	if len(v.Packagers) == 0 {
		return "none up"
	}
	active, _ := s.snapshot.Active(v.Signal)
	names, short := make([]string, len(v.Packagers)), make([]string, len(v.Packagers))
	for i, address := range v.Packagers {
		names[i] = shortAddress(address)
		short[i] = names[i]
		if address == active.URL {
			names[i] += " active"
			short[i] = s.g.pointer + short[i]
		}
	}
	if text := strings.Join(names, ", "); ansi.StringWidth(text) <= w {
		return text
	}
	return strings.Join(short, " ")
}

// shortAddress is :PORT for this machine, else host and port.
func shortAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return clean(address)
	}
	switch u.Hostname() {
	case "localhost", "127.0.0.1", "::1":
		if u.Port() != "" {
			return ":" + u.Port()
		}
	}
	return clean(u.Host)
}

// lastReported is the reporter's own text where it fits, else what of it does.
func lastReported(text string, w int, now time.Time) string {
	at, err := time.Parse(time.RFC1123, text)
	if err != nil || len(text) <= w {
		return clean(text)
	}
	// An abbreviated zone cannot be parsed to an offset: the clock is compared
	// as it is written.
	wall := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, now.Location())
	ago := fmt.Sprintf("%s ago", clockText(now.Sub(wall)))
	if short := at.Format("15:04:05"); len(short)+2+len(ago) <= w {
		return short + ", " + ago
	}
	return at.Format("15:04:05")
}

// playlistURL is what a player opens for a signal.
func playlistURL(s *scene, signal string) string {
	return clean(s.snapshot.PlayURL + "/" + url.PathEscape(signal) + "/playlist.m3u8")
}

// wrapped is a text in up to h lines of w cells.
func wrapped(k ink, text string, w, h int) []*line {
	var out []*line
	l := &line{}
	for _, word := range strings.Fields(text) {
		if l.width > 0 && l.width+1+len(word) > w {
			if len(out) == h-1 {
				break
			}
			out = append(out, l)
			l = &line{}
		}
		l.put(k, " "+word)
	}
	return append(out, l)[:min(h, len(out)+1)]
}
