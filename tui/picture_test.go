package tui

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/tui/picture"
)

// fakePicture ends after a number of pictures, each of one colour.
type fakePicture struct {
	w, h, most, shown int
	closed            bool
}

func (f *fakePicture) Next() (picture.Picture, error) {
	if f.shown == f.most {
		return picture.Picture{}, errors.New("the picture\x1b[2J has ended")
	}
	f.shown++
	return plain(byte(40*f.shown), f.w, f.w*9/16), nil
}

// plain returns a picture of one grey.
func plain(grey byte, w, h int) picture.Picture {
	return picture.Picture{W: w, H: h, Pixels: bytes.Repeat([]byte{grey}, w*h*3), At: noon.Add(-4200 * time.Millisecond)}
}

// fakeStill is a still of one grey, which costs 100 ms.
func fakeStill(_ context.Context, _ string, w, _ int) (picture.Picture, time.Duration, error) {
	return plain(200, w, w*9/16), 100 * time.Millisecond, nil
}

// wallOf returns a model with the picture of a platform of several signals, after one live picture.
func wallOf(t *testing.T, state string, w, h int) *model {
	t.Helper()
	m, _ := newTestModel(t, state, w, h, colour)
	press(m, "w")
	m.picture.source = &fakePicture{most: 1}
	m.Update(pictureShown{m.picture.epoch, plain(40, 58, 32)})
	return m
}

// still has the model decode the next still at a time, and returns of which signal; empty for
// none.
func still(m *model, at time.Time) string {
	m.scene.Now = at
	_, cmd := m.Update(stillDue{m.picture.wall.epoch})
	shown, is := cmd().(stillShown)
	if !is {
		return ""
	}
	m.Update(shown)
	return shown.signal
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
	press(m, "w")
	cmd := m.openPicture()
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
	press(m, "w")
	cmd := m.openPicture()
	press(m, "w")
	m.Update(cmd())
	if !f.closed {
		t.Error("the picture goes on unseen")
	}
}

func TestThePictureSaysWhoseItIsAndHowFarBehind(t *testing.T) {
	m := wallOf(t, "on air", 120, 36)
	checkFrame(t, m, 120, 36, "with a picture")
	lines := strings.Split(ansi.Strip(m.View()), "\n")
	first, last := 0, 0
	for y, l := range lines {
		if strings.Contains(l, "▀") {
			first, last = cmp.Or(first, y), y
		}
	}
	// Between the edges of the panel, with the caption below it.
	if above, below := first-2, 33-(last+1); above < 1 || above-below > 1 || below-above > 1 || last-first != 15 {
		t.Errorf("the picture of 58x32 pixels is from line %d to %d, want it in the middle", first, last)
	}
	if text := strings.Join(lines, "\n"); !strings.Contains(text, "● live01  server1  4.2s behind live") {
		t.Errorf("there is no caption:\n%s", text)
	}
	m.scene.Now = m.scene.Now.Add(7 * time.Second)
	if text := ansi.Strip(m.View()); !strings.Contains(text, "stale 00:07") || strings.Contains(text, "behind live") {
		t.Errorf("seven seconds after the last picture:\n%s", text)
	}
}

func TestTheWallShowsEverySignalThatHasRoom(t *testing.T) {
	m := wallOf(t, "several signals", 120, 36)
	seen := map[string]int{}
	for i := range 20 {
		seen[still(m, noon.Add(time.Duration(i)*500*time.Millisecond))]++
	}
	for i := 1; i <= 6; i++ {
		name, want := fmt.Sprintf("live%02d", i), 4
		if i == 2 {
			want = 0 // the worst has the live picture
		}
		if got := seen[name]; got != want {
			t.Errorf("%s: %d stills in ten seconds, want %d", name, got, want)
		}
	}
	at := 0
	for range 8 {
		if still(m, noon.Add(20*time.Second)) != "" {
			at++
		}
	}
	if at != 5 {
		t.Errorf("%d stills at one moment, want one of each of the five", at)
	}
	checkFrame(t, m, 120, 36, "the wall")
	text := ansi.Strip(m.View())
	for _, want := range []string{"▸✗ live02  STALLED 00:2", "● live01 server1", "● live06 server1"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q:\n%s", want, text)
		}
	}
	if strings.Contains(m.picture.tile("live03").why, "no picture") || m.picture.tile("live03").width == 0 {
		t.Error("live03 has no still")
	}
}

func TestTheWallFollowsTheChoice(t *testing.T) {
	m := wallOf(t, "a hundred signals", 120, 36)
	if text := ansi.Strip(m.View()); !strings.Contains(text, "▸✗ live02") || !strings.Contains(text, " more ↓ ─╯") {
		t.Errorf("the worst is not first, or it does not say how many are hidden:\n%s", text)
	}
	for range 60 {
		press(m, "@signals")
		press(m, "down")
	}
	name := m.scene.Chosen().ID
	text := ansi.Strip(m.View())
	if m.picture.signal != name || m.picture.source != nil || !strings.Contains(text, "▸● "+name) {
		t.Errorf("%s is chosen, %s is shown:\n%s", name, m.picture.signal, text)
	}
	if !strings.Contains(text, " more ↑ ") {
		t.Errorf("it does not say how many are hidden above:\n%s", text)
	}
	signals, places := m.tiles()
	m.Update(tea.MouseMsg{X: 60 + 1 + places[2].X, Y: 2 + places[2].Y, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress})
	if got, want := m.scene.Chosen().ID, signals[2].ID; got != want || m.picture.signal != want {
		t.Errorf("a click on the tile of %s chooses %s, and shows %s", want, got, m.picture.signal)
	}
}

func TestStillsRestFourTimesWhatTheyTake(t *testing.T) {
	m := wallOf(t, "several signals", 120, 36)
	began := time.Now()
	_, rest := m.Update(stillShown{m.picture.wall.epoch, "live03", plain(1, 16, 9), 100 * time.Millisecond, nil})
	if _, due := rest().(stillDue); !due || time.Since(began) < 400*time.Millisecond {
		t.Errorf("the next one comes after %s, want at least 400ms", time.Since(began))
	}
	press(m, "w")
	if _, cmd := m.Update(stillDue{m.picture.wall.epoch - 1}); cmd != nil {
		t.Error("stills go on while the picture is off")
	}
}

func TestTheWallFitsEveryScreen(t *testing.T) {
	withoutDetector(t)
	for _, state := range []string{"on air", "several signals", "a hundred signals", "starting"} {
		m := wallOf(t, state, 120, 36)
		for i := range 6 {
			still(m, noon.Add(time.Duration(i)*time.Second))
		}
		for w := 40; w <= 200; w += 20 {
			for h := 10; h <= 60; h += 5 {
				m.Update(tea.WindowSizeMsg{Width: w, Height: h})
				checkFrame(t, m, w, h, state+", with a picture")
			}
		}
	}
}
