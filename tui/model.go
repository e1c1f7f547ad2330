package tui

import (
	"context"
	"slices"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
	"livestream-tui/tui/scene"
)

const (
	// pollPeriod is the time between two looks at the platform.
	pollPeriod = 100 * time.Millisecond
	// noticeFor is how long a notice stays.
	noticeFor = 6 * time.Second
	// leastW and leastH are the smallest screen that is drawn.
	leastW, leastH = 40, 10
)

// The messages of commands.
type (
	// polled is a look at the platform.
	polled struct {
		at       time.Time
		snapshot platform.Snapshot
		logs     []platform.LogLine
	}
	// drilled is the end of a drill.
	drilled struct{ scene.Verdict }
	// stopped: the platform has stopped.
	stopped struct{}
	// notice is something to tell the operator.
	notice struct {
		text string
		bad  bool
	}
)

// model is the root: it alone writes to the scene and to the panels.
type model struct {
	ctx      context.Context // of the commands
	platform platform.Platform
	options  Options
	outside  outside
	terminal look
	keys     []binding

	w, h    int
	scene   scene.Scene
	panels  map[string]panel.Panel
	logs    *panel.LogsPanel
	screen  int
	focus   string
	focused map[int]string // by screen, when it was left
	zoomed  bool
	mouse   bool
	painter canvas.Painter
	theme   int // among themeNames
	// drawn are the panels as they were painted last.
	drawn map[string]painted
	// placed are the panels' places, for what arrangedAt says.
	placed     []layouts.Placed
	arrangedAt arranged

	picture  picture
	dialog   dialog // nil for none
	notice   notice
	noticeAt time.Time
	// leaving: the platform was asked to stop; pressed counts ctrl+c.
	leaving bool
	pressed int
	// crash is the panic that has ended a command and the program; nil for none.
	crash *crash
}

func newModel(ctx context.Context, p platform.Platform, l layouts.Layout, o Options, r look, out outside) *model {
	g := canvas.UnicodeGlyphs()
	if o.ASCII {
		g = canvas.ASCIIGlyphs()
	}
	m := &model{
		ctx: ctx, platform: p, options: o, outside: out, terminal: r, keys: keymap(), panels: panel.All(), focus: "services", focused: map[int]string{},
		scene: scene.Scene{Layout: l, Glyphs: g, CPU: scene.NewHistory(), Latency: scene.NewHistory()},
		theme: max(0, slices.Index(canvas.ThemeNames(), o.Theme)), drawn: map[string]painted{},
	}
	m.logs = m.panels["logs"].(*panel.LogsPanel)
	now, _ := p.Snapshot(ctx) // the newest that is known
	m.setTheme()
	m.take(polled{now.At, now, nil})
	m.settleFocus()
	return m
}

func (m *model) setTheme() {
	m.painter = canvas.Painter{Theme: canvas.NewTheme(m.terminal.Renderer, canvas.ThemeNames()[m.theme], m.terminal.plain), Glyphs: m.scene.Glyphs}
	clear(m.drawn)
}

// Init implements tea.Model.
func (m *model) Init() tea.Cmd {
	ended := m.options.Stopped
	if ended == nil {
		return guarded(m.poll(0))
	}
	return tea.Batch(guarded(m.poll(0)), func() tea.Msg {
		<-ended
		return stopped{}
	})
}

// poll looks at the platform once, after the period.
func (m *model) poll(seq uint64) tea.Cmd {
	ctx, platform, clock := m.ctx, m.platform, m.outside.clock
	return tea.Tick(pollPeriod, func(time.Time) tea.Msg {
		snapshot, _ := platform.Snapshot(ctx) // OnAir says that it is not known now
		lines, _ := platform.Logs(ctx, seq, panel.LogsMost)
		return polled{clock(), snapshot, lines}
	})
}

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if c, ok := msg.(crash); ok {
		m.crash = &c
		return m, tea.Quit
	}
	next, cmd := m.update(msg)
	return next, guarded(cmd)
}

func (m *model) update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
		if m.picture.on {
			return m, m.resizePicture()
		}
	case polled:
		return m, tea.Batch(m.take(msg), m.poll(m.logs.Seq()))
	case stopped:
		return m, tea.Quit
	case notice:
		m.notice, m.noticeAt = msg, m.scene.Now
	case drilled:
		m.scene.Verdicts = append(m.scene.Verdicts, msg.Verdict)
		m.scene.Stamp++
		m.tell("drill "+msg.Name+": "+msg.Text, !msg.Passed)
	case tea.KeyMsg:
		return m, m.typed(msg)
	case tea.MouseMsg:
		m.click(msg)
	default:
		if cmd, is := m.jobMsg(msg); is {
			return m, cmd
		}
		cmd, _ := m.filmMsg(msg)
		return m, cmd
	}
	return m, nil
}

// take takes over what was seen of the platform.
func (m *model) take(p polled) tea.Cmd {
	before := m.scene.Light.State
	m.scene.Take(p.snapshot, p.at)
	m.logs.Take(p.logs)
	if m.scene.Light.State != before {
		m.scene.Stamp++
	}
	if m.notice.text != "" && m.scene.Now.Sub(m.noticeAt) > noticeFor {
		m.notice = notice{}
	}
	if m.scene.Light.State == platform.AirOff && before != platform.AirOff {
		return m.outside.do(m.outside.bell)
	}
	return nil
}

// typed takes what came from the keyboard at once: keys in a quick succession are
// one message, and so is what was pasted, which is text and no command.
func (m *model) typed(k tea.KeyMsg) tea.Cmd {
	switch {
	case k.Paste && m.dialog == nil:
		m.tell("what was pasted is no command: / and : take text", true)
		return nil
	case k.Paste || k.Type != tea.KeyRunes || len(k.Runes) < 2:
		return m.press(k)
	}
	var cmds []tea.Cmd
	for _, r := range k.Runes {
		cmds = append(cmds, guarded(m.press(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: k.Alt})))
	}
	return tea.Sequence(cmds...)
}

// press takes a key.
func (m *model) press(k tea.KeyMsg) tea.Cmd {
	m.scene.Stamp++
	if k.String() == "ctrl+c" {
		return m.quitNow()
	}
	if m.w < leastW || m.h < leastH {
		// What cannot be seen is not done, but for quitting.
		if k.String() == "q" {
			return m.quitNow()
		}
		return nil
	}
	if m.dialog != nil {
		next, cmd := m.dialog.press(m, k)
		m.dialog = next
		return cmd
	}
	if len(k.Runes) == 1 && k.Runes[0] >= '1' && k.Runes[0] <= '9' && !k.Alt {
		m.panelNumber(int(k.Runes[0] - '1'))
		return nil
	}
	for _, b := range m.keys {
		if b.does != nil && key.Matches(k, b.Binding) {
			return b.does(m)
		}
	}
	return nil
}

// order are the panels of the screen that is shown, in the order of their numbers.
func (m *model) order() []string {
	var names []string
	if len(m.scene.Layout.Screens) == 0 {
		return names
	}
	for _, r := range m.scene.Layout.Screens[m.screen].Rows {
		for _, p := range r.Panels {
			if !slices.Contains(names, p.Name) && m.panels[p.Name] != nil {
				names = append(names, p.Name)
			}
		}
	}
	return names
}

// goTo shows a screen with the focus that it had.
func (m *model) goTo(screen int) {
	m.focused[m.screen] = m.focus
	m.screen, m.zoomed = screen, false
	if focus, ok := m.focused[screen]; ok {
		m.focus = focus
	}
	m.settleFocus()
}

// settleFocus keeps the focus on a panel that is there.
func (m *model) settleFocus() {
	names := m.order()
	if slices.Contains(names, m.focus) {
		return
	}
	m.focus = ""
	if len(names) > 0 {
		m.focus = names[len(names)-1]
	}
	if slices.Contains(names, "services") {
		m.focus = "services"
	}
}

func (m *model) nextPanel(by int) {
	names := m.order()
	if len(names) == 0 {
		return
	}
	i := slices.Index(names, m.focus)
	m.focus = names[(i+by+len(names))%len(names)]
}

func (m *model) panelNumber(i int) {
	if names := m.order(); i < len(names) {
		m.focus = names[i]
	}
}

// page is how many lines the focused panel has.
func (m *model) page() int {
	for _, p := range m.places() {
		if p.Panel == m.focus {
			return max(1, p.H-p.Frame.Lines()-1)
		}
	}
	return 1
}

func (m *model) move(to panel.Motion) {
	if p := m.panels[m.focus]; p != nil {
		p.Move(&m.scene, to, m.page())
	}
}

// open goes deeper: from a failover to its logs, else the panel over the screen.
func (m *model) open() tea.Cmd {
	if p, ok := m.panels[m.focus].(*panel.FailoversPanel); ok && (m.zoomed || p.Chosen >= 0) {
		if f, ok := p.Event(&m.scene); ok {
			m.dialog = newAround(m, f)
			return nil
		}
	}
	m.zoomed = !m.zoomed
	return nil
}

// back undoes one step of what was opened.
func (m *model) back() {
	switch p, failovers := m.panels[m.focus].(*panel.FailoversPanel); {
	case m.picture.on && m.w < besideLeast:
		m.togglePicture() // it lies over the panels
	case m.zoomed:
		m.zoomed = false
	case failovers && p.Chosen >= 0:
		p.Chosen = -1
	case m.logs.Filter != "":
		m.logs.SetFilter("")
	case m.logs.At != 0:
		m.logs.Follow()
	case m.logs.Service != "":
		m.logs.Only("")
	}
}

// click takes the mouse: a click focuses a panel and chooses a line of it, the
// wheel moves in the panel below the pointer.
func (m *model) click(e tea.MouseMsg) {
	if m.dialog != nil || e.Action != tea.MouseActionPress {
		return
	}
	m.scene.Stamp++
	for _, p := range m.places() {
		y := e.Y - 1 // the header's line
		if e.X < p.X || e.X >= p.X+p.W || y < p.Y || y >= p.Y+p.H {
			continue
		}
		m.focus = p.Panel
		switch e.Button {
		case tea.MouseButtonWheelUp:
			m.move(panel.MoveUp)
		case tea.MouseButtonWheelDown:
			m.move(panel.MoveDown)
		case tea.MouseButtonLeft:
			if v, ok := m.panels[p.Panel].(*panel.ServicesPanel); ok {
				head := p.Y + 1
				if p.Frame == layouts.Bare {
					head = p.Y
				}
				if i := v.First + y - head - 1; i >= 0 && i < len(m.scene.Snapshot.Processes) {
					m.scene.Selected = m.scene.Snapshot.Processes[i].Name
				}
			}
		}
		return
	}
}
