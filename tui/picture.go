package tui

import (
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"livestream-tui/layouts"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/film"
)

const (
	// besideLeast is the width from which the picture stands beside the panels.
	besideLeast = 2 * leastW
	// pictureAgain is how long after its end a film is tried again, pictureResize
	// how long a new size must last before it is shot anew.
	pictureAgain  = time.Second
	pictureResize = 300 * time.Millisecond
)

// picture is the live picture in the terminal. It costs nothing while off.
type picture struct {
	on bool
	// epoch tells the messages of the present film from those of earlier ones.
	epoch int
	film  film.Film
	// w and h are its size in pixels, each a cell wide and half a cell high.
	w, h   int
	pixels []byte
	// why there is no picture.
	why string
	// shown counts pictures since the second began; fps is that of the last.
	shown, fps int
	second     time.Time
}

// The messages of a film, each with the epoch that it belongs to.
type (
	filmOpened struct {
		epoch int
		film  film.Film
	}
	filmShown struct {
		epoch  int
		pixels []byte
	}
	filmEnded struct {
		epoch int
		err   error
	}
	filmAgain struct{ epoch int }
)

// togglePicture is the key.
func (m *model) togglePicture() tea.Cmd {
	if m.picture.on {
		m.closePicture()
		m.picture.on = false
		return nil
	}
	m.picture = picture{on: true, epoch: m.picture.epoch, why: "waiting for the first picture"}
	return m.openPicture()
}

// closePicture ends the film. What it still sends belongs to an older epoch.
func (m *model) closePicture() {
	m.picture.epoch++
	if m.picture.film != nil {
		m.picture.film.Close()
	}
	m.picture.film, m.picture.pixels = nil, nil
}

// openPicture starts a film of the size that the panel has now.
func (m *model) openPicture() tea.Cmd {
	m.closePicture()
	urls := m.playURLs()
	_, place := m.split()
	m.picture.w, m.picture.h = place.W-2, 2*(place.H-2)
	epoch := m.picture.epoch
	if len(urls) == 0 || m.picture.w < 8 || m.picture.h < 4 {
		m.picture.why = "there is no signal to play yet"
		return pictureLater(epoch, pictureAgain)
	}
	open, w, h := m.outside.film, m.picture.w, m.picture.h
	return func() tea.Msg {
		f, err := open(urls[0], w, h)
		if err != nil {
			return filmEnded{epoch, err}
		}
		return filmOpened{epoch, f}
	}
}

// resizePicture waits for the size to settle: a window that is drawn out has many.
func (m *model) resizePicture() tea.Cmd {
	m.closePicture()
	m.picture.why = "waiting for the first picture"
	return pictureLater(m.picture.epoch, pictureResize)
}

func pictureLater(epoch int, d time.Duration) tea.Cmd {
	return tea.Tick(d, func(time.Time) tea.Msg { return filmAgain{epoch} })
}

// filmMsg takes the messages of a film; false for any other.
func (m *model) filmMsg(msg tea.Msg) (tea.Cmd, bool) {
	p := &m.picture
	switch msg := msg.(type) {
	case filmOpened:
		if msg.epoch != p.epoch || !p.on {
			msg.film.Close()
			return nil, true
		}
		p.film = msg.film
		return nextPicture(msg.film, msg.epoch), true
	case filmShown:
		if msg.epoch != p.epoch || p.film == nil {
			return nil, true
		}
		p.pixels, p.why = msg.pixels, ""
		if s := m.scene.Now.Truncate(time.Second); !s.Equal(p.second) {
			p.fps, p.shown, p.second = p.shown, 0, s
		}
		p.shown++
		return nextPicture(p.film, msg.epoch), true
	case filmEnded:
		if msg.epoch != p.epoch || !p.on {
			return nil, true
		}
		m.closePicture()
		p.why = canvas.Clean(msg.err.Error())
		return pictureLater(p.epoch, pictureAgain), true
	case filmAgain:
		if msg.epoch != p.epoch || !p.on {
			return nil, true
		}
		return m.openPicture(), true
	}
	return nil, false
}

func nextPicture(f film.Film, epoch int) tea.Cmd {
	return func() tea.Msg {
		pixels, err := f.Next()
		if err != nil {
			return filmEnded{epoch, err}
		}
		return filmShown{epoch, pixels}
	}
}

// split is how wide the panels are, and where the picture is: at the right of
// them, or over them where there is no room for both.
func (m *model) split() (panels int, place layouts.Placed) {
	h := max(0, m.h-2)
	if m.w < besideLeast {
		return m.w, layouts.Placed{Panel: "picture", W: m.w, H: h}
	}
	w := m.w / 2
	return m.w - w, layouts.Placed{Panel: "picture", X: m.w - w, W: w, H: h}
}

// pictureLines is the picture's panel: place.H lines of place.W cells.
func (m *model) pictureLines(place layouts.Placed) []string {
	g := m.scene.Glyphs
	note := "w hides it"
	if m.picture.fps > 0 {
		note = fmt.Sprintf("%d fps  %s", m.picture.fps, note)
	}
	if place.W < 4 || place.H < 3 {
		return blankLines(place.W, place.H)
	}
	out := []string{m.painter.Paint(edgeLine(g.Box[2], g.Box[3], g.Box[0], canvas.InkBorder, canvas.InkTitle, "PICTURE", note, place.W, g), place.W)}
	side := m.painter.Paint((&canvas.Line{}).Put(canvas.InkBorder, g.Box[1]), 1)
	w, h := place.W-2, place.H-2
	rows := film.Rendered(m.picture.pixels, m.picture.w, m.picture.h, m.depth())
	for y := range h {
		var row string
		switch {
		case len(rows) == h && m.picture.w == w:
			row = rows[y]
		case y == h/2:
			l := (&canvas.Line{}).Gap(max(0, (w-len(m.picture.why))/2))
			row = m.painter.Paint(l.Put(canvas.InkDim, m.picture.why), w)
		default:
			row = m.painter.Paint(&canvas.Line{}, w)
		}
		out = append(out, side+row+side)
	}
	return append(out, m.painter.Paint(edgeLine(g.Box[5], g.Box[4], g.Box[0], canvas.InkBorder, canvas.InkTitle, "", "", place.W, g), place.W))
}

func (m *model) depth() film.Depth {
	switch p := m.terminal.ColorProfile(); {
	case m.terminal.plain || m.scene.Glyphs.ASCII:
		return film.DepthGrey
	case p == termenv.TrueColor:
		return film.DepthTrue
	case p == termenv.ANSI256:
		return film.Depth256
	}
	return film.DepthGrey
}
