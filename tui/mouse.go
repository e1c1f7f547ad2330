package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/layouts"
	"livestream-tui/tui/panel"
)

// click takes the mouse: a click on the name of a screen opens it, one on a tile of the picture
// chooses its signal, one on a panel focuses it and is passed to it. The wheel moves in the
// panel below the pointer.
func (m *model) click(e tea.MouseMsg) {
	if m.dialog != nil || e.Action != tea.MouseActionPress || m.w < leastW || m.h < leastH {
		return
	}
	m.scene.Stamp++
	y := e.Y - 1 // without the header
	if y < 0 {
		if screen, on := panel.HeaderTab(&m.scene, m.bar(), m.w, e.X); on && e.Button == tea.MouseButtonLeft {
			m.goTo(screen)
		}
		return
	}
	if _, place := m.split(); m.picture.on && e.X >= place.X {
		if e.Button == tea.MouseButtonLeft {
			m.clickTile(e.X-place.X-1, y-1)
		}
		return
	}
	for _, p := range m.places() {
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
			if c, ok := m.panels[p.Panel].(panel.Clicker); ok {
				line := y - p.Y
				if p.Frame != layouts.Bare {
					line-- // the frame's upper edge
				}
				m.chosen = true
				c.Click(&m.scene, line)
			}
		}
		return
	}
}
