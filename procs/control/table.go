package control

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"

	"livestream-tui/procs"
	"livestream-tui/services/report"
)

// WriteStatus writes what a platform is, for people: the light, where to watch, and
// a table of the processes.
func WriteStatus(w io.Writer, s Snapshot) error {
	air := s.OnAir()
	var text bytes.Buffer
	head := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	fmt.Fprintf(head, "%s\t%s\n", strings.ToUpper(air.State.String()), clean(signalsText(s), air.Reason))
	for _, d := range s.Degraded {
		fmt.Fprintf(head, "%s\t%s; a failover shows\n", clean(d.Mode), clean(d.Playlist, d.Reason))
	}
	for _, l := range s.Live {
		fmt.Fprintf(head, "play\t%s/%s/playlist.m3u8\n", s.PlayURL, url.PathEscape(l.Signal))
	}
	fmt.Fprintf(head, "platform\t%s\n", clean(fmt.Sprintf("layout %s, pid %d, up %s, logs in %s", s.Layout, s.PID, brief(s.At.Sub(s.Started)), s.LogFolder)))
	_ = head.Flush() // a buffer takes everything
	fmt.Fprintln(&text)
	table := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tSTATE\tPID\tUPTIME\tRESTARTS\tCPU\tRSS\tPORT\tREASON")
	for _, p := range s.Processes {
		pid, up, cpu, rss, port := "-", "-", "-", "-", "-"
		if p.PID != 0 {
			pid, up = fmt.Sprint(p.PID), brief(s.At.Sub(p.Started))
		}
		if p.PID != 0 && p.RSS != 0 { // else not measured yet
			cpu, rss = fmt.Sprintf("%.1f%%", p.CPU), bytesText(p.RSS)
		}
		if p.Port != 0 {
			port = fmt.Sprint(p.Port)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", clean(p.Name), stateWord(p), pid, up, p.Restarts, cpu, rss, port, clean(reason(p)))
	}
	_ = table.Flush() // as above
	for line := range strings.Lines(text.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// WriteStatusJSON writes a snapshot and the light, `on_air`, as one JSON document.
func WriteStatusJSON(w io.Writer, s Snapshot) error {
	s.Ingests, s.Details, s.Live, s.Preferences = some(s.Ingests), some(s.Details), some(s.Live), some(s.Preferences)
	s.Failovers, s.Viewings = some(s.Failovers), some(s.Viewings)
	s.Degraded, s.ServingChanges = some(s.Degraded), some(s.ServingChanges)
	return writeJSON(w, struct {
		Snapshot
		OnAir OnAir `json:"on_air"`
	}{s, s.OnAir()})
}

// some is list, [] rather than null in JSON.
func some[E any](list []E) []E {
	if list == nil {
		return []E{}
	}
	return list
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// signalsText tells where each signal is played from.
func signalsText(s Snapshot) string {
	var list []string
	for _, p := range s.Preferences {
		text := p.Signal + " from " + cmp.Or(s.packager(p.Active), "nowhere")
		if p.Held {
			text += " (held)"
		}
		for _, d := range s.Details {
			if d.Signal == p.Signal {
				text += fmt.Sprintf(", %d of %d packagers usable", usable(d), len(d.Packagers))
			}
		}
		list = append(list, text)
	}
	return strings.Join(list, "; ")
}

// clean joins what there is of texts and makes it fit for a terminal.
func clean(texts ...string) string {
	var list []string
	for _, t := range texts {
		if t != "" {
			list = append(list, report.Clean(t))
		}
	}
	return strings.Join(list, ": ")
}

// stateWord is the state in one word.
func stateWord(p Process) string {
	if p.Paused && p.PID != 0 && p.State != procs.Stopping {
		return "paused"
	}
	return p.State.String()
}

// reason says why a process is what it is.
func reason(p Process) string {
	switch progress := progressText(p.Progress); {
	case progress != "":
		return progress
	case p.Reason != "":
		return p.Reason
	case p.LastExit != "":
		return "last exit: " + p.LastExit
	}
	return ""
}

func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
}
