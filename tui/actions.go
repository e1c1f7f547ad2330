package tui

import (
	"context"
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
)

// ask requests an action on the selected process. If that would take the stream off air,
// the operator has to confirm it first.
func (m *model) ask(a platform.Action) tea.Cmd {
	p := m.scene.SelectedProcess()
	if p == nil {
		return nil
	}
	why := m.scene.Danger(p, a)
	if why != "" {
		why += "."
	} else if a != platform.Start && a != platform.Resume {
		why = m.unexpected(p)
	}
	m.chosen = true
	c := platform.Command{Process: p.Name, Action: a}
	if !p.IsOwn() {
		c.Incarnation = p.Incarnation // the one that the operator sees
	}
	if why != "" && !m.options.Unasked {
		m.dialog = &confirm{
			question: fmt.Sprintf("%s %s?", actionText(a), p.Name), why: why,
			yes: func(m *model) tea.Cmd { return m.command(c) },
		}
		return nil
	}
	return m.command(c)
}

// command passes a command to the platform and shows whether it was accepted, and then what
// has come of it.
func (m *model) command(c platform.Command) tea.Cmd {
	platform, parent, hurry := m.platform, m.ctx, m.hurry
	c.By.Key = m.key
	what := commandText(c)
	return func() tea.Msg {
		ctx, release := context.WithCancel(parent)
		before, events, subscribed := platform.Subscribe(ctx)
		if err := platform.Command(ctx, c); err != nil {
			release()
			return notice{what + ": " + canvas.Clean(err.Error()), true}
		}
		hurry.up()
		accepted := notice{what + ": under way", false}
		if subscribed != nil {
			release()
			return accepted // the platform is lost, which the header says
		}
		return given{accepted, follow(ctx, release, platform, c, before, events)}
	}
}

// actionText returns the action as the screen names it.
func actionText(a platform.Action) string {
	if a == platform.Failover {
		return "fail over"
	}
	return a.String()
}

// commandText returns a command as the screen names it.
func commandText(c platform.Command) string {
	if c.Action == platform.SwitchInput {
		return inputText(c)
	}
	return strings.TrimSpace(actionText(c.Action)+" "+c.Process+c.Machine) + ofSignal(c)
}

func (m *model) stopOrStart() tea.Cmd {
	if p := m.scene.SelectedProcess(); p != nil && !p.Wanted {
		return m.ask(platform.Start)
	}
	return m.ask(platform.Stop)
}

func (m *model) pauseOrResume() tea.Cmd {
	if p := m.scene.SelectedProcess(); p != nil && p.Paused {
		return m.ask(platform.Resume)
	}
	return m.ask(platform.Pause)
}

// notify shows a notice at once.
func (m *model) notify(text string, bad bool) {
	m.notice, m.noticeAt = notice{text, bad}, m.scene.Now
}

func (m *model) nextScreen() {
	n := len(m.scene.Layout.Screens)
	if n < 2 {
		m.notify("this layout has only one screen", false)
		return
	}
	m.goTo((m.screen + 1) % n)
	m.notify("screen "+m.scene.Layout.Screens[m.screen].Name, false)
}

func (m *model) nextTheme() {
	m.theme = (m.theme + 1) % len(canvas.ThemeNames())
	m.setTheme()
	m.notify("theme "+canvas.ThemeNames()[m.theme], false)
}

func (m *model) toggleMouse() tea.Cmd {
	m.mouse = !m.mouse
	if m.mouse {
		m.notify("mouse on: hold shift to select text", false)
		return tea.EnableMouseCellMotion
	}
	m.notify("mouse off", false)
	return tea.DisableMouse
}

// quit asks first if the stream is or may be on air.
func (m *model) quit() tea.Cmd {
	why := ""
	on, due := m.scene.Light.Count()
	switch {
	case m.scene.Light.State == platform.AirOn:
		why = "The stream is on air: every player stops."
	case m.scene.Light.State == platform.AirUnknown:
		why = "The stream may be on air: every player stops."
	case m.scene.Light.State != platform.AirStopping && on > 0:
		why = fmt.Sprintf("%d of %d signals are on air: every player stops.", on, due)
	}
	if m.leaving || m.options.Stop == nil || m.options.Unasked || why == "" {
		return m.leave()
	}
	m.dialog = &confirm{question: "stop everything and quit?", why: why, yes: (*model).leave}
	return nil
}

// quitNow does not ask. The second time it kills what still runs.
func (m *model) quitNow() tea.Cmd {
	m.pressed++
	if m.pressed > 1 && m.options.Kill != nil {
		return effect(m.options.Kill)
	}
	return m.leave()
}

func (m *model) leave() tea.Cmd {
	m.dialog = nil
	if m.leaving {
		return nil
	}
	m.closePicture()
	m.picture.on = false
	if m.options.Stop == nil {
		// A fault must not stay behind on a platform that runs on.
		if d := m.drilling; m.undoDrill() && !d.leave {
			d.leave = true
			return nil
		}
		return tea.Quit
	}
	m.leaving = true
	return effect(m.options.Stop)
}

// effect is a command without a message.
func effect(f func()) tea.Cmd {
	return func() tea.Msg { f(); return nil }
}
