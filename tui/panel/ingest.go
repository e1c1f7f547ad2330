package panel

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// ingest shows the reporter's table, and the files of the input folders that are not on
// air.
type ingest struct{ canvas.Scroll }

func (*ingest) Title(s *scene.Scene) (name, note string) {
	note = canvas.Count(len(s.Snapshot.Ingests), "signal")
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

func (*ingest) Content(s *scene.Scene, _ int) layouts.Content {
	// The head, the rows, and a playlist below each signal of the table.
	return layouts.Content{Least: 1, Want: max(1+len(ingestRows(s))+len(s.Snapshot.Ingests), 6)}
}

func (*ingest) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (p *ingest) Move(_ *scene.Scene, m Motion, page int) { p.By(m.lines(page)) }

// ingestRow is a signal of the ingest table, a signal that is in it no longer, or a file
// that is not a signal.
type ingestRow struct {
	ingest *report.Ingest      // nil for a signal that is not in the table
	light  *platform.SignalAir // nil while it is not known, and for a file
	film   *platform.FilmAt    // nil for a signal
}

// urgency is 0 for a row that has to be seen where there is no room for all.
func (r ingestRow) urgency() int {
	if r.light != nil && (r.light.State == platform.AirOff || r.light.State == platform.AirUnknown) {
		return 0
	}
	return 1
}

// name is the signal's name, empty for a file.
func (r ingestRow) name() string {
	switch {
	case r.ingest != nil:
		return r.ingest.Signal
	case r.light != nil:
		return r.light.Signal
	}
	return ""
}

func ingestRows(s *scene.Scene) []ingestRow {
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

// The columns that ingestLine asks the widths of.
const (
	packagersColumn = 2
	reportedColumn  = 3
)

func (p *ingest) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	rows := ingestRows(s)
	if len(rows) == 0 {
		p.Show(-1, 0, h)
	}
	switch {
	case s.Snapshot.IngestsErr != "" && len(rows) == 0:
		return canvas.Wrapped(canvas.InkWarn, canvas.Clean(s.Snapshot.IngestsErr), w, h)
	case len(rows) == 0:
		return []*canvas.Line{canvas.Text(canvas.InkDim, " no signal is reported yet")}
	}
	name, light := 6, 10
	for _, r := range rows {
		name = min(max(name, len(r.name())), 16)
		if r.light != nil {
			light = max(light, 2+len(r.light.State.String()))
		}
	}
	const up = 14 // cells for the packagers
	table := canvas.NewTable(s.Glyphs, []canvas.Column{
		{Title: "SIGNAL", Least: max(6, min(name, w-light-up-3))},
		{Title: "LIGHT", Least: light},
		{Title: "PACKAGERS", Least: up, Most: 60},
		{Title: "REPORTED", Least: 8, Most: 30, Rank: 1},
	}, w)
	var out []*canvas.Line
	if s.Snapshot.IngestsErr != "" && h > 1 {
		out = append(out, canvas.Text(canvas.InkWarn, " "+canvas.Shortened(canvas.Clean(s.Snapshot.IngestsErr), w-1, s.Glyphs.Ellipsis)))
	} else if h > len(rows) {
		out = append(out, table.Head())
	}
	room := h - len(out)
	from, to := p.Show(-1, len(rows), room)
	playlists := room >= len(rows)+len(s.Snapshot.Ingests)
	for _, r := range rows[from:to] {
		out = append(out, ingestLine(s, table, r, w))
		if playlists && r.ingest != nil {
			out = append(out, playlistLine(s, r.ingest.Signal, w))
		}
	}
	return out
}

// playlistLine shows a signal's playlist: its address, or its path where that is too long.
func playlistLine(s *scene.Scene, signal string, w int) *canvas.Line {
	address := s.Playlist(signal)
	path := address
	if u, err := url.Parse(address); err == nil {
		path = u.Path
	}
	l := canvas.Text(canvas.InkDim, "   playlist ")
	return l.Put(canvas.InkInfo, canvas.Fitting(w-l.Width, s.Glyphs.Ellipsis, address, path))
}

func ingestLine(s *scene.Scene, table *canvas.Table, r ingestRow, w int) *canvas.Line {
	l := table.Row(false)
	if r.film != nil {
		glyph, k := s.FilmMark(r.film.State)
		l.Put(k, glyph+" "+string(r.film.State))
		file, rest := canvas.Clean(r.film.File), ""
		if r.film.Reason != "" {
			rest = ": " + canvas.Clean(r.film.Reason)
		}
		l.Put(canvas.InkStrong, " "+file)
		return l.Put(canvas.InkText, canvas.Shortened(rest, w-l.Width, s.Glyphs.Ellipsis))
	}
	glyph, word, k := s.Glyphs.Question, "unknown", canvas.InkDim
	if r.light != nil {
		glyph, word, k = s.LightMark(r.light.State)
	}
	l.Text(canvas.InkStrong, canvas.Clean(r.name())).Text(k, glyph+" "+word)
	if r.ingest == nil {
		return l.Put(canvas.InkText, " "+canvas.Shortened(canvas.Clean(r.light.Reason), w-l.Width-1, s.Glyphs.Ellipsis))
	}
	l.Text(canvas.InkText, upPackagers(s, *r.ingest, table.Width(packagersColumn)))
	return l.Text(canvas.InkDim, lastReported(r.ingest.LastReported, table.Width(reportedColumn), s.Now)).Line
}

// upPackagers lists the packagers that are up for a signal. The active one has the word,
// or just a mark where w has no room for it. Where there is no room for any name it says how
// many are up.
func upPackagers(s *scene.Scene, v report.Ingest, w int) string {
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
	return canvas.Fitting(w, s.Glyphs.Ellipsis, strings.Join(names, ", "), strings.Join(short, " "), fmt.Sprintf("%d up", len(names)))
}

// shortAddress returns :PORT for this machine, or else host and port.
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

// lastReported returns when the reporter heard of a signal, in the operator's zone, and how
// long ago that was, as far as w cells have room for both.
func lastReported(text string, w int, now time.Time) string {
	at, err := time.ParseInLocation(time.RFC1123, text, now.Location())
	if err != nil {
		return canvas.Clean(text)
	}
	if zone, offset := at.Zone(); offset == 0 && zone != "UTC" && zone != "GMT" && zone != "WET" {
		// The abbreviation of a zone elsewhere has no offset: the clock is taken as it is written.
		at = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, now.Location())
	}
	short := at.In(now.Location()).Format("15:04:05")
	if ago := canvas.Elapsed(now.Sub(at)) + " ago"; len(short)+2+len(ago) <= w {
		return short + ", " + ago
	}
	return short
}
