package tui

import (
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"livestream-tui/layouts"
)

const (
	// pictureFPS is how many pictures a second are asked of the decoder.
	pictureFPS = 10
	// besideLeast is the width from which the picture stands beside the panels.
	besideLeast = 2 * leastW
	// pictureAgain is how long after its end a film is tried again, pictureResize
	// how long a new size must last before it is shot anew.
	pictureAgain  = time.Second
	pictureResize = 300 * time.Millisecond
)

// film is a live picture being decoded. Next is called by one command at a time;
// Close ends it and any Next, and may be called from anywhere.
type film interface {
	// Next waits for the next picture: width times height pixels of three bytes.
	Next() ([]byte, error)
	Close()
}

// picture is the live picture in the terminal. It costs nothing while off.
type picture struct {
	on bool
	// epoch tells the messages of the present film from those of earlier ones.
	epoch int
	film  film
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
		film  film
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
		if s := m.scene.now.Truncate(time.Second); !s.Equal(p.second) {
			p.fps, p.shown, p.second = p.shown, 0, s
		}
		p.shown++
		return nextPicture(p.film, msg.epoch), true
	case filmEnded:
		if msg.epoch != p.epoch || !p.on {
			return nil, true
		}
		m.closePicture()
		p.why = clean(msg.err.Error())
		return pictureLater(p.epoch, pictureAgain), true
	case filmAgain:
		if msg.epoch != p.epoch || !p.on {
			return nil, true
		}
		return m.openPicture(), true
	}
	return nil, false
}

func nextPicture(f film, epoch int) tea.Cmd {
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
	g := m.scene.g
	note := "w hides it"
	if m.picture.fps > 0 {
		note = fmt.Sprintf("%d fps  %s", m.picture.fps, note)
	}
	if place.W < 4 || place.H < 3 {
		return blankLines(place.W, place.H)
	}
	out := []string{m.painter.paint(edgeLine(g.box[2], g.box[3], g.box[0], inkBorder, inkTitle, "PICTURE", note, place.W, g), place.W)}
	side := m.painter.paint((&line{}).put(inkBorder, g.box[1]), 1)
	w, h := place.W-2, place.H-2
	rows := rendered(m.picture.pixels, m.picture.w, m.picture.h, m.depth())
	for y := range h {
		var row string
		switch {
		case len(rows) == h && m.picture.w == w:
			row = rows[y]
		case y == h/2:
			l := (&line{}).gap(max(0, (w-len(m.picture.why))/2))
			row = m.painter.paint(l.put(inkDim, m.picture.why), w)
		default:
			row = m.painter.paint(&line{}, w)
		}
		out = append(out, side+row+side)
	}
	return append(out, m.painter.paint(edgeLine(g.box[5], g.box[4], g.box[0], inkBorder, inkTitle, "", "", place.W, g), place.W))
}

// depth is how many colours a picture may have.
type depth uint8

const (
	depthTrue depth = iota
	depth256
	depthGrey // characters of ASCII, brighter or darker
)

func (m *model) depth() depth {
	switch p := m.terminal.ColorProfile(); {
	case m.terminal.plain || m.scene.g.ascii:
		return depthGrey
	case p == termenv.TrueColor:
		return depthTrue
	case p == termenv.ANSI256:
		return depth256
	}
	return depthGrey
}

// ramp are characters from dark to bright.
const ramp = " .:-=+*#%@"

// rendered draws w by h pixels as h/2 lines: each cell an upper half block, its
// colour the upper pixel's and its background the lower one's.
func rendered(pixels []byte, w, h int, d depth) []string {
	if w < 1 || h < 2 || len(pixels) < w*h*3 {
		return nil
	}
	at := func(x, y int) [3]byte { i := (y*w + x) * 3; return [3]byte{pixels[i], pixels[i+1], pixels[i+2]} }
	out := make([]string, h/2)
	var b strings.Builder
	for row := range out {
		b.Reset()
		var last [2][3]byte
		for x := range w {
			upper, lower := at(x, 2*row), at(x, 2*row+1)
			if d == depthGrey {
				b.WriteByte(ramp[(luma(upper)+luma(lower))/2*len(ramp)/256])
				continue
			}
			if x == 0 || upper != last[0] {
				b.WriteString(colourCode(38, upper, d))
			}
			if x == 0 || lower != last[1] {
				b.WriteString(colourCode(48, lower, d))
			}
			last = [2][3]byte{upper, lower}
			b.WriteString("▀")
		}
		if d != depthGrey {
			b.WriteString("\x1b[0m")
		}
		out[row] = b.String()
	}
	return out
}

// luma is how bright a pixel is, 0 to 255 (ITU-R BT.601).
func luma(c [3]byte) int { return (299*int(c[0]) + 587*int(c[1]) + 114*int(c[2])) / 1000 }

// colourCode is the sequence that sets a colour; layer is 38 for the character's
// and 48 for the background's.
func colourCode(layer int, c [3]byte, d depth) string {
	if d == depthTrue {
		return fmt.Sprintf("\x1b[%d;2;%d;%d;%dm", layer, c[0], c[1], c[2])
	}
	// The cube of 6 by 6 by 6 colours begins at 16.
	step := func(v byte) int { return (int(v)*5 + 127) / 255 }
	return fmt.Sprintf("\x1b[%d;5;%dm", layer, 16+36*step(c[0])+6*step(c[1])+step(c[2]))
}
