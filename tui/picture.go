package tui

import (
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"livestream-tui/layouts"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/picture"
)

const (
	// besideLeast is the width from which the picture stands beside the panels.
	besideLeast = 2 * leastW
	// pictureRetry is how long after its end a picture is opened again, pictureResize
	// how long a new size must last before the picture is opened in it.
	pictureRetry  = time.Second
	pictureResize = 300 * time.Millisecond
)

// livePicture is the live picture in the terminal. It costs nothing while it is off.
type livePicture struct {
	on bool
	// epoch tells the messages of the current source from those of earlier ones.
	epoch int
	// source is nil while none is open.
	source picture.Source
	// w and h are the size in pixels, each one cell wide and half a cell high.
	w, h   int
	pixels []byte
	// why says why there is no picture.
	why string
	// shown counts pictures since the second began; fps is the count of the last second.
	shown, fps int
	second     time.Time
}

// The messages of a source, each with its epoch.
type (
	pictureOpened struct {
		epoch  int
		source picture.Source
	}
	pictureShown struct {
		epoch  int
		pixels []byte
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
	if m.picture.on {
		m.closePicture()
		m.picture.on = false
		return nil
	}
	m.picture = livePicture{on: true, epoch: m.picture.epoch, why: awaitingPicture}
	return m.openPicture()
}

// closePicture closes the source. Its messages belong to an older epoch from now on.
func (m *model) closePicture() {
	m.picture.epoch++
	if m.picture.source != nil {
		m.picture.source.Close()
	}
	m.picture.source, m.picture.pixels = nil, nil
}

// openPicture opens a source in the size that the panel has now.
func (m *model) openPicture() tea.Cmd {
	m.closePicture()
	urls := m.playURLs()
	_, place := m.split()
	m.picture.w, m.picture.h = place.W-2, 2*(place.H-2)
	epoch := m.picture.epoch
	if len(urls) == 0 || m.picture.w < 8 || m.picture.h < 4 {
		m.picture.why = nothingToPlay
		return pictureLater(epoch, pictureRetry)
	}
	open, url, w, h := m.outside.Picture, m.watched(urls), m.picture.w, m.picture.h
	return func() tea.Msg {
		source, err := open(url, w, h)
		if err != nil {
			return pictureEnded{epoch, err}
		}
		return pictureOpened{epoch, source}
	}
}

// resizePicture waits for the size to settle: a window has many while it is dragged.
func (m *model) resizePicture() tea.Cmd {
	m.closePicture()
	m.picture.why = awaitingPicture
	return pictureLater(m.picture.epoch, pictureResize)
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
		p.pixels, p.why = msg.pixels, ""
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
		p.why = canvas.Clean(msg.err.Error())
		return pictureLater(p.epoch, pictureRetry)
	case pictureDue:
		if msg.epoch != p.epoch || !p.on {
			return nil
		}
		return m.openPicture()
	}
	return nil
}

func nextPicture(source picture.Source, epoch int) tea.Cmd {
	return func() tea.Msg {
		pixels, err := source.Next()
		if err != nil {
			return pictureEnded{epoch, err}
		}
		return pictureShown{epoch, pixels}
	}
}

// split returns how wide the panels are, and where the picture is: at their right, or over
// them where there is no room for both.
func (m *model) split() (panels int, place layouts.Placed) {
	h := max(0, m.h-2)
	if m.w < besideLeast {
		return m.w, layouts.Placed{Panel: "picture", W: m.w, H: h}
	}
	w := m.w / 2
	return m.w - w, layouts.Placed{Panel: "picture", X: m.w - w, W: w, H: h}
}

// pictureLines returns the picture's panel: place.H lines of place.W cells.
func (m *model) pictureLines(place layouts.Placed) []string {
	note := "w hides it"
	if m.picture.fps > 0 {
		note = fmt.Sprintf("%d fps  %s", m.picture.fps, note)
	}
	if place.W < 4 || place.H < 3 {
		return blankLines(place.W, place.H)
	}
	w, h := place.W-2, place.H-2
	rows := picture.Render(m.picture.pixels, m.picture.w, m.picture.h, m.depth())
	return m.boxed(m.border(false, "PICTURE", note), place.W, place.H, func(y int) string {
		l := &canvas.Line{}
		switch {
		case len(rows) == h && m.picture.w == w:
			return rows[y]
		case y == h/2:
			l.Gap(max(0, (w-len(m.picture.why))/2)).Put(canvas.InkDim, m.picture.why)
		}
		return m.painter.Paint(l, w)
	})
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
