package summary

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"livestream-tui/services/kit/text"
)

// The geometry of the plots, in pixels.
const (
	plotWidth = 960
	plotLeft  = 140 // of the axis
	rowHeight = 22
	barHeight = 14
	waitsHigh = 120
	ticksMost = 8
)

// The colours of the plots. A word says the same in the legend and in each bar's title.
const (
	colourOn      = "#2e8b57"
	colourOff     = "#c62828"
	colourPlanned = "#e0a000"
	colourDown    = "#9e9e9e"
)

// WriteHTML writes the summary as one page, which needs no other file: plots, and the tables
// of WriteMarkdown.
func (s Summary) WriteHTML(w io.Writer) error {
	var markdown, b bytes.Buffer
	if err := s.WriteMarkdown(&markdown); err != nil {
		return err
	}
	title, rest, _ := strings.Cut(strings.TrimPrefix(markdown.String(), "# "), "\n")
	fmt.Fprintf(&b, `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>%[1]s</title><style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse } th, td { text-align: left; padding: .2em .8em .2em 0; border-bottom: 1px solid #ddd; vertical-align: top }
svg text { font: 12px system-ui, sans-serif; fill: #444 }
</style></head><body>
<h1>%[1]s</h1>
`, html.EscapeString(title))
	s.plotSignals(&b)
	s.plotWaits(&b)
	writeTables(&b, rest)
	fmt.Fprintln(&b, "</body></html>")
	_, err := w.Write(b.Bytes())
	return err
}

// x returns where a time is on the axis.
func (s Summary) x(t time.Time) float64 {
	return plotLeft + (plotWidth-plotLeft)*float64(t.Sub(s.Window.From))/float64(max(1, s.Window.Length()))
}

// plotSignals draws a bar for each signal: when it was on air, when it was not and when no
// platform ran.
func (s Summary) plotSignals(b *bytes.Buffer) {
	height := (len(s.Signals)+1)*rowHeight + 10
	fmt.Fprintf(b, "<h2>On air</h2>\n<svg width=%q height=\"%d\" role=\"img\" aria-label=\"when each signal was on air\">\n", fmt.Sprint(plotWidth), height)
	for i, one := range s.Signals {
		y := i * rowHeight
		fmt.Fprintf(b, "<text x=\"0\" y=\"%d\">%s</text>\n", y+barHeight-2, html.EscapeString(text.Clean(one.Name)))
		s.bars(b, y, colourOn, "on air", one.Counted)
		s.bars(b, y, colourOff, "off air", one.Off)
		s.bars(b, y, colourPlanned, "off air, planned", one.Planned)
		for _, d := range s.Down {
			s.bars(b, y, colourDown, "not running", []Span{d.Span})
		}
	}
	s.ticks(b, len(s.Signals)*rowHeight)
	fmt.Fprintln(b, "</svg>")
	fmt.Fprint(b, "<p>")
	for _, l := range [][2]string{{colourOn, "on air"}, {colourOff, "off air"}, {colourPlanned, "off air, planned"}, {colourDown, "not running"}} {
		fmt.Fprintf(b, "<span style=\"color:%s\">&#9632;</span> %s &nbsp; ", l[0], l[1])
	}
	fmt.Fprintln(b, "</p>")
}

// bars draws times of one kind, each at least a pixel wide.
func (s Summary) bars(b *bytes.Buffer, y int, colour, what string, list []Span) {
	for _, span := range list {
		from, to := s.x(span.From), s.x(span.To)
		fmt.Fprintf(b, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=%q><title>%s from %s for %s</title></rect>\n",
			from, y, max(1, to-from), barHeight, colour, what, stamp(span.From), exact(span.Length()))
	}
}

// ticks draws the axis of time.
func (s Summary) ticks(b *bytes.Buffer, y int) {
	format := "15:04"
	if s.Window.Length() > 24*time.Hour {
		format = "02 Jan 15:04"
	}
	for i := range ticksMost {
		at := s.Window.From.Add(s.Window.Length() * time.Duration(i) / ticksMost)
		fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%d\">%s</text>\n", s.x(at), y+barHeight, at.Local().Format(format))
	}
}

// plotWaits draws a dot for each failover: how long the longest wait of a player was.
func (s Summary) plotWaits(b *bytes.Buffer) {
	if len(s.Failovers) == 0 {
		return
	}
	most := max(s.All.WorstWaitMS, 1)
	fmt.Fprintf(b, "<h2>Longest wait of a player in each failover</h2>\n<svg width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"waits in failovers\">\n", plotWidth, waitsHigh+rowHeight+10)
	fmt.Fprintf(b, "<text x=\"0\" y=\"12\">%.0f ms</text><text x=\"0\" y=\"%d\">none</text>\n", most, waitsHigh)
	fmt.Fprintf(b, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#ccc\"/>\n", plotLeft, waitsHigh, plotWidth, waitsHigh)
	for _, f := range s.Failovers {
		y := waitsHigh - (waitsHigh-8)*max(0, f.GapMS)/most
		fmt.Fprintf(b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=%q><title>%s</title></circle>\n", s.x(f.Time), y, colourOff,
			html.EscapeString(text.Clean(fmt.Sprintf("%s %s: %s", stamp(f.Time), f.Signal, wait(f.GapMS)))))
	}
	s.ticks(b, waitsHigh)
	fmt.Fprintln(b, "</svg>")
}

// writeTables writes the tables of WriteMarkdown.
func writeTables(b *bytes.Buffer, markdown string) {
	inTable := false
	for line := range strings.Lines(markdown) {
		line = strings.TrimSpace(line)
		cells, isRow := strings.CutPrefix(line, "|")
		if inTable && !isRow {
			fmt.Fprintln(b, "</table>")
			inTable = false
		}
		title, isTitle := strings.CutPrefix(line, "## ")
		switch {
		case line == "" || strings.HasPrefix(line, "|---"):
		case isTitle:
			fmt.Fprintf(b, "<h2>%s</h2>\n", html.EscapeString(title))
		case !isRow:
			fmt.Fprintf(b, "<p>%s</p>\n", html.EscapeString(line))
		default:
			cell := "td"
			if !inTable {
				fmt.Fprintln(b, "<table>")
				cell, inTable = "th", true
			}
			fmt.Fprint(b, "<tr>")
			for _, c := range splitRow(cells) {
				fmt.Fprintf(b, "<%[1]s>%[2]s</%[1]s>", cell, html.EscapeString(strings.Trim(c, "*")))
			}
			fmt.Fprintln(b, "</tr>")
		}
	}
	if inTable {
		fmt.Fprintln(b, "</table>")
	}
}

// splitRow returns the cells of a row, which ends in a bar.
func splitRow(row string) []string {
	const bar = "\x00"
	cells := strings.Split(strings.TrimSuffix(strings.ReplaceAll(row, `\|`, bar), "|"), "|")
	for i, c := range cells {
		cells[i] = strings.TrimSpace(strings.ReplaceAll(c, bar, "|"))
	}
	return cells
}
