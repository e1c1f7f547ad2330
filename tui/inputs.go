package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/signals"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
	"livestream-tui/tui/scene"
)

// inputsPanel is the name of the panel that lists the live inputs.
const inputsPanel = "inputs"

// usedFor is how long the latest choice of an input counts as the platform's: its receiver is
// asked once a second.
const usedFor = 3 * time.Second

// used is a choice of an input that was sent to the platform.
type used struct {
	signal, input string
	at            time.Time
}

// inputs returns the panel of the live inputs if it has the focus, or else nil.
func (m *model) inputs() *panel.Inputs {
	p, _ := m.panels[m.focus].(*panel.Inputs)
	return p
}

// useInput puts the chosen input on air and keeps it there. On one that is kept there already
// it leaves the choice to the receiver again. An input that is not good asks first.
func (m *model) useInput() tea.Cmd {
	v := m.scene.ChosenInput()
	switch {
	case v == nil:
		m.notify("no live input is known: there is none to choose", true)
		return nil
	case !slices.Contains(m.order(), inputsPanel):
		m.notify(m.whereInputs(), true)
		return nil
	case v.Slate:
		m.notify("the slate comes and goes by itself: choose an input", true)
		return nil
	}
	c := platform.Command{Action: platform.SwitchInput, Signal: v.Signal, Input: v.Name}
	if m.keeps(v) {
		c.Input = signals.AutoInput
		return m.switchInput(c)
	}
	if v.State == signals.Good || m.options.Unasked {
		return m.switchInput(c)
	}
	_, word, _ := m.scene.InputMark(v)
	why := fmt.Sprintf("%s is %s: it comes on air once it is good, and until then nothing changes for players.", canvas.Clean(v.Name), word)
	m.dialog = &confirm{
		question: fmt.Sprintf("use input %s of %s?", canvas.Clean(v.Name), canvas.Clean(v.Signal)), why: why,
		yes: func(m *model) tea.Cmd { return m.switchInput(c) },
	}
	return nil
}

// keeps reports whether an operator has chosen an input, as far as is known.
func (m *model) keeps(v *scene.Input) bool {
	if m.used.signal == v.Signal && m.scene.Now.Sub(m.used.at) < usedFor {
		return m.used.input == v.Name
	}
	return v.Pinned
}

// switchInput sends a choice of an input.
func (m *model) switchInput(c platform.Command) tea.Cmd {
	m.used = used{c.Signal, c.Input, m.scene.Now}
	return m.command(c)
}

// whereInputs says which screen has the panel of the inputs.
func (m *model) whereInputs() string {
	for i, screen := range m.scene.Layout.Screens {
		for _, r := range screen.Rows {
			for _, p := range r.Panels {
				if p.Name == inputsPanel {
					return fmt.Sprintf("the inputs are on screen %d: choose one there", i+1)
				}
			}
		}
	}
	return "no screen of this layout has the panel inputs"
}

// inputLabel shows the key only where there are inputs.
func inputLabel(m *model) (key, word string) {
	v := m.scene.ChosenInput()
	switch {
	case v == nil || !slices.Contains(m.order(), inputsPanel):
		return "", ""
	case m.keeps(v):
		return "", "automatic input"
	}
	return "", "use input"
}

// inputText is a choice of an input in words.
func inputText(c platform.Command) string {
	if c.Input == signals.AutoInput {
		return "automatic input of " + canvas.Clean(c.Signal)
	}
	return "input " + canvas.Clean(c.Input) + " of " + canvas.Clean(c.Signal)
}

// switched is the outcome of a choice of an input.
func switched(c platform.Command, now platform.Snapshot, asked time.Time) outcome {
	l, known := now.LiveSignal(c.Signal)
	source := canvas.Clean(l.Source)
	switch {
	case !known:
		return outcome{text: inputText(c) + ": no receiver answers", bad: true}
	case c.Input == signals.AutoInput && l.Pinned != "":
		return outcome{text: "the receiver has not confirmed it yet", bad: true}
	case c.Input == signals.AutoInput && source == "":
		return outcome{text: c.Signal + " chooses its input by itself again", settled: true}
	case c.Input == signals.AutoInput:
		return outcome{text: c.Signal + " chooses its input by itself again: " + source + " is on air", settled: true}
	case l.Pinned != c.Input:
		return outcome{text: c.Input + " is not chosen yet: the receiver has not confirmed it", bad: true}
	case l.Source == c.Input:
		return outcome{text: c.Input + " is on air" + gapOf(c, now, asked), settled: true}
	}
	i := slices.IndexFunc(l.Inputs, func(in signals.InputStatus) bool { return in.Name == c.Input })
	good := i >= 0 && l.Inputs[i].State == signals.Good
	return outcome{text: c.Input + " is chosen: it comes on air once it is good", settled: !good}
}

// gapOf says how long the picture stood still at a switch that was asked for.
func gapOf(c platform.Command, now platform.Snapshot, asked time.Time) string {
	for _, i := range slices.Backward(now.InputChanges) {
		if i.Signal != c.Signal || i.Change != event.InputSwitched || i.Input.Input != c.Input || !i.Time.After(asked) {
			continue
		}
		if i.GapMS > 0 {
			return fmt.Sprintf(", the picture stood still for %s", canvas.Millis(i.GapMS))
		}
		return ", without a gap"
	}
	return ""
}

// unchooseInput has keys act on the first input again; false when they do already.
func (m *model) unchooseInput() bool {
	if m.inputs() == nil || m.scene.InputChoice == "" {
		return false
	}
	m.scene.InputChoice = ""
	return true
}

// openInput opens the chosen input if the inputs have the focus; false when they do not.
func (m *model) openInput() bool {
	v := m.scene.ChosenInput()
	if m.inputs() == nil || v == nil {
		return false
	}
	m.scene.InputChoice = v.Key()
	d := &inputPager{input: v.Key()}
	d.pager = pager{title: strings.ToUpper("input ") + canvas.Clean(v.Signal) + " " + canvas.Clean(v.Name), width: 96, content: d.lines}
	m.dialog = d
	return true
}

// inputPager is an open input. The key that uses it acts on it.
type inputPager struct {
	pager
	input string // its Key
}

func (d *inputPager) press(m *model, k tea.KeyMsg) (dialog, tea.Cmd) {
	if b, known := m.bound("input"); known && key.Matches(k, b.Binding) {
		if m.refuses(b) {
			return d, nil
		}
		m.scene.InputChoice, m.dialog = d.input, nil
		m.key = k.String()
		if cmd := m.useInput(); m.dialog == nil {
			return d, cmd
		}
		return m.dialog, nil
	}
	next, cmd := d.pager.press(m, k)
	if next == nil {
		return nil, cmd
	}
	return d, cmd
}

// lines returns what is shown of the input, and the key that acts on it.
func (d *inputPager) lines(m *model, w int) []*canvas.Line {
	i := slices.IndexFunc(m.scene.Inputs, func(v scene.Input) bool { return v.Key() == d.input })
	if i < 0 {
		return []*canvas.Line{canvas.Text(canvas.InkDim, " it is gone")}
	}
	v := &m.scene.Inputs[i]
	lines := panel.InputLines(&m.scene, v, w)
	if !v.Slate {
		word := "use it until it is lost"
		if m.keeps(v) {
			word = "choose automatically again"
		}
		lines = append(lines, &canvas.Line{}, canvas.Text(canvas.InkKey, " "+m.keyNamed("input")).Put(canvas.InkDim, " "+word))
	}
	return broken(lines, w)
}
