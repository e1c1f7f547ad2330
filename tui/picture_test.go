package tui

import (
	"errors"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"livestream-tui/tui/film"
)

// fakeFilm has most pictures of one colour, then ends.
type fakeFilm struct {
	w, h, most, shown int
	closed            bool
}

func (f *fakeFilm) Next() ([]byte, error) {
	if f.shown == f.most {
		return nil, errors.New("the film\x1b[2J has ended")
	}
	f.shown++
	pixels := make([]byte, f.w*f.h*3)
	for i := range pixels {
		pixels[i] = byte(40 * f.shown)
	}
	return pixels, nil
}

func (f *fakeFilm) Close() { f.closed = true }

func TestRenderedPixels(t *testing.T) {
	pixels := []byte{255, 0, 0, 255, 0, 0, 0, 0, 0, 255, 255, 255} // red red over black white
	for name, c := range map[string]struct {
		depth film.Depth
		want  string
	}{
		"true colour": {film.DepthTrue, "\x1b[38;2;255;0;0m\x1b[48;2;0;0;0m▀\x1b[48;2;255;255;255m▀\x1b[0m"},
		"256 colours": {film.Depth256, "\x1b[38;5;196m\x1b[48;5;16m▀\x1b[48;5;231m▀\x1b[0m"},
		"grey":        {film.DepthGrey, ".*"},
	} {
		t.Run(name, func(t *testing.T) {
			got := film.Rendered(pixels, 2, 2, c.depth)
			if diff := cmp.Diff([]string{c.want}, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
	if got := film.Rendered(pixels[:5], 2, 2, film.DepthTrue); got != nil {
		t.Errorf("half a picture: got %q, want nothing", got)
	}
}

func TestPictureFromTheKeyToItsEnd(t *testing.T) {
	m, _ := newTestModel(t, "on air", 120, 36, colour)
	var made []*fakeFilm
	m.outside.film = func(url string, w, h int) (film.Film, error) {
		if want := "http://localhost:8002/live01/playlist.m3u8"; url != want {
			t.Errorf("got %q, want %q", url, want)
		}
		made = append(made, &fakeFilm{w: w, h: h, most: 2})
		return made[len(made)-1], nil
	}
	step := func(cmd tea.Cmd) tea.Cmd {
		if cmd == nil {
			return nil
		}
		_, next := m.Update(cmd())
		return next
	}
	cmd := press(m, "w")[0]
	for range 3 { // opened, two pictures
		cmd = step(cmd)
	}
	checkFrame(t, m, 120, 36, "with a picture")
	if !strings.Contains(m.View(), "48;2;80;80;80m▀") {
		t.Error("the second picture is not shown")
	}
	if text := ansi.Strip(m.View()); !strings.Contains(text, "SERVICES") {
		t.Errorf("the services are not beside it:\n%s", text)
	}
	step(cmd) // its end
	if text := m.View(); !strings.Contains(ansi.Strip(text), "the film has ended") || !made[0].closed {
		t.Errorf("the end is not told, or the film not closed:\n%s", ansi.Strip(text))
	}
	_, cmd = m.Update(filmAgain{m.picture.epoch})
	cmd = step(step(cmd))
	_, resized := m.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
	if !made[1].closed {
		t.Error("the film in the old size goes on")
	}
	step(cmd) // a late picture of the old film
	checkFrame(t, m, 100, 30, "before the first picture in the new size")
	step(step(step(resized)))
	checkFrame(t, m, 100, 30, "in the new size")
	press(m, "w")
	if m.picture.on || !made[2].closed || strings.Contains(m.View(), "PICTURE") {
		t.Error("w does not hide it")
	}
}

func TestPictureOpenedTooLateIsClosed(t *testing.T) {
	m, _ := newTestModel(t, "on air", 120, 36, colour)
	f := &fakeFilm{w: 10, h: 10, most: 9}
	m.outside.film = func(string, int, int) (film.Film, error) { return f, nil }
	cmd := press(m, "w")[0]
	press(m, "w")
	m.Update(cmd())
	if !f.closed {
		t.Error("the film goes on unseen")
	}
}
