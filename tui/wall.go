package tui

import (
	"maps"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
	"livestream-tui/tui/picture"
	"livestream-tui/tui/scene"
)

const (
	// stillEvery is how often a still is decoded anew at most, stillLook how often to look
	// for one that is due.
	stillEvery = 2 * time.Second
	stillLook  = 250 * time.Millisecond
	// stillRest is how many times the processor's time that a still took nothing is decoded
	// after it, so that all stills together take a fifth of a core at most.
	stillRest = 4
	// liveStale and stillStale are how long after the last picture a signal is called stale.
	liveStale  = 2 * time.Second
	stillStale = 15 * time.Second
)

// wall is the pictures of several signals: the live one first, and stills of others, decoded
// one after the other.
type wall struct {
	// epoch tells the messages of these stills from those of an earlier wall.
	epoch int
	shows map[string]*tile // by signal
	canvas.Scroll
}

// tile is the latest picture of a signal.
type tile struct {
	picture picture.Picture
	// live: it is one of a source, not a still. got is when it came; zero before the first.
	live bool
	got  time.Time
	// tried is when a still was decoded last.
	tried time.Time
	// why says why there is no picture.
	why string
	// lines are the picture as drawn in w by h pixels.
	lines []string
	w, h  int
	width int // of the lines, in cells
}

func newWall(epoch int) wall { return wall{epoch: epoch, shows: map[string]*tile{}} }

// tile returns the tile of a signal.
func (w *wall) tile(signal string) *tile {
	t := w.shows[signal]
	if t == nil {
		t = &tile{}
		w.shows[signal] = t
	}
	return t
}

// tilesMost is from how many tiles on those that are not shown are forgotten.
const tilesMost = 200

// forget forgets the pictures of signals that are not shown, once there are many.
func (w *wall) forget(shown []*scene.Signal) {
	if len(w.shows) <= tilesMost {
		return
	}
	maps.DeleteFunc(w.shows, func(signal string, _ *tile) bool {
		return !slices.ContainsFunc(shown, func(v *scene.Signal) bool { return v.ID == signal })
	})
}

// show takes a picture that came at a time.
func (t *tile) show(p picture.Picture, at time.Time, live bool) {
	t.picture, t.got, t.live, t.why, t.lines = p, at, live, "", nil
}

// await says that a picture will come, unless there is one, which stays until then.
func (t *tile) await() {
	if t.got.IsZero() {
		t.why = awaitingPicture
	}
}

// drawn returns the picture drawn in up to w by h pixels.
func (t *tile) drawn(w, h int, d picture.Depth) []string {
	if t.lines == nil || t.w != w || t.h != h {
		p := t.picture.Fit(w, h)
		t.lines, t.w, t.h, t.width = picture.Render(p, d), w, h, p.W
	}
	return t.lines
}

// The messages of stills.
type (
	// stillDue says that it is time for the next still.
	stillDue   struct{ epoch int }
	stillShown struct {
		epoch   int
		signal  string
		picture picture.Picture
		took    time.Duration // of a processor
		err     error
	}
)

func stillLater(epoch int, d time.Duration) tea.Cmd {
	return tea.Tick(d, func(time.Time) tea.Msg { return stillDue{epoch} })
}

// tiles returns the signals that have a tile, the watched one first, and their places. The
// others are in the order of SIGNALS, and scroll as the choice moves.
func (m *model) tiles() ([]*scene.Signal, []picture.Tile) {
	_, place := m.split()
	if place.W < 4 || place.H < 3 {
		return nil, nil
	}
	first := m.watched()
	if first == nil {
		return nil, picture.Wall(place.W-2, place.H-2, 1)
	}
	var list []*scene.Signal
	if p, ok := m.panels["signals"].(*panel.Signals); ok {
		list = p.Aired(&m.scene)
	}
	at := slices.IndexFunc(list, func(v *scene.Signal) bool { return v.ID == first.ID })
	if at >= 0 {
		list = slices.Delete(list, at, at+1)
	}
	places := picture.Wall(place.W-2, place.H-2, len(list)+1)
	from, to := m.picture.Show(min(max(at, 0), len(list)-1), len(list), len(places)-1)
	return append([]*scene.Signal{first}, list[from:to]...), places
}

// updateWall takes the messages of stills.
func (m *model) updateWall(msg tea.Msg) tea.Cmd {
	p := &m.picture
	switch msg := msg.(type) {
	case stillDue:
		if msg.epoch == p.wall.epoch && p.on {
			return m.nextStill()
		}
	case stillShown:
		if msg.epoch != p.wall.epoch || !p.on {
			return nil
		}
		switch t := p.tile(msg.signal); {
		case msg.signal == p.signal: // the live picture is newer
		case msg.err != nil:
			t.why = canvas.Clean(msg.err.Error())
		default:
			t.show(msg.picture, m.scene.Now, false)
		}
		return stillLater(msg.epoch, max(stillRest*msg.took, stillLook))
	}
	return nil
}

// nextStill decodes the still that is due for longest, if one is.
func (m *model) nextStill() tea.Cmd {
	signals, places := m.tiles()
	var next *tile
	var signal string
	var w, h int
	for i, v := range signals {
		t := m.picture.tile(v.ID)
		if i == 0 || !m.playable(v) || m.scene.Now.Sub(t.tried) < stillEvery {
			continue
		}
		if next == nil || t.tried.Before(next.tried) {
			next, signal = t, v.ID
			w, h = places[i].Pixels()
		}
	}
	epoch := m.picture.wall.epoch
	if next == nil {
		return stillLater(epoch, stillLook)
	}
	next.tried = m.scene.Now
	m.picture.forget(signals)
	still, ctx, address := m.outside.Still, m.ctx, m.pictureAddress(signal)
	return func() tea.Msg {
		url, err := address()
		if err != nil {
			return stillShown{epoch, signal, picture.Picture{}, 0, err}
		}
		p, took, err := still(ctx, url, w, h)
		return stillShown{epoch, signal, p, took, err}
	}
}

// wallLines draws the tiles: h lines of w cells.
func (m *model) wallLines(w, h int) []string {
	signals, places := m.tiles()
	rows, ends := make([]strings.Builder, h), make([]int, h)
	put := func(y, x, width int, text string) {
		if y < 0 || y >= h || width <= 0 {
			return
		}
		rows[y].WriteString(m.blank(x-ends[y]) + text)
		ends[y] = x + width
	}
	if len(signals) == 0 {
		l := canvas.Text(canvas.InkDim, canvas.Shortened(m.picture.tile("").why, w, m.scene.Glyphs.Ellipsis))
		put(h/2, (w-l.Width)/2, l.Width, m.painter.Paint(l, l.Width))
	}
	for i, v := range signals {
		m.drawTile(places[i], v, i == 0, put)
	}
	out := make([]string, h)
	for y := range out {
		out[y] = rows[y].String() + m.blank(w-ends[y])
	}
	return out
}

// drawTile draws a signal's tile: its picture in the middle, and below it the caption. The
// picture has the room of 16:9, whatever its own shape.
func (m *model) drawTile(at picture.Tile, v *scene.Signal, first bool, put func(y, x, width int, text string)) {
	t := m.picture.tile(v.ID)
	w, h := at.Pixels()
	lines := t.drawn(w, h, m.depth())
	room := min(at.H-1, max(len(lines), picture.Rows(at.W)))
	top := at.Y + (at.H-1-room)/2
	left := at.X
	switch {
	case len(lines) > 0:
		for j, text := range lines {
			put(top+(room-len(lines))/2+j, at.X+(at.W-t.width)/2, t.width, text)
		}
		if first {
			left += (at.W - t.width) / 2
		}
	default:
		why := t.why
		if why == "" {
			why = "no picture yet"
		}
		text := canvas.Wrapped(canvas.InkDim, why, at.W, max(1, room))
		for j, l := range text {
			l = l.From(1)
			width := min(l.Width, at.W)
			put(top+max(0, room-len(text))/2+j, at.X+(at.W-width)/2, width, m.painter.Paint(l, width))
		}
	}
	caption := panel.Caption(&m.scene, v, m.facts(t, len(m.scene.Signals) > 1 && v == m.scene.Chosen()), at.W)
	put(top+room, max(at.X, min(left, at.X+at.W-caption.Width)), caption.Width, m.painter.Paint(caption, caption.Width))
}

// blank returns n blank cells.
func (m *model) blank(n int) string {
	if n <= 0 {
		return ""
	}
	return m.painter.Paint(&canvas.Line{}, n)
}

// facts returns what the caption says of a tile.
func (m *model) facts(t *tile, chosen bool) panel.Tile {
	f := panel.Tile{Chosen: chosen, Behind: -1}
	if t.got.IsZero() {
		return f
	}
	f.Why = t.why
	limit := stillStale
	if t.live {
		limit = liveStale
	}
	if age := m.scene.Now.Sub(t.got); age > limit {
		f.Stale = age
	}
	if behind := m.scene.Now.Sub(t.picture.At); t.live && !t.picture.At.IsZero() && behind >= 0 && behind < time.Hour {
		f.Behind = behind
	}
	return f
}

// clickTile chooses the signal whose tile is at a cell of the picture's panel.
func (m *model) clickTile(x, y int) {
	signals, places := m.tiles()
	for i, v := range signals {
		if t := places[i]; x >= t.X && x < t.X+t.W && y >= t.Y && y < t.Y+t.H {
			m.scene.Choice = v.Key()
			return
		}
	}
}
