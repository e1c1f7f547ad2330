package tui

import (
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/picture"
	"livestream-tui/tui/scene"
)

const (
	// besideLeast is the width from which the picture stands beside the panels.
	besideLeast = 2 * leastW
	// pictureRetry is how long after its end a picture is opened again, pictureSettle how
	// long a new size or a new choice must last before the picture is opened for it.
	pictureRetry  = time.Second
	pictureSettle = 300 * time.Millisecond
)

// livePicture is the live picture in the terminal: the chosen signal's, and stills of others
// where there is room. It costs nothing while it is off.
type livePicture struct {
	on bool
	// epoch tells the messages of the current source from those of earlier ones.
	epoch int
	// source is nil while none is open. It shows the signal, which is empty for none.
	source picture.Source
	signal string
	// shown counts pictures since the second began; fps is the count of the last second.
	shown, fps int
	second     time.Time
	wall
}

// The messages of a source, each with its epoch.
type (
	pictureOpened struct {
		epoch  int
		source picture.Source
	}
	pictureShown struct {
		epoch   int
		picture picture.Picture
	}
	pictureEnded struct {
		epoch int
		err   error
	}
	// pictureDue says that it is time to open a source.
	pictureDue struct{ epoch int }
)

const awaitingPicture = "waiting for the first picture"

// togglePicture shows or hides the picture.
func (m *model) togglePicture() tea.Cmd {
	epoch := m.picture.wall.epoch + 1
	if m.picture.on {
		m.closePicture()
		m.picture = livePicture{epoch: m.picture.epoch, wall: wall{epoch: epoch}}
		return nil
	}
	m.picture = livePicture{on: true, epoch: m.picture.epoch, wall: newWall(epoch)}
	return tea.Batch(m.openPicture(), stillLater(epoch, stillLook))
}

// closePicture closes the source. Its messages belong to an older epoch from now on.
func (m *model) closePicture() {
	m.picture.epoch++
	if m.picture.source != nil {
		m.picture.source.Close()
	}
	m.picture.source, m.picture.fps = nil, 0
}

// watched returns the signal that the picture shows: the chosen one, or else the first that
// can be played; nil without any.
func (m *model) watched() *scene.Signal {
	if v := m.scene.Chosen(); v != nil && v.ID != "" {
		return v
	}
	for i := range m.scene.Signals {
		if v := &m.scene.Signals[i]; m.playable(v) {
			return v
		}
	}
	return nil
}

// playable reports whether a player of the signal may get something.
func (m *model) playable(v *scene.Signal) bool {
	if m.scene.Snapshot.PlayURL == "" || v.ID == "" {
		return false
	}
	return v.Light != nil && v.Light.State != platform.AirStarting || v.View != nil || isLive(&m.scene, v.ID)
}

// isLive reports whether the origin names a signal.
func isLive(s *scene.Scene, signal string) bool {
	for _, l := range s.Live {
		if l.Signal == signal {
			return true
		}
	}
	return false
}

// openPicture opens a source for the signal, in the size that its tile has now.
func (m *model) openPicture() tea.Cmd {
	m.closePicture()
	epoch, v := m.picture.epoch, m.watched()
	m.picture.signal = ""
	if v != nil {
		m.picture.signal = v.ID
	}
	t := m.picture.tile(m.picture.signal)
	t.await()
	_, places := m.tiles()
	if v == nil || !m.playable(v) || len(places) == 0 {
		t.why = nothingToPlay
		return pictureLater(epoch, pictureRetry)
	}
	w, h := places[0].Pixels()
	open, address := m.outside.Picture, m.pictureAddress(v.ID)
	return func() tea.Msg {
		url, err := address()
		if err != nil {
			return pictureEnded{epoch, err}
		}
		source, err := open(url, w, h)
		if err != nil {
			return pictureEnded{epoch, err}
		}
		return pictureOpened{epoch, source}
	}
}

// settlePicture opens the picture again once the size and the choice last.
func (m *model) settlePicture() tea.Cmd {
	m.closePicture()
	if v := m.watched(); v != nil {
		m.picture.signal = v.ID
		m.picture.tile(v.ID).await()
	}
	return pictureLater(m.picture.epoch, pictureSettle)
}

// followChoice has the picture show the signal that is chosen now.
func (m *model) followChoice() tea.Cmd {
	if v := m.watched(); !m.picture.on || v == nil || v.ID == m.picture.signal {
		return nil
	}
	return m.settlePicture()
}

func pictureLater(epoch int, d time.Duration) tea.Cmd {
	return tea.Tick(d, func(time.Time) tea.Msg { return pictureDue{epoch} })
}

// updatePicture takes the messages of a source. Those of an earlier epoch are late.
func (m *model) updatePicture(msg tea.Msg) tea.Cmd {
	p := &m.picture
	switch msg := msg.(type) {
	case pictureOpened:
		if msg.epoch != p.epoch || !p.on {
			msg.source.Close()
			return nil
		}
		p.source = msg.source
		return nextPicture(p.source, p.epoch)
	case pictureShown:
		if msg.epoch != p.epoch || p.source == nil {
			return nil
		}
		p.tile(p.signal).show(msg.picture, m.scene.Now, true)
		if s := m.scene.Now.Truncate(time.Second); !s.Equal(p.second) {
			p.fps, p.shown, p.second = p.shown, 0, s
		}
		p.shown++
		return nextPicture(p.source, p.epoch)
	case pictureEnded:
		if msg.epoch != p.epoch || !p.on {
			return nil
		}
		m.closePicture()
		p.tile(p.signal).why = canvas.Clean(msg.err.Error())
		return pictureLater(p.epoch, pictureRetry)
	case pictureDue:
		if msg.epoch != p.epoch || !p.on {
			return nil
		}
		return m.openPicture()
	}
	return m.updateWall(msg)
}

func nextPicture(source picture.Source, epoch int) tea.Cmd {
	return func() tea.Msg {
		p, err := source.Next()
		if err != nil {
			return pictureEnded{epoch, err}
		}
		return pictureShown{epoch, p}
	}
}

// split returns how wide the panels are, and where the picture is: at their right, or over
// them where there is no room for both.
func (m *model) split() (panels int, place layouts.Placed) {
	h := max(0, m.h-2-m.alarmLines())
	if m.w < besideLeast {
		return m.w, layouts.Placed{Panel: "picture", W: m.w, H: h}
	}
	w := m.w / 2
	return m.w - w, layouts.Placed{Panel: "picture", X: m.w - w, W: w, H: h}
}

// pictureLines returns the picture's panel: place.H lines of place.W cells.
func (m *model) pictureLines(place layouts.Placed) []string {
	if place.W < 4 || place.H < 3 {
		return blankLines(place.W, place.H)
	}
	note := m.keyNamed("picture") + " hides it"
	if m.picture.fps > 0 {
		note = fmt.Sprintf("%d fps  %s", m.picture.fps, note)
	}
	rows := m.wallLines(place.W-2, place.H-2)
	border := m.border(false, "PICTURE", note)
	border.Foot = m.scene.Glyphs.More(m.picture.Hidden())
	return m.boxed(border, place.W, place.H, func(y int) string { return rows[y] })
}

// depth returns how many colours the terminal has for the picture.
func (m *model) depth() picture.Depth {
	switch p := m.look.ColorProfile(); {
	case m.look.plain || m.scene.Glyphs.ASCII:
		return picture.Grey
	case p == termenv.TrueColor:
		return picture.TrueColour
	case p == termenv.ANSI256:
		return picture.Colours256
	}
	return picture.Grey
}
