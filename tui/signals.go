package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
	"livestream-tui/tui/scene"
)

// What keys do with signals: with the chosen one, or with all of them.

// signals returns the panel of the signals if it has the focus, or else nil.
func (m *model) signals() *panel.Signals {
	p, _ := m.panels[m.focus].(*panel.Signals)
	return p
}

// chosenSignal returns the name of the signal that keys act on; false when the chosen row
// is none, which it tells the operator. Without any row the name is empty: every signal.
func (m *model) chosenSignal() (string, bool) {
	v := m.scene.Chosen()
	if v == nil {
		return "", true
	}
	if v.ID == "" {
		m.notify(v.Name+" is not on air: choose a signal", true)
		return "", false
	}
	return v.ID, true
}

// failover moves the chosen signal to another packager.
func (m *model) failover() tea.Cmd {
	signal, ok := m.chosenSignal()
	if !ok {
		return nil
	}
	return m.command(platform.Command{Action: platform.Failover, Signal: signal})
}

// failoverAll moves every signal.
func (m *model) failoverAll() tea.Cmd {
	return m.command(platform.Command{Action: platform.Failover})
}

// hold plays the chosen signal from the selected packager until it is released, or releases
// it.
func (m *model) hold() tea.Cmd {
	if signal, ok := m.chosenSignal(); ok {
		return m.holdOf(signal, m.scene.Snapshot.HeldFor(signal))
	}
	return nil
}

// holdAll does so with every signal.
func (m *model) holdAll() tea.Cmd { return m.holdOf("", m.scene.Snapshot.Held()) }

// holdOf holds the selected packager for a signal, of which held is held now.
func (m *model) holdOf(signal, held string) tea.Cmd {
	p := m.scene.SelectedProcess()
	if p == nil || p.Role != layouts.Packager {
		m.notify("only a packager can be held: select one", true)
		return nil
	}
	c := platform.Command{Process: p.Name, Action: platform.Hold, Signal: signal}
	if held == p.Name {
		c = platform.Command{Action: platform.Release, Signal: signal}
	}
	return m.command(c)
}

// ofSignal names the signals of a command behind its action, with a blank before; empty for
// a command that has none.
func ofSignal(c platform.Command) string {
	switch {
	case c.Action != platform.Failover && c.Action != platform.Hold && c.Action != platform.Release:
		return ""
	case c.Signal == "" && c.Action == platform.Failover:
		return " every signal"
	case c.Signal == "":
		return " for every signal"
	case c.Action == platform.Failover:
		return " " + canvas.Clean(c.Signal)
	}
	return " for " + canvas.Clean(c.Signal)
}

// sortSignals sorts the signals by the next figure.
func (m *model) sortSignals() {
	if p, ok := m.panels["signals"].(*panel.Signals); ok {
		m.notify("signals: "+p.Sort(), false)
	}
}

// search filters the signals if they have the focus, or else searches the logs.
func (m *model) search() {
	if !m.filterSignals() {
		m.startSearch()
	}
}

// filter filters the signals if they have the focus, or else the logs.
func (m *model) filter() {
	if !m.filterSignals() {
		m.startFilter()
	}
}

// filterSignals types the filter of the signals; false when they do not have the focus.
func (m *model) filterSignals() bool {
	p := m.signals()
	if p == nil {
		return false
	}
	m.dialog = &signalFilter{input: input{text: []rune(p.Filter())}, panel: p, before: p.Filter(), choice: m.scene.Choice}
	return true
}

// unchoose has keys act on the worst signal again; false when they do already.
func (m *model) unchoose() bool {
	if m.signals() == nil || m.scene.Choice == "" {
		return false
	}
	m.scene.Choice = ""
	return true
}

// signalFilter is the filter of the signals while it is typed. The foot shows it.
type signalFilter struct {
	input
	panel          *panel.Signals
	before, choice string
}

func (f *signalFilter) press(m *model, k tea.KeyMsg) (dialog, tea.Cmd) {
	switch k.String() {
	case "enter":
		return nil, nil
	case "esc":
		f.panel.SetFilter(&m.scene, f.before)
		m.scene.Choice = f.choice
		return nil, nil
	case "up":
		f.panel.Move(&m.scene, panel.MoveUp, 1)
		return f, nil
	case "down":
		f.panel.Move(&m.scene, panel.MoveDown, 1)
		return f, nil
	}
	if f.edit(k) {
		f.panel.SetFilter(&m.scene, string(f.text))
	}
	return f, nil
}

func (*signalFilter) box(*model, int, int) (string, []*canvas.Line, int) { return "", nil, 0 }

// foot draws the input for the foot.
func (f *signalFilter) foot(m *model) *canvas.Line {
	shown, all := f.panel.Counts(&m.scene)
	return f.line("/", m.scene.Glyphs).Put(canvas.InkDim, fmt.Sprintf("  %d of %s   enter keeps it, esc drops it", shown, canvas.Count(all, "signal")))
}

// signalPager is an open signal. The keys of the stream act on it.
type signalPager struct {
	pager
	signal string // its Key
}

// keysOfSignal are the names of the keys that work while a signal is open.
func keysOfSignal() []string { return []string{"fail-over", "hold", "picture"} }

// openSignal opens the chosen signal; false when there is none.
func (m *model) openSignal() bool {
	v := m.scene.Chosen()
	if m.signals() == nil || v == nil {
		return false
	}
	m.scene.Choice = v.Key() // that keys act on what is open
	d := &signalPager{signal: v.Key()}
	d.pager = pager{title: strings.ToUpper("signal ") + v.Name, width: 110, content: d.lines}
	if v.ID == "" {
		d.title = strings.ToUpper("file ") + v.Name
	}
	m.dialog = d
	return true
}

func (d *signalPager) press(m *model, k tea.KeyMsg) (dialog, tea.Cmd) {
	for _, b := range m.keys {
		if b.does == nil || !key.Matches(k, b.Binding) || !slices.Contains(keysOfSignal(), b.name) {
			continue
		}
		if m.refuses(b) {
			return d, nil
		}
		m.scene.Choice = d.signal
		m.dialog = nil
		cmd := b.does(m)
		if m.dialog == nil && b.name != "picture" {
			return d, cmd
		}
		return m.dialog, cmd // the picture needs the room, or does has opened a question
	}
	switch k.String() {
	case "left":
		m.panels["signals"].Move(&m.scene, panel.MoveLeft, 1)
		return d, nil
	case "right":
		m.panels["signals"].Move(&m.scene, panel.MoveRight, 1)
		return d, nil
	}
	next, cmd := d.pager.press(m, k)
	if next == nil {
		return nil, cmd
	}
	return d, cmd
}

// lines returns what is shown of the signal, and the keys that act on it.
func (d *signalPager) lines(m *model, w int) []*canvas.Line {
	i := slices.IndexFunc(m.scene.Signals, func(v scene.Signal) bool { return v.Key() == d.signal })
	if i < 0 {
		return []*canvas.Line{canvas.Text(canvas.InkDim, " it is gone")}
	}
	v := &m.scene.Signals[i]
	lines := panel.SignalLines(&m.scene, v, w)
	if v.ID != "" {
		keys := canvas.Text(canvas.InkText, "")
		for _, b := range m.keys {
			if slices.Contains(keysOfSignal(), b.name) {
				keys.Put(canvas.InkKey, "  "+b.shown(m.scene.Glyphs)).Put(canvas.InkDim, " "+wordOfKey(m, b, v.ID))
			}
		}
		arrows := "←→"
		if m.scene.Glyphs.ASCII {
			arrows = "left/right"
		}
		keys.Put(canvas.InkKey, "  "+arrows).Put(canvas.InkDim, " select a packager")
		lines = append(lines, &canvas.Line{}, keys)
	}
	return broken(lines, w)
}

// wordOfKey says what a key does to an open signal.
func wordOfKey(m *model, b binding, signal string) string {
	switch b.name {
	case "fail-over":
		return "fail over"
	case "hold":
		name := "a packager"
		if p := m.scene.SelectedProcess(); p != nil && p.Role == layouts.Packager {
			name = p.Name
			if m.scene.Snapshot.HeldFor(signal) == name {
				return "release " + name
			}
		}
		return "hold " + name
	}
	return b.name
}
