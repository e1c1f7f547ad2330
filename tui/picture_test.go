package tui

import (
	"errors"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/tui/picture"
)

// fakePicture ends after a number of pictures, each of one colour.
type fakePicture struct {
	w, h, most, shown int
	closed            bool
}

func (f *fakePicture) Next() ([]byte, error) {
	if f.shown == f.most {
		return nil, errors.New("the picture\x1b[2J has ended")
	}
	f.shown++
	pixels := make([]byte, f.w*f.h*3)
	for i := range pixels {
		pixels[i] = byte(40 * f.shown)
	}
	return pixels, nil
}

func (f *fakePicture) Close() { f.closed = true }

func TestPictureFromTheKeyToItsEnd(t *testing.T) {
	m, _ := newTestModel(t, "on air", 120, 36, colour)
	var made []*fakePicture
	m.outside.Picture = func(url string, w, h int) (picture.Source, error) {
		if want := "http://localhost:8002/live01/playlist.m3u8"; url != want {
			t.Errorf("got %q, want %q", url, want)
		}
		made = append(made, &fakePicture{w: w, h: h, most: 2})
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
	if text := m.View(); !strings.Contains(ansi.Strip(text), "the picture has ended") || !made[0].closed {
		t.Errorf("the end is not shown, or the source not closed:\n%s", ansi.Strip(text))
	}
	_, cmd = m.Update(pictureDue{m.picture.epoch})
	cmd = step(step(cmd))
	_, resized := m.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
	if !made[1].closed {
		t.Error("the picture in the old size goes on")
	}
	step(cmd) // a late picture of the old source
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
	f := &fakePicture{w: 10, h: 10, most: 9}
	m.outside.Picture = func(string, int, int) (picture.Source, error) { return f, nil }
	cmd := press(m, "w")[0]
	press(m, "w")
	m.Update(cmd())
	if !f.closed {
		t.Error("the picture goes on unseen")
	}
}
