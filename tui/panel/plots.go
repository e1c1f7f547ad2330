package panel

import (
	"livestream-tui/layouts"
	"livestream-tui/procs/platform/series"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// plots shows the last fifteen minutes: of the chosen signal, of the proxy, and of the
// selected process.
type plots struct{ canvas.Scroll }

func (*plots) Title(s *scene.Scene) (name, note string) { return "PLOTS", PlotsNote(s) }

// plotted returns what the panel shows.
func plotted(s *scene.Scene) []chart {
	list := signalCharts(s.Chosen(), series.Buffer, series.Latency, series.Bitrate)
	if p := plottedProxy(s); p != nil {
		list = append(list, chartsOf(p.Name, "", series.Requests)...)
	}
	if p := s.SelectedProcess(); p != nil {
		list = append(list, chartsOf(p.Name, "", series.CPU, series.Memory)...)
	}
	return list
}

func (*plots) Content(s *scene.Scene, w int) layouts.Content {
	n := len(plotted(s))
	rows := (n + across(n, w) - 1) / across(n, w)
	return layouts.Content{Least: chartLow + 1, Want: max(rows*chartHigh+1, chartLow+1)}
}

func (*plots) Stamp(s *scene.Scene) uint64 { return s.Stamp }

func (p *plots) Move(_ *scene.Scene, m Motion, _ int) { p.By(m.lines(1)) }

func (p *plots) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	list := plotted(s)
	if len(list) == 0 {
		p.Show(-1, 0, h)
		return []*canvas.Line{canvas.Text(canvas.InkDim, " there is nothing to plot yet")}
	}
	n := across(len(list), w)
	rows := (len(list) + n - 1) / n
	shown := min(rows, max(1, (h-1)/chartLow))
	from, to := p.Show(-1, rows, shown)
	out := rowsOfCharts(s, list[from*n:min(to*n, len(list))], w, max(1, (h-1)/max(1, shown)))
	return out[:min(len(out), h)]
}
