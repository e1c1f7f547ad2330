package panel

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"livestream-tui/layouts"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// Signals is the matrix: a row for each signal, a column for each packager, the viewer last.
type Signals struct {
	canvas.Scroll
	order  signalOrder
	filter string
	// head is how many lines the last drawing had above its rows.
	head int
}

// signalOrder is by what the rows are sorted.
type signalOrder uint8

const (
	worstFirst signalOrder = iota
	byName
	byBuffer
	byLatency
	byBitrate
	signalOrders
)

func (o signalOrder) String() string {
	return [...]string{"worst first", "by name", "least buffer first", "most latency first", "least bitrate first"}[o]
}

// Title implements Panel.
func (p *Signals) Title(s *scene.Scene) (name, note string) {
	bad, signals, kinds := 0, 0, map[scene.SignalKind]int{}
	for i := range s.Signals {
		v := &s.Signals[i]
		if v.ID != "" {
			signals++
		}
		if v.Bad() {
			bad++
		}
		kinds[v.Kind]++
	}
	parts := []string{fmt.Sprint(signals)}
	if bad > 0 {
		parts = append(parts, fmt.Sprintf("%d bad", bad))
	}
	for _, k := range []scene.SignalKind{scene.SignalRefused, scene.SignalOrphaned, scene.SignalWaiting} {
		if kinds[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", kinds[k], k))
		}
	}
	if p.order != worstFirst {
		parts = append(parts, p.order.String())
	}
	if p.filter != "" {
		parts = append(parts, fmt.Sprintf("/%s/ %d of %d", p.filter, len(p.list(s)), len(s.Signals)))
	}
	return "SIGNALS", strings.Join(parts, " "+s.Glyphs.Dot+" ")
}

// Content implements Panel.
func (*Signals) Content(s *scene.Scene, _ int) layouts.Content {
	n := max(1, len(s.Signals))
	return layouts.Content{Least: min(1+n, 3), Want: 1 + n}
}

// Stamp implements Panel.
func (*Signals) Stamp(s *scene.Scene) uint64 { return s.Stamp }

// list returns the rows that pass the filter, in order.
func (p *Signals) list(s *scene.Scene) []*scene.Signal {
	list := make([]*scene.Signal, 0, len(s.Signals))
	wanted := strings.ToLower(p.filter)
	for i := range s.Signals {
		if v := &s.Signals[i]; wanted == "" || strings.Contains(strings.ToLower(signalText(v)), wanted) {
			list = append(list, v)
		}
	}
	if p.order != worstFirst {
		slices.SortStableFunc(list, p.order.compare)
	}
	return list
}

// signalText is what the filter searches.
func signalText(v *scene.Signal) string {
	text := v.Name + " " + v.Kind.String()
	if v.Light != nil {
		text += " " + v.Light.State.String()
	}
	if v.Film != nil {
		text += " " + canvas.Clean(v.Film.File)
	}
	return text
}

// compare orders two rows; those without a viewer's report come last.
func (o signalOrder) compare(a, b *scene.Signal) int {
	if o == byName {
		return cmp.Compare(a.Name, b.Name)
	}
	if a.View == nil || b.View == nil {
		switch {
		case a.View != nil:
			return -1
		case b.View != nil:
			return 1
		}
		return 0
	}
	switch o {
	case byLatency:
		return cmp.Compare(b.View.LatencyMS, a.View.LatencyMS)
	case byBitrate:
		return cmp.Compare(a.View.BitrateBPS, b.View.BitrateBPS)
	}
	return cmp.Compare(a.View.BufferMS, b.View.BufferMS)
}

// Sort sorts the rows by the next figure, and returns by which in words.
func (p *Signals) Sort() string {
	p.order = (p.order + 1) % signalOrders
	return p.order.String()
}

// Filter returns the text of SetFilter.
func (p *Signals) Filter() string { return p.filter }

// SetFilter shows the rows that contain a text, without regard to case, and chooses the
// first of them if the chosen one is not among them. An empty text shows every row.
func (p *Signals) SetFilter(s *scene.Scene, text string) {
	p.filter = text
	list := p.list(s)
	if chosen := s.Chosen(); text != "" && len(list) > 0 && !slices.Contains(list, chosen) {
		s.Choice = list[0].Key()
	}
}

// Counts returns how many rows pass the filter, and of how many.
func (p *Signals) Counts(s *scene.Scene) (shown, all int) { return len(p.list(s)), len(s.Signals) }

// Move implements Panel: up and down choose a signal, left and right a packager.
func (p *Signals) Move(s *scene.Scene, m Motion, page int) {
	switch m {
	case MoveLeft, MoveRight:
		var names []string
		for _, name := range s.Columns {
			if s.Process(name) != nil {
				names = append(names, name)
			}
		}
		s.Select(names, map[Motion]int{MoveLeft: -1, MoveRight: 1}[m])
		return
	}
	list := p.list(s)
	if len(list) == 0 {
		return
	}
	i := slices.Index(list, s.Chosen())
	s.Choice = list[min(max(i+m.lines(page), 0), len(list)-1)].Key()
}

// Click implements Clicker.
func (p *Signals) Click(s *scene.Scene, line int) {
	list := p.list(s)
	if i := p.First() + line - p.head; line >= p.head && i < len(list) {
		s.Choice = list[i].Key()
	}
}

// Back implements Backer: it drops the filter.
func (p *Signals) Back() bool {
	was := p.filter
	p.filter = ""
	return was != ""
}

// Lines implements Panel.
func (p *Signals) Lines(s *scene.Scene, w, h int) []*canvas.Line {
	list := p.list(s)
	if p.head = 0; len(list) == 0 {
		p.Show(-1, 0, h)
		text := " no signal is reported yet"
		if p.filter != "" {
			text = fmt.Sprintf(" none of %s passes the filter", canvas.Count(len(s.Signals), "signal"))
		}
		return []*canvas.Line{canvas.Text(canvas.InkDim, text)}
	}
	m := newMatrix(s, list, w)
	var out []*canvas.Line
	if h > 2 || h > len(list) {
		out = append(out, m.head())
	}
	p.head = len(out)
	chosen := s.Chosen()
	if s.Choice == "" {
		p.By(-far) // the worst are on top
	}
	from, to := p.Show(slices.Index(list, chosen), len(list), h-len(out))
	for _, v := range list[from:to] {
		out = append(out, m.row(v, v == chosen))
	}
	return out
}
