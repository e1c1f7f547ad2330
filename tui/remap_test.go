package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
)

// otherKeys gives every key that may move another one: a function key that no key has, or a
// letter with alt.
func otherKeys() map[string][]string {
	keys := map[string][]string{}
	for i, name := range KeyNames() {
		keys[name] = []string{fmt.Sprintf("f%d", i+1)}
		if i >= 20 {
			keys[name] = []string{"alt+" + string(rune('A'+i-20))}
		}
	}
	return keys
}

func TestEveryRemappedKeyIsTheOneShown(t *testing.T) {
	keys := otherKeys()
	if wrong := CheckKeys(keys); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	how := colour
	how.options.Keys = keys
	m, _ := newTestModel(t, "off air", 200, 60, how)
	key := func(name string) string { return keys[name][0] }
	foot := ansi.Strip(m.painter.Paint(m.foot(), 200))
	for name, word := range map[string]string{"open": "open", "kill": "kill", "restart": "restart", "stop": "stop", "troubles": "what is wrong", "acknowledge": "acknowledge", "help": "help", "quit": "quit", "chaos": "chaos"} {
		if want := key(name) + " " + word; !strings.Contains(foot, want) {
			t.Errorf("the foot lacks %q: %s", want, foot)
		}
	}
	if want := key("up") + " " + key("down") + " select"; !strings.Contains(foot, want) {
		t.Errorf("the foot lacks %q: %s", want, foot)
	}
	for _, a := range []platform.Action{platform.Start, platform.Stop, platform.Kill, platform.Restart, platform.Pause, platform.Resume, platform.Hold, platform.Release, platform.Failover} {
		if got := m.keyOf(a); !strings.HasPrefix(got, "f") && !strings.HasPrefix(got, "alt+") {
			t.Errorf("%s: got the key %q, want another one than the keymap's", a, got)
		}
	}
	soon, _ := newTestModel(t, "off air soon", 200, 60, how)
	if header, want := ansi.Strip(strings.Split(soon.View(), "\n")[0]), key("stop"); !strings.Contains(header, want) {
		t.Errorf("the header lacks %q: %s", want, header)
	}
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
	m.togglePicture()
	if text, want := ansi.Strip(m.View()), key("picture")+" hides it"; !strings.Contains(text, want) {
		t.Errorf("the picture lacks %q:\n%s", want, text)
	}
	m.Update(tea.WindowSizeMsg{Width: 39, Height: 9})
	if text, want := ansi.Strip(m.View()), key("quit")+" quits"; !strings.Contains(text, want) {
		t.Errorf("the small screen lacks %q:\n%s", want, text)
	}
	press(m, "q")
	if m.leaving {
		t.Error("q quits, which is no key here")
	}
}

func TestAClickOnATabOpensItsScreen(t *testing.T) {
	for _, w := range []int{80, 120, 200} {
		m, _ := newTestModel(t, "on air", w, 36, colour)
		for _, screen := range []int{2, 1, 0} {
			header := ansi.Strip(strings.Split(m.View(), "\n")[0])
			number := fmt.Sprint(screen + 1)
			at := strings.LastIndex(header, " "+number+" ")
			x := ansi.StringWidth(header[:at]) + 1
			m.Update(tea.MouseMsg{X: x, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress})
			if m.screen != screen {
				t.Errorf("in %d cells: a click on %q at %d of %q opens screen %d, want %d", w, number, x, header, m.screen, screen)
			}
		}
		for x := range w - 30 {
			m.Update(tea.MouseMsg{X: x, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress})
		}
		m.Update(tea.MouseMsg{X: w - 2, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress}) // the clock
		if m.screen != 0 {
			t.Errorf("in %d cells: a click beside the tabs opens screen %d", w, m.screen)
		}
	}
}
