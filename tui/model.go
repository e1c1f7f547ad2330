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
	"livestream-tui/tui/terminal"
	"livestream-tui/tui/trouble"
)

const (
	// noticeFor is how long a notice stays.
	noticeFor = 6 * time.Second
	// leastW and leastH are the smallest screen that is drawn.
	leastW, leastH = 40, 10
)

// The messages of commands.
type (
	// polled is what a poll of the platform found.
	polled struct {
		at       time.Time
		snapshot platform.Snapshot
		logs     []platform.LogLine
	}
	// stopped says that the platform has stopped.
	stopped struct{}
	// notice is a message to the operator.
	notice struct {
		text string
		bad  bool
	}
)

// model is the root model. Only it writes to the scene and to the panels.
type model struct {
	ctx      context.Context // of the commands
	platform platform.Platform
	// admission lets the programs that the dashboard starts play.
	admission *admission
	options   Options
	outside   terminal.Outside
	look      look
	keys      []binding

	w, h   int
	scene  scene.Scene
	panels map[string]panel.Panel
	logs   *panel.Logs
	// allowance is how many lines of log the next poll may take.
	allowance allowance
	pace      pace
	hurry     hurry
	known     remembered // of the journal
	screen    int
	focus     string
	focused   map[int]string // the focus of each screen when it was left
	zoomed    bool
	mouse     bool
	painter   canvas.Painter
	theme     int // an index of canvas.ThemeNames
	// drawn holds the panels as they were last painted, by name.
	drawn map[string]painted
	// placed are the panels' places, as they follow from arrangedAt.
	placed     []layouts.Placed
	arrangedAt arranged

	picture  livePicture
	dialog   dialog // nil when none is open
	notice   notice
	noticeAt time.Time
	alarm    alarm
	troubles []trouble.Trouble // what is wrong now, the worst first
	touched  touched
	jumped   jumped
	used     used      // the latest choice of an input
	drilling *drilling // nil when no drill is under way
	// chosen is set once the operator has chosen a process. Until then that of the worst
	// trouble is selected, or else the active packager.
	chosen bool
	// leaving is set once the platform was asked to stop; pressed counts ctrl+c.
	leaving bool
	pressed int
	// key is the key that the latest command came from, for the journal.
	key string
	// crash is the panic that ended a command, and the program with it; nil without one.
	crash *crash
}

func newModel(ctx context.Context, p platform.Platform, l layouts.Layout, o Options, r look, out terminal.Outside) *model {
	g := canvas.UnicodeGlyphs()
	if o.ASCII {
		g = canvas.ASCIIGlyphs()
	}
	if o.ReadOnly {
		p = sealed{p}
	}
	m := &model{
		ctx: ctx, platform: p, admission: &admission{platform: p, readOnly: o.ReadOnly, kept: map[string]keptToken{}}, options: o, outside: out, look: r, keys: remapped(keymap(), o.Keys), panels: panel.All(), focus: home, focused: map[int]string{},
		scene: scene.New(l, g),
		hurry: make(hurry, 1), theme: max(0, slices.Index(canvas.ThemeNames(), o.Theme)), drawn: map[string]painted{},
	}
	m.logs = m.panels["logs"].(*panel.Logs)
	now, _ := p.Snapshot(ctx) // on an error it is the newest that is known
	m.setTheme()
	m.take(polled{now.At, now, nil})
	m.settleFocus()
	return m
}

func (m *model) setTheme() {
	m.painter = canvas.Painter{Theme: canvas.NewTheme(m.look.Renderer, canvas.ThemeNames()[m.theme], m.look.plain), Glyphs: m.scene.Glyphs}
	clear(m.drawn)
}

// Init implements tea.Model.
func (m *model) Init() tea.Cmd {
	ended := m.options.Stopped
	if ended == nil {
		return tea.Batch(guarded(m.poll(0)), guarded(m.remember(0)), guarded(m.recall(0)))
	}
	return tea.Batch(guarded(m.poll(0)), guarded(m.remember(0)), guarded(m.recall(0)), func() tea.Msg {
		<-ended
		return stopped{}
	})
}

// poll takes the snapshot and the logs after seq, once, after the period of the pace.
func (m *model) poll(seq uint64) tea.Cmd {
	period := m.pace.period(m.scene.Now)
	ctx, platform, clock, most := m.ctx, m.platform, m.outside.Clock, m.allowance.lines(period)
	hurry := m.hurry
	return func() tea.Msg {
		hurry.wait(period)
		snapshot, _ := platform.Snapshot(ctx) // on an error its OnAir is unknown
		if snapshot.LogSeq > 0 && snapshot.LogSeq <= seq {
			return polled{clock(), snapshot, nil}
		}
		lines, _ := platform.Logs(ctx, seq, most)
		return polled{clock(), snapshot, lines}
	}
}

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if c, ok := msg.(crash); ok {
		m.crash = &c
		return m, tea.Quit
	}
	next, cmd := m.update(msg)
	if follow := m.followChoice(); follow != nil {
		cmd = tea.Batch(cmd, follow)
	}
	return next, guarded(cmd)
}

func (m *model) update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
		if m.picture.on {
			return m, m.settlePicture()
		}
	case polled:
		return m, tea.Batch(m.take(msg), m.poll(m.logs.Seq()))
	case remembered:
		return m, m.takeJournal(msg)
	case recalled:
		return m, m.takeHistory(msg)
	case stopped:
		return m, tea.Quit
	case notice:
		m.notice, m.noticeAt = msg, m.scene.Now
	case given:
		m.notice, m.noticeAt = msg.notice, m.scene.Now
		return m, msg.follow
	case drilled:
		return m, m.drillEnded(msg)
	case reported:
		m.showReport(msg)
	case tea.KeyMsg:
		return m, m.typed(msg)
	case tea.MouseMsg:
		m.click(msg)
	default:
		if cmd, ok := m.updateJob(msg); ok {
			return m, cmd
		}
		return m, m.updatePicture(msg)
	}
	return m, nil
}

// take takes over what a poll found.
func (m *model) take(p polled) tea.Cmd {
	before := m.scene.Light.State
	m.pace = m.pace.next(m.scene.Snapshot, p.snapshot, p.at)
	m.scene.Take(p.snapshot, p.at)
	m.findTroubles()
	m.logs.Take(p.logs)
	m.allowance = m.allowance.next(len(p.logs), p.at)
	if m.scene.Light.State != before {
		m.scene.Stamp++
	}
	if m.notice.text != "" && m.scene.Now.Sub(m.noticeAt) > noticeFor {
		m.notice = notice{}
	}
	rings := false
	if m.alarm, rings = m.alarm.next(m.scene.Light, m.scene.Now); rings {
		return m.sound()
	}
	return nil
}

// typed takes a message from the keyboard. Keys in quick succession are one message. Pasted
// text is one, too, but does not press keys.
func (m *model) typed(k tea.KeyMsg) tea.Cmd {
	switch {
	case k.Paste && m.dialog == nil:
		m.notify("pasted text is not run as keys: paste it after / or :", true)
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
	m.touch()
	if k.String() == "ctrl+c" {
		return m.quitNow()
	}
	if m.w < leastW || m.h < leastH {
		// Nothing is done that the operator cannot see, except for quitting.
		if b, _ := m.bound("quit"); key.Matches(k, b.Binding) {
			return m.quitNow()
		}
		return nil
	}
	if m.dialog != nil {
		next, cmd := m.dialog.press(m, k)
		m.dialog = next
		return cmd
	}
	if len(k.Runes) == 1 && k.Runes[0] >= '1' && k.Runes[0] <= '9' {
		m.number(int(k.Runes[0]-'1'), k.Alt)
		return nil
	}
	for _, b := range m.keys {
		if b.does != nil && key.Matches(k, b.Binding) {
			if m.refuses(b) || m.lacksProcess(b) {
				return nil
			}
			m.key = k.String()
			cmd := b.does(m)
			m.chosen = m.chosen || b.group == moveKeys || b.group == processKeys
			return cmd
		}
	}
	return nil
}

// home is the panel that has the focus at the start.
const home = "services"

// order returns the panels of the current screen, in the order of their numbers.
func (m *model) order() []string {
	if len(m.scene.Layout.Screens) == 0 {
		return nil
	}
	return m.orderOf(m.screen)
}

// orderOf returns the panels of a screen, in the order of their numbers.
func (m *model) orderOf(screen int) []string {
	var names []string
	for _, r := range m.scene.Layout.Screens[screen].Rows {
		for _, p := range r.Panels {
			if !slices.Contains(names, p.Name) && m.panels[p.Name] != nil {
				names = append(names, p.Name)
			}
		}
	}
	return names
}

// goTo shows a screen, with the focus that it had.
func (m *model) goTo(screen int) {
	m.focused[m.screen] = m.focus
	m.screen, m.zoomed = screen, false
	if focus, ok := m.focused[screen]; ok {
		m.focus = focus
	}
	m.settleFocus()
}

// settleFocus keeps the focus on a panel of the current screen.
func (m *model) settleFocus() {
	switch names := m.order(); {
	case slices.Contains(names, m.focus):
	case slices.Contains(names, home):
		m.focus = home
	case len(names) > 0:
		m.focus = names[len(names)-1]
	default:
		m.focus = ""
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

// number goes to the i-th screen, or with alt to the i-th panel of the screen.
func (m *model) number(i int, alt bool) {
	switch names, screens := m.order(), len(m.scene.Layout.Screens); {
	case alt && i < len(names):
		m.focus = names[i]
	case alt:
		m.notify("this screen has "+canvas.Count(len(names), "panel"), true)
	case i < screens:
		m.goTo(i)
	default:
		m.notify("this layout has "+canvas.Count(screens, "screen"), true)
	}
}

// page returns how many lines the focused panel moves by a page.
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

// open opens the chosen row of the focused panel, or else zooms the panel or back.
func (m *model) open() {
	if m.openLine() {
		return
	}
	if p, ok := m.panels[m.focus].(panel.Opener); ok {
		if moment, ok := p.Chosen(&m.scene); ok {
			m.dialog = newAround(m, moment)
			return
		}
	}
	if !m.openSignal() && !m.openInput() {
		m.zoomed = !m.zoomed
	}
}

// back takes back one step of what was opened.
func (m *model) back() {
	switch p, ok := m.panels[m.focus].(panel.Backer); {
	case m.undoDrill():
	case m.picture.on && m.w < besideLeast:
		m.togglePicture() // it lies over the panels
	case m.zoomed:
		m.zoomed = false
	case ok && p.Back(), m.unchoose(), m.unchooseInput():
	default:
		m.logs.Back()
	}
}
