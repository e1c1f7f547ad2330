package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// Drill is a fault that can be injected into the live platform.
type Drill struct {
	Name, About string
	// Hold is how long the fault lasts; zero for one that is over at once. NoSource is how
	// long nothing new is served meanwhile; zero where another process takes over.
	Hold, NoSource time.Duration
	// Run injects it and returns the verdict when it is over. An error says why the drill
	// failed. When ctx is cancelled it undoes the fault before it returns.
	Run func(ctx context.Context, p platform.Platform) (verdict string, err error)
}

// drilled is the message that a drill has ended.
type drilled struct {
	name, text string
	passed     bool
}

// drilling is the drill that is under way.
type drilling struct {
	name  string
	began time.Time
	// undo ends it before its time; undone is set once it was asked for.
	undo   context.CancelFunc
	undone bool
	// leave is set when the dashboard ends once the drill is undone.
	leave bool
}

// chaos lists the drills, unless one is under way.
func (m *model) chaos() {
	switch {
	case m.drilling != nil:
		m.notify("drill "+m.drilling.name+" is under way, one at a time: "+m.keyNamed("back")+" undoes it", true)
		return
	case len(m.options.Drills) == 0:
		m.notify("this build has no drills", true)
		return
	}
	var list []entry
	for _, d := range m.options.Drills {
		list = append(list, entry{name: canvas.Clean(d.Name), about: canvas.Clean(d.About), does: func(m *model) tea.Cmd { return m.askDrill(d) }})
	}
	m.dialog = &chooser{title: "CHAOS", entries: list}
}

// askDrill asks whether to run a drill, and names the harm.
func (m *model) askDrill(d Drill) tea.Cmd {
	if m.options.Unasked {
		return m.drill(d)
	}
	m.dialog = &confirm{question: "drill " + canvas.Clean(d.Name) + "?", why: harm(&m.scene, d), yes: func(m *model) tea.Cmd { return m.drill(d) }}
	return nil
}

// harm says what a drill does to the platform as it is now.
func harm(s *scene.Scene, d Drill) string {
	what := canvas.Clean(d.About)
	if what == "" {
		what = canvas.Clean(d.Name)
	}
	if d.Hold > 0 {
		what += ", for " + text.Brief(d.Hold)
	}
	on, _ := s.Light.Count()
	words := []string{strings.ToUpper(what[:1]) + what[1:] + "."}
	switch {
	case s.Light.State == platform.AirOff || s.Light.State == platform.AirOffSoon:
		words = append(words, "The stream is in trouble already: this makes it worse.")
	case on == 0:
		words = append(words, "Nothing is on air now.")
	case d.NoSource > 0:
		words = append(words, fmt.Sprintf("For %s nothing new is served: the players of %s live on what they hold.", text.Brief(d.NoSource), canvas.Count(on, "signal")))
	case !s.Light.Spare:
		words = append(words, fmt.Sprintf("No packager could take over now: the players of %s may see it.", canvas.Count(on, "signal")))
	default:
		words = append(words, fmt.Sprintf("%s on air, with a spare: players should not see it.", isOrAre(on)))
	}
	return strings.Join(append(words, "Esc undoes it while it lasts."), " ")
}

func isOrAre(n int) string {
	return canvas.Count(n, "signal") + verb(n, " is", " are")
}

// drill runs a drill; there is none under way.
func (m *model) drill(d Drill) tea.Cmd {
	if m.drilling != nil {
		m.chaos()
		return nil
	}
	ctx, undo := context.WithCancel(m.ctx)
	m.drilling = &drilling{name: canvas.Clean(d.Name), began: m.scene.Now, undo: undo}
	m.notice = notice{}
	platform := m.platform
	return func() tea.Msg {
		defer undo()
		text, err := d.Run(ctx, platform)
		switch {
		case ctx.Err() != nil:
			text = "undone before its end"
		case err != nil:
			text = err.Error()
		}
		return drilled{canvas.Clean(d.Name), canvas.Clean(text), err == nil}
	}
}

// undoDrill undoes the drill that is under way; false when there is none.
func (m *model) undoDrill() bool {
	if m.drilling == nil {
		return false
	}
	m.drilling.undone = true
	m.drilling.undo()
	m.notice = notice{} // the drill's own line says it
	return true
}

// drillEnded takes the end of a drill. The journal has its verdict, too.
func (m *model) drillEnded(d drilled) tea.Cmd {
	was := m.drilling
	m.drilling = nil
	m.notify("drill "+d.name+": "+d.text, !d.passed && (was == nil || !was.undone))
	if was != nil && was.leave {
		return tea.Quit
	}
	return nil
}

// line says how far the drill is.
func (d *drilling) line(m *model) *canvas.Line {
	g := m.scene.Glyphs
	l := canvas.Text(canvas.InkWarn, " "+g.Alert+" drill "+d.name).Put(canvas.InkText, "  "+canvas.Elapsed(m.scene.Now.Sub(d.began)))
	if d.undone {
		return l.Put(canvas.InkText, "  is being undone")
	}
	return l.Put(canvas.InkDim, "   ").Put(canvas.InkKey, m.keyNamed("back")).Put(canvas.InkDim, " undoes it; else its verdict comes by itself")
}
