package tui

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/services/report"
)

// ingestPanel is the reporter's table.
type ingestPanel struct{ first int }

func (*ingestPanel) title(s *scene) (name, note string) {
	return "INGEST", plural(len(s.snapshot.Ingests), "signal", "signals")
}

func (*ingestPanel) content(s *scene, _ int) layouts.Content {
	return layouts.Content{Least: 1, Want: max(1+2*len(s.snapshot.Ingests), 6)}
}

func (*ingestPanel) stamp(s *scene) uint64 { return s.stamp }

func (p *ingestPanel) move(s *scene, m motion, page int) {
	p.first = min(max(p.first+m.by(page), 0), max(0, len(s.snapshot.Ingests)-1))
}

func (p *ingestPanel) lines(s *scene, w, h int) []*line {
	if s.snapshot.IngestsErr != "" {
		return wrapped(inkWarn, clean(s.snapshot.IngestsErr), w, h)
	}
	if len(s.snapshot.Ingests) == 0 {
		return []*line{(&line{}).put(inkDim, " no signal is reported yet")}
	}
	name := 6
	for _, v := range s.snapshot.Ingests {
		name = min(max(name, len(v.Signal)), 16)
	}
	columns := []column{
		{title: "SIGNAL", least: name},
		{title: "PACKAGERS", least: 14, most: 60},
		{title: "LAST REPORTED", least: 8, most: 30, rank: 1},
	}
	ws := widths(columns, w-1)
	var out []*line
	if h > len(s.snapshot.Ingests) {
		out = append(out, tableHead(s.g, columns, ws))
	}
	p.first = scrolled(p.first, -1, len(s.snapshot.Ingests), h-len(out))
	playlists := h-len(out) >= 2*(len(s.snapshot.Ingests)-p.first)
	for _, v := range s.snapshot.Ingests[p.first:] {
		if len(out) == h {
			break
		}
		r := newRow(s.g, columns, ws, false)
		r.text(inkStrong, clean(v.Signal)).text(inkText, p.packagers(s, v)).text(inkDim, lastReported(v.LastReported, ws[2], s.now))
		out = append(out, r.line)
		if playlists && len(out) < h {
			out = append(out, (&line{}).put(inkDim, "   playlist ").put(inkInfo, playlistURL(s, v.Signal)))
		}
	}
	return out
}

// packagers are those up for a signal, by port where they are ours.
func (*ingestPanel) packagers(s *scene, v report.Ingest) string {
	if len(v.Packagers) == 0 {
		return "none up"
	}
	active := s.active(v.Signal)
	names := make([]string, len(v.Packagers))
	for i, address := range v.Packagers {
		names[i] = shortAddress(address)
		if address == active {
			names[i] += " active"
		}
	}
	return strings.Join(names, ", ")
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
