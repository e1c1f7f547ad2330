package panel

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
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// ingestPanel is the reporter's table.
type ingestPanel struct{ first int }

func (*ingestPanel) Title(s *scene.Scene) (name, note string) {
	note = canvas.Plural(len(s.Snapshot.Ingests), "signal", "signals")
	refused := 0
	for _, f := range s.Snapshot.FilmList() {
		if f.State == event.FilmRefused {
			refused++
		}
	}
	if refused > 0 {
		note += fmt.Sprintf(", %d refused", refused)
	}
	return "INGEST", note
}

func (p *ingestPanel) Content(s *scene.Scene, _ int) layouts.Content {
	return layouts.Content{Least: 1, Want: max(1+2*len(s.Snapshot.Ingests)+len(p.rows(s))-len(s.Snapshot.Ingests), 6)}
}

func (*ingestPanel) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (p *ingestPanel) Move(s *scene.Scene, m Motion, page int) {
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
func (*ingestPanel) rows(s *scene.Scene) []ingestRow {
	var list []ingestRow
	for i := range s.Snapshot.Ingests {
		r := ingestRow{ingest: &s.Snapshot.Ingests[i]}
		for j := range s.Light.Signals {
			if s.Light.Signals[j].Signal == r.ingest.Signal {
				r.light = &s.Light.Signals[j]
			}
		}
		list = append(list, r)
	}
	slices.SortStableFunc(list, func(a, b ingestRow) int { return cmp.Compare(a.urgency(), b.urgency()) })
	films := s.Snapshot.FilmList()
	for i := range s.Light.Signals {
		l := &s.Light.Signals[i]
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

func (p *ingestPanel) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	rows := p.rows(s)
	switch {
	case s.Snapshot.IngestsErr != "" && len(rows) == 0:
		return Wrapped(canvas.InkWarn, canvas.Clean(s.Snapshot.IngestsErr), w, h)
	case len(rows) == 0:
		return []*canvas.Line{(&canvas.Line{}).Put(canvas.InkDim, " no signal is reported yet")}
	}
	name := 6
	for _, r := range rows {
		if r.ingest != nil {
			name = min(max(name, len(r.ingest.Signal)), 16)
		} else if r.light != nil {
			name = min(max(name, len(r.light.Signal)), 16)
		}
	}
	columns := []canvas.Column{
		{Title: "SIGNAL", Least: name},
		{Title: "LIGHT", Least: 10},
		{Title: "PACKAGERS", Least: 14, Most: 60},
		{Title: "LAST REPORTED", Least: 8, Most: 30, Rank: 1},
	}
	ws := canvas.Widths(columns, w-1)
	var out []*canvas.Line
	if s.Snapshot.IngestsErr != "" && h > 1 {
		out = append(out, (&canvas.Line{}).Cell(canvas.InkWarn, " "+canvas.Clean(s.Snapshot.IngestsErr), w, false, s.Glyphs.Ellipsis))
	} else if h > len(rows) {
		out = append(out, canvas.TableHead(s.Glyphs, columns, ws))
	}
	p.first = canvas.Scrolled(p.first, -1, len(rows), h-len(out))
	room := h - len(out)
	shown := rows[p.first:]
	playlists := room >= len(shown)+len(s.Snapshot.Ingests)
	for i, r := range shown {
		if left := len(shown) - i; len(out) == h-1 && left > 1 && h > 1 {
			return append(out, (&canvas.Line{}).Put(canvas.InkDim, fmt.Sprintf("   %d more", left)))
		}
		if len(out) == h {
			break
		}
		out = append(out, p.row(s, r, columns, ws, w))
		if playlists && r.ingest != nil {
			out = append(out, (&canvas.Line{}).Put(canvas.InkDim, "   playlist ").Put(canvas.InkInfo, PlaylistURL(s, r.ingest.Signal)))
		}
	}
	return out
}

// row is one line of the panel.
func (p *ingestPanel) row(s *scene.Scene, r ingestRow, columns []canvas.Column, ws []int, w int) *canvas.Line {
	l := canvas.NewRow(s.Glyphs, columns, ws, false)
	if r.film != nil {
		glyph, k := s.FilmMark(r.film.State)
		l.Put(k, glyph+" "+string(r.film.State)).Put(canvas.InkStrong, " "+canvas.Clean(r.film.File))
		return l.Cell(canvas.InkText, colon(canvas.Clean(r.film.Reason)), w-l.Width, false, s.Glyphs.Ellipsis)
	}
	glyph, word, k := s.Glyphs.Question, "unknown", canvas.InkDim
	if r.light != nil {
		glyph, word, k = s.LightMark(r.light.State)
	}
	if r.ingest == nil {
		l.Text(canvas.InkStrong, canvas.Clean(r.light.Signal)).Text(k, glyph+" "+word)
		return l.Cell(canvas.InkText, " "+canvas.Clean(r.light.Reason), w-l.Width, false, s.Glyphs.Ellipsis)
	}
	l.Text(canvas.InkStrong, canvas.Clean(r.ingest.Signal)).Text(k, glyph+" "+word).Text(canvas.InkText, p.packagers(s, *r.ingest, ws[2]))
	return l.Text(canvas.InkDim, lastReported(r.ingest.LastReported, ws[3], s.Now)).Line
}

// colon is a reason behind what it is of.
func colon(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// packagers are those up for a signal, by port where they are ours; the active one is
// pointed at where w has no room for the word.
func (*ingestPanel) packagers(s *scene.Scene, v report.Ingest, w int) string {
	if len(v.Packagers) == 0 {
		return "none up"
	}
	active, _ := s.Snapshot.Active(v.Signal)
	names, short := make([]string, len(v.Packagers)), make([]string, len(v.Packagers))
	for i, address := range v.Packagers {
		names[i] = shortAddress(address)
		short[i] = names[i]
		if address == active.URL {
			names[i] += " active"
			short[i] = s.Glyphs.Pointer + short[i]
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
		return canvas.Clean(address)
	}
	switch u.Hostname() {
	case "localhost", "127.0.0.1", "::1":
		if u.Port() != "" {
			return ":" + u.Port()
		}
	}
	return canvas.Clean(u.Host)
}

// lastReported is the reporter's own text where it fits, else what of it does.
func lastReported(text string, w int, now time.Time) string {
	at, err := time.Parse(time.RFC1123, text)
	if err != nil || len(text) <= w {
		return canvas.Clean(text)
	}
	// An abbreviated zone cannot be parsed to an offset: the clock is compared
	// as it is written.
	wall := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, now.Location())
	ago := fmt.Sprintf("%s ago", canvas.ClockText(now.Sub(wall)))
	if short := at.Format("15:04:05"); len(short)+2+len(ago) <= w {
		return short + ", " + ago
	}
	return at.Format("15:04:05")
}

// PlaylistURL is what a player opens for a signal.
func PlaylistURL(s *scene.Scene, signal string) string {
	return canvas.Clean(s.Snapshot.PlayURL + "/" + url.PathEscape(signal) + "/playlist.m3u8")
}

// Wrapped is a text in up to h lines of w cells.
func Wrapped(k canvas.Ink, text string, w, h int) []*canvas.Line {
	var out []*canvas.Line
	l := &canvas.Line{}
	for _, word := range strings.Fields(text) {
		if l.Width > 0 && l.Width+1+len(word) > w {
			if len(out) == h-1 {
				break
			}
			out = append(out, l)
			l = &canvas.Line{}
		}
		l.Put(k, " "+word)
	}
	return append(out, l)[:min(h, len(out)+1)]
}
