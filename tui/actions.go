package tui

import (
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
	"livestream-tui/tui/scene"
)

// ask asks for an action on the selected process, first the operator where it
// would take the stream off air.
func (m *model) ask(a platform.Action) tea.Cmd {
	p := m.scene.Process()
	if p == nil {
		return nil
	}
	c := platform.Command{Process: p.Name, Action: a}
	if why := scene.Danger(&m.scene, p, a); why != "" {
		m.dialog = &confirm{
			question: fmt.Sprintf("%s %s?", actionText(a), p.Name), why: why + ".",
			yes: func(m *model) tea.Cmd { return m.command(c) },
		}
		return nil
	}
	return m.command(c)
}

// command passes a command on and tells what came of it.
func (m *model) command(c platform.Command) tea.Cmd {
	platform, ctx := m.platform, m.ctx
	what := strings.TrimSpace(actionText(c.Action) + " " + c.Process)
	return func() tea.Msg {
		if err := platform.Command(ctx, c); err != nil {
			return notice{what + ": " + canvas.Clean(err.Error()), true}
		}
		return notice{what + ": under way", false}
	}
}

func (m *model) stopOrStart() tea.Cmd {
	if p := m.scene.Process(); p != nil && !p.Wanted {
		return m.ask(platform.Start)
	}
	return m.ask(platform.Stop)
}

func (m *model) pauseOrResume() tea.Cmd {
	if p := m.scene.Process(); p != nil && p.Paused {
		return m.ask(platform.Resume)
	}
	return m.ask(platform.Pause)
}

func (m *model) failover() tea.Cmd {
	return m.command(platform.Command{Action: platform.Failover})
}

// hold plays from the selected packager until it is released.
func (m *model) hold() tea.Cmd {
	p := m.scene.Process()
	if p == nil || p.Role != layouts.Packager {
		m.tell("hold is for packagers: select one", true)
		return nil
	}
	if m.scene.Snapshot.Held() == p.Name {
		return m.command(platform.Command{Action: platform.Release})
	}
	return m.ask(platform.Hold)
}

// tell shows a notice at once.
func (m *model) tell(text string, bad bool) {
	m.notice, m.noticeAt = notice{text, bad}, m.scene.Now
}

func (m *model) logsOfSelected() tea.Cmd {
	if m.logs.Service == m.scene.Selected {
		m.logs.Only("")
	} else {
		m.logs.Only(m.scene.Selected)
	}
	return nil
}

func (m *model) nextScreen() tea.Cmd {
	if n := len(m.scene.Layout.Screens); n > 1 {
		m.goTo((m.screen + 1) % n)
		m.tell("screen "+m.scene.Layout.Screens[m.screen].Name, false)
	} else {
		m.tell("this layout has one screen", false)
	}
	return nil
}

func (m *model) nextTheme() tea.Cmd {
	m.theme = (m.theme + 1) % len(canvas.ThemeNames())
	m.setTheme()
	m.tell("theme "+canvas.ThemeNames()[m.theme], false)
	return nil
}

func (m *model) toggleMouse() tea.Cmd {
	m.mouse = !m.mouse
	if m.mouse {
		m.tell("mouse on: the terminal selects text with shift held", false)
		return tea.EnableMouseCellMotion
	}
	m.tell("mouse off", false)
	return tea.DisableMouse
}

// quit asks while the stream is on air, as far as anybody knows.
func (m *model) quit() tea.Cmd {
	why := ""
	on, due := m.scene.Light.Count()
	switch {
	case m.scene.Light.State == platform.AirOn:
		why = "The stream is on air: every player stops."
	case m.scene.Light.State == platform.AirUnknown:
		why = "The stream may be on air: every player stops."
	case m.scene.Light.State != platform.AirStopping && on > 0:
		why = fmt.Sprintf("%d of %d signals are on air: every player stops.", on, due)
	}
	if m.leaving || m.options.Stop == nil || why == "" {
		return m.leave()
	}
	m.dialog = &confirm{
		question: "stop everything and quit?", why: why,
		yes: (*model).leave,
	}
	return nil
}

// quitNow does not ask; the second time it kills what still runs.
func (m *model) quitNow() tea.Cmd {
	m.pressed++
	if m.pressed > 1 && m.options.Kill != nil {
		kill := m.options.Kill
		return func() tea.Msg { kill(); return nil }
	}
	return m.leave()
}

func (m *model) leave() tea.Cmd {
	m.dialog = nil
	if m.leaving {
		return nil
	}
	m.closePicture()
	m.picture.on = false
	if m.options.Stop == nil {
		return tea.Quit
	}
	m.leaving = true
	stop := m.options.Stop
	return func() tea.Msg { stop(); return nil }
}

func (m *model) startFilter() tea.Cmd {
	m.dialog = &filterInput{input: input{text: []rune(m.logs.Filter)}, before: m.logs.Filter}
	return nil
}

// copyLogs copies the held line, or else the lines that are shown.
func (m *model) copyLogs() tea.Cmd {
	text, n := m.logs.Text(m.page() + 1)
	if n == 0 {
		m.tell("no line to copy", true)
		return nil
	}
	return m.copyText(text, canvas.Plural(n, "line", "lines")+" copied")
}

func (m *model) copyText(text, done string) tea.Cmd {
	put := m.outside.copy
	return func() tea.Msg {
		if err := put(text); err != nil {
			return notice{"copying: " + canvas.Clean(err.Error()), true}
		}
		return notice{done, false}
	}
}

// saveLogs writes every line that passes to a file.
func (m *model) saveLogs() tea.Cmd {
	text, n := m.logs.Text(0)
	return m.save("logs", text, canvas.Plural(n, "line", "lines")+" in ")
}

// save writes a file beside the logs and tells where it is.
func (m *model) save(kind, text, done string) tea.Cmd {
	write, folder := m.outside.write, m.scene.Snapshot.LogFolder
	name := kind + "-" + m.scene.Now.Format("20060102-150405") + ".txt"
	return func() tea.Msg {
		path, err := write(folder, name, text)
		if err != nil {
			return notice{canvas.Clean(err.Error()), true}
		}
		return notice{done + canvas.Clean(path), false}
	}
}

func (m *model) incident() tea.Cmd {
	return m.save("incident", incidentText(&m.scene, m.logs.Kept), "incident report: ")
}

// vlc opens every signal in VLC; where there is none it shows the URL and copies it.
func (m *model) vlc() tea.Cmd {
	urls := m.playURLs()
	if len(urls) == 0 {
		m.tell("there is no signal to play yet", true)
		return nil
	}
	open, put := m.outside.vlc, m.outside.copy
	return func() tea.Msg {
		if err := open(urls); err == nil {
			return notice{"VLC opens " + strings.Join(urls, " "), false}
		}
		if err := put(urls[0]); err != nil {
			return notice{"no VLC here; open " + urls[0], true}
		}
		return notice{"no VLC here; copied: " + urls[0], true}
	}
}

func (m *model) browser() tea.Cmd {
	address := m.scene.Snapshot.PlayURL
	if address == "" {
		m.tell("this layout has no proxy to open", true)
		return nil
	}
	open, put := m.outside.browser, m.outside.copy
	return func() tea.Msg {
		if err := open(address + "/"); err == nil {
			return notice{"the browser opens " + address, false}
		}
		if err := put(address + "/"); err != nil {
			return notice{"no browser here; open " + address + "/", true}
		}
		return notice{"no browser here; copied: " + address + "/", true}
	}
}

// playURLs are the playlists of the signals that can be played.
func (m *model) playURLs() []string {
	if m.scene.Snapshot.PlayURL == "" {
		return nil
	}
	var urls []string
	for _, l := range m.scene.Live {
		urls = append(urls, panel.PlaylistURL(&m.scene, l.Signal))
	}
	return urls
}

// incidentText is what happened of late, for whoever was not there.
func incidentText(s *scene.Scene, logs []platform.LogLine) string {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	put("incident report, %s", s.Now.Format(time.RFC3339))
	put("layout %s, started %s, %s", canvas.Clean(s.Snapshot.Layout), s.Snapshot.Started.Format(time.RFC3339), strings.ToUpper(s.Light.State.String()))
	put("\nservices")
	for i := range s.Snapshot.Processes {
		p := &s.Snapshot.Processes[i]
		_, word, _ := s.Mark(p)
		put("  %-16s %-9s pid %-7d restarts %d  last exit %q  %s", p.Name, word, p.PID, p.Restarts, p.LastExit, scene.Reason(p))
	}
	put("\npackagers")
	for _, p := range s.Packagers {
		put("  %-16s %-10s active %-5v %-10s msn %d age %d ms latency %.1f ms  %s",
			p.Title, p.Label, p.Active, p.Status.State, p.Status.MSN, p.Status.AgeMS, p.Status.LatencyMS, canvas.Clean(p.Status.Reason))
	}
	put("\nfailovers")
	for _, f := range s.Snapshot.Failovers {
		put("  %s  %s  %s to %s  %s  gap %s  msn %d to %d, %d saved", f.Time.Format(time.RFC3339Nano), canvas.Clean(f.Signal),
			scene.PackagerName(s.Snapshot, f.From), scene.PackagerName(s.Snapshot, f.To), canvas.Clean(f.Cause), canvas.MSText(f.GapMS), f.MSNBefore, f.MSNAfter, f.Saved)
	}
	put("\noutages")
	for _, o := range s.Snapshot.Outages {
		until := "it lasts"
		if !o.Lasts() {
			until = o.Until.Format(time.RFC3339Nano)
		}
		put("  %s  since %s until %s  %s  %s", canvas.Clean(o.Signal), o.Since.Format(time.RFC3339Nano), until, o.Length(s.Now), canvas.Clean(o.Reason))
	}
	put("\nsignals")
	for _, l := range s.Light.Signals {
		put("  %-16s %-9s %s", canvas.Clean(l.Signal), l.State, canvas.Clean(l.Reason))
	}
	put("\nfilms")
	for _, f := range s.Snapshot.FilmList() {
		put("  %s  %s  %s  %s", canvas.Clean(f.File), canvas.Clean(f.Signal), f.State, canvas.Clean(f.Reason))
	}
	put("\nplaylists that a failover shows in")
	for _, d := range s.Snapshot.Degraded {
		put("  %s  %s  since %s: %s", canvas.Clean(d.Playlist), canvas.Clean(string(d.Mode)), d.Time.Format(time.RFC3339Nano), canvas.Clean(d.Reason))
	}
	since := s.Now.Add(-incidentSpan)
	put("\nlogs of the last %s", incidentSpan)
	for i := range logs {
		if logs[i].Time.After(since) {
			put("  %s", panel.PlainLine(&logs[i]))
		}
	}
	return b.String()
}

// incidentSpan is how far back a report's logs reach.
const incidentSpan = 5 * time.Minute

// actionText is the action's name for people.
func actionText(a platform.Action) string {
	if a == platform.Failover {
		return "fail over"
	}
	return a.String()
}
