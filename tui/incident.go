package tui

import (
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/panel"
	"livestream-tui/tui/scene"
)

// incidentSpan is how far back an incident report's logs reach.
const incidentSpan = 5 * time.Minute

// incident writes an incident report to a file.
func (m *model) incident() tea.Cmd {
	logs := m.logs.Between(m.scene.Now.Add(-incidentSpan), time.Time{})
	return m.save("incident", incidentText(&m.scene, logs), "incident report: ")
}

// incidentText describes what has happened lately to a reader who was not there.
func incidentText(s *scene.Scene, logs []platform.LogLine) string {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	put("incident report, %s", s.Now.Format(time.RFC3339))
	put("layout %s, started %s, %s", canvas.Clean(s.Snapshot.Layout), s.Snapshot.Started.Format(time.RFC3339), strings.ToUpper(s.Light.State.String()))
	put("\nservices")
	for i := range s.Snapshot.Processes {
		p := &s.Snapshot.Processes[i]
		_, word, _ := s.ProcessMark(p)
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
			s.PackagerAt(f.From), s.PackagerAt(f.To), canvas.Clean(f.Cause), canvas.Millis(f.GapMS), f.MSNBefore, f.MSNAfter, f.Saved)
	}
	put("\noutages")
	for _, o := range s.Snapshot.Outages {
		until := "now"
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
	put("\nplaylists that would show a failover")
	for _, d := range s.Snapshot.Degraded {
		put("  %s  %s  since %s: %s", canvas.Clean(d.Playlist), canvas.Clean(string(d.Mode)), d.Time.Format(time.RFC3339Nano), canvas.Clean(d.Reason))
	}
	put("\nlogs of the last %s", incidentSpan)
	for i := range logs {
		put("  %s", panel.PlainLine(&logs[i]))
	}
	return b.String()
}
