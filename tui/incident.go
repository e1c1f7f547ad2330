package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
	"livestream-tui/tui/scene"
)

const (
	// incidentSpan is how far back the lines of log of an incident report reach.
	incidentSpan = 5 * time.Minute
	// incidentLines is how many lines of log it has, incidentRows how many rows any other
	// part: a report is a page.
	incidentLines = 50
	incidentRows  = 20
)

// incident writes an incident report to a file and shows it.
func (m *model) incident() tea.Cmd {
	r := incidentOf(&m.scene, m.options.Version, m.logs.Between(m.scene.Now.Add(-incidentSpan), time.Time{}))
	write, folder := m.outside.Write, m.scene.Snapshot.LogFolder
	name := "incident-" + m.scene.Now.Format("20060102-150405") + ".md"
	return func() tea.Msg {
		path, err := write(folder, name, r.markdown())
		return reported{r, path, err}
	}
}

// incidentOf describes what has happened lately to a reader who was not there. version is
// that of the dashboard.
func incidentOf(s *scene.Scene, version string, logs []platform.LogLine) incidentReport {
	r := incidentReport{title: "Incident report, " + s.Now.Format("2006-01-02 15:04:05 MST"), lead: incidentSummary(s, version)}
	r.add(part{title: "Signals", heads: []string{"signal", "light", "since", "why"}}, signalRows(s))
	r.add(part{title: "Outages", heads: []string{"from", "until", "signal", "length", "lost", "cause"}}, outageRows(s))
	r.add(part{title: "Events", heads: []string{"at", "what", "of", "how"}}, eventRows(s))
	r.add(part{title: "Exits", heads: []string{"at", "process", "start", "how"}}, exitRows(s))
	r.add(part{title: "Services", heads: []string{"service", "state", "pid", "restarts", "why"}}, serviceRows(s))
	r.add(part{title: "Packagers", heads: []string{"packager", "of", "role", "state", "msn", "age", "why"}}, packagerRows(s))
	r.add(part{title: "Playlists that would show a failover", heads: []string{"playlist", "mode", "since", "why"}}, degradedRows(s))
	r.add(part{title: "Films", heads: []string{"file", "signal", "state", "why"}}, filmRows(s))
	if settings := settingsOf(s); len(settings) > 0 {
		r.parts = append(r.parts, part{title: "Settings", lines: settings})
	}
	if lines := telling(s, logs); len(lines) > 0 {
		title := fmt.Sprintf("Telling lines of the last %.0f minutes", incidentSpan.Minutes())
		r.parts = append(r.parts, part{title: title, lines: lines})
	}
	return r
}

// incidentSummary says the most important: the light and what mends it, what it was until now,
// and what runs.
func incidentSummary(s *scene.Scene, version string) []string {
	light := strings.ToUpper(s.Light.State.String())
	if !s.Light.Since.IsZero() {
		light += " since " + clockOf(s, s.Light.Since)
	}
	if s.Light.Reason != "" {
		light += ": " + s.WithNames(s.Light.Reason)
	}
	light += "."
	if worst, _, _ := s.Light.Worst(); len(worst.Mends) > 0 {
		mend := worst.Mends[0]
		light += fmt.Sprintf(" To mend it: livestream-tui ctl %s %s.", mend.Action, mend.Process)
	}
	past := "No outage since the platform started."
	if o, hour := s.Light.LastOutage, s.Light.LastHour; o != nil {
		past = fmt.Sprintf("The last outage took %s, from %s on.", o.Length(s.Now), clockOf(s, o.Since))
		if hour != nil {
			past += fmt.Sprintf(" On air for %.2f %% since %s.", hour.Percent, clockOf(s, hour.Since))
		}
	}
	runs := fmt.Sprintf("Layout %s, pid %d, up %s.", canvas.Clean(s.Snapshot.Layout), s.Snapshot.PID, canvas.Elapsed(s.Now.Sub(s.Snapshot.Started)))
	return []string{light, past, strings.TrimSpace(runs + " " + canvas.Clean(version))}
}

// clockOf tells a time, with its day unless that is today.
func clockOf(s *scene.Scene, t time.Time) string {
	t = t.In(s.Now.Location())
	if t.Format(time.DateOnly) != s.Now.Format(time.DateOnly) {
		return t.Format(time.DateTime)
	}
	return t.Format(time.TimeOnly)
}

// signalRows are those of the signals that are not on air first.
func signalRows(s *scene.Scene) (rows [][]string) {
	for _, good := range []bool{false, true} {
		for _, l := range s.Light.Signals {
			if (l.State == platform.AirOn) != good {
				continue
			}
			since := ""
			if !l.Since.IsZero() {
				since = clockOf(s, l.Since)
			}
			rows = append(rows, []string{l.Signal, l.State.String(), since, s.WithNames(l.Reason)})
		}
	}
	return rows
}

// outageRows are those of the outages in the journal, the newest first.
func outageRows(s *scene.Scene) (rows [][]string) {
	for _, o := range slices.Backward(s.Past.Outages) {
		until, length := clockOf(s, o.End), o.Length
		if o.Lasts() {
			until, length = "now", o.Outage.Length(s.Now)
		}
		rows = append(rows, []string{clockOf(s, o.Since), until, o.Signal, length.Truncate(time.Millisecond).String(), fmt.Sprint(o.Lost), s.WithNames(o.Why())})
	}
	return rows
}

// eventRows are those of the panel EVENTS.
func eventRows(s *scene.Scene) (rows [][]string) {
	for _, h := range s.Past.Happened {
		word, name, how := panel.EventWords(s, h)
		rows = append(rows, []string{clockOf(s, h.At), word, name, how})
	}
	return rows
}

// exitRows are those of all processes, the newest first.
func exitRows(s *scene.Scene) (rows [][]string) {
	type exit struct {
		platform.Ending
		process string
	}
	var list []exit
	for _, p := range s.Snapshot.Processes {
		for _, e := range p.Exits {
			list = append(list, exit{e, p.Name})
		}
	}
	slices.SortStableFunc(list, func(a, b exit) int { return b.Time.Compare(a.Time) })
	for _, e := range list {
		rows = append(rows, []string{clockOf(s, e.Time), e.process, fmt.Sprint(e.Incarnation), e.How})
	}
	return rows
}

// lastExit returns how a process last ended; empty where nothing was wrong.
func lastExit(p *platform.Process) string {
	if p.Works() && p.Again() == 0 {
		return ""
	}
	return p.LastExit
}

func serviceRows(s *scene.Scene) (rows [][]string) {
	for i := range s.Snapshot.Processes {
		p := &s.Snapshot.Processes[i]
		_, word, _ := s.ProcessMark(p)
		rows = append(rows, []string{p.Name, word, fmt.Sprint(p.PID), fmt.Sprint(p.Again()), cmp.Or(scene.Reason(p), lastExit(p))})
	}
	return rows
}

// packagerRows are those of the packagers that are not well first.
func packagerRows(s *scene.Scene) (rows [][]string) {
	for _, good := range []bool{false, true} {
		for _, p := range s.Packagers {
			if p.Usable != good {
				continue
			}
			role := "standby"
			if p.Active {
				role = "active"
			}
			rows = append(rows, []string{p.Title, p.Label, role, string(p.Status.State), fmt.Sprint(p.Status.MSN), canvas.Age(p.Status.AgeMS), p.Reason()})
		}
	}
	return rows
}

func degradedRows(s *scene.Scene) (rows [][]string) {
	for _, d := range s.Snapshot.Degraded {
		rows = append(rows, []string{d.Playlist, string(d.Mode), clockOf(s, d.Time), d.Reason})
	}
	return rows
}

// filmRows are those of the files that are not on air.
func filmRows(s *scene.Scene) (rows [][]string) {
	for _, f := range s.Snapshot.FilmList() {
		if f.State != event.FilmAired {
			rows = append(rows, []string{f.File, f.Signal, string(f.State), f.Reason})
		}
	}
	return rows
}

// settingsOf returns each setting that a process was given, and the processes that differ.
func settingsOf(s *scene.Scene) []string {
	given := map[string][]string{}
	for _, p := range s.Snapshot.Processes {
		for _, e := range p.Env {
			given[e] = append(given[e], p.Name)
		}
	}
	names := map[string]int{} // how many values a setting has
	for e := range given {
		name, _, _ := strings.Cut(e, "=")
		names[name]++
	}
	var list []string
	for e, processes := range given {
		if name, _, _ := strings.Cut(e, "="); names[name] > 1 {
			e += "   (" + strings.Join(processes, ", ") + ")"
		}
		list = append(list, canvas.Clean(e))
	}
	slices.Sort(list)
	return list
}

// telling returns the lines of log that are worth reading, in order of time: warnings, errors
// and what the platform itself says. Lines that say the same are one, the last, with their
// number.
func telling(s *scene.Scene, logs []platform.LogLine) []string {
	type said struct{ process, message string }
	of := func(l platform.LogLine) said { return said{l.Process, l.Message} }
	times := map[said]int{}
	var list []platform.LogLine
	for _, l := range slices.Backward(logs) {
		if l.Level < event.LevelWarn && l.Process != platform.Self {
			continue
		}
		if times[of(l)]++; times[of(l)] == 1 {
			list = append(list, l)
		}
	}
	var lines []string
	for _, l := range slices.Backward(list[:min(len(list), incidentLines)]) {
		text := s.WithNames(panel.PlainLine(&l))
		if n := times[of(l)]; n > 1 {
			text += fmt.Sprintf("   (%d times)", n)
		}
		lines = append(lines, text)
	}
	return lines
}
