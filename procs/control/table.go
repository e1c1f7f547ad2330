package control

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"livestream-tui/procs"
	"livestream-tui/services/kit/text"
)

// WriteStatus writes what a platform is, for people: the light, where to watch, and
// a table of the processes.
func WriteStatus(w io.Writer, s Snapshot) error {
	air := s.OnAir()
	var text bytes.Buffer
	head := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	fmt.Fprintf(head, "%s\t%s\n", strings.ToUpper(air.State.String()), clean(signalsText(s, air), air.Reason))
	for _, d := range s.Degraded {
		fmt.Fprintf(head, "%s\t%s; a failover shows\n", clean(d.Mode), clean(d.Playlist, d.Reason))
	}
	for _, l := range s.Live {
		fmt.Fprintf(head, "play\t%s\n", s.playlist(l.Signal))
	}
	fmt.Fprintf(head, "platform\t%s\n", clean(fmt.Sprintf("layout %s, pid %d, up %s, logs in %s", s.Layout, s.PID, brief(s.At.Sub(s.Started)), s.LogFolder)))
	_ = head.Flush() // a buffer takes everything
	writeLights(&text, s, air)
	writeOutages(&text, s)
	writeFilms(&text, s)
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

// newTable begins a table of a status, apart from what is before it.
func newTable(text *bytes.Buffer, head string) *tabwriter.Writer {
	fmt.Fprintln(text)
	table := tabwriter.NewWriter(text, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, head)
	return table
}

// writeLights writes the light of each signal.
func writeLights(text *bytes.Buffer, s Snapshot, air OnAir) {
	if len(air.Signals) == 0 {
		return
	}
	table := newTable(text, "SIGNAL\tLIGHT\tSINCE\tFROM\tREASON")
	for _, l := range air.Signals {
		since := "-"
		if !l.Since.IsZero() {
			since = l.Since.Local().Format(time.DateTime)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", clean(l.Signal), l.State, since, clean(cmp.Or(s.playedFrom(l.Signal), "-")), clean(l.Reason))
	}
	_ = table.Flush() // a buffer takes everything
}

// outagesShown is how many outages a status lists.
const outagesShown = 5

// writeOutages writes the newest outages.
func writeOutages(text *bytes.Buffer, s Snapshot) {
	list := s.Outages[max(0, len(s.Outages)-outagesShown):]
	if len(list) == 0 {
		return
	}
	table := newTable(text, "OUTAGE\tSINCE\tUNTIL\tLENGTH\tREASON")
	for _, o := range list {
		until := "it lasts"
		if !o.Lasts() {
			until = o.Until.Local().Format("15:04:05.000")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", clean(o.Signal), o.Since.Local().Format("2006-01-02 15:04:05.000"), until, o.Length(s.At), clean(o.Reason))
	}
	_ = table.Flush() // as above
}

// writeFilms writes what becomes of each file of the input folder.
func writeFilms(text *bytes.Buffer, s Snapshot) {
	list := s.FilmList()
	if len(list) == 0 {
		return
	}
	table := newTable(text, "FILM\tSIGNAL\tSTATE\tREASON")
	for _, f := range list {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", clean(f.File), clean(cmp.Or(f.Signal, "-")), clean(string(f.State)), clean(f.Reason))
	}
	_ = table.Flush() // as above
}

// WriteStatusJSON writes a snapshot and the light, `on_air`, as one JSON document.
func WriteStatusJSON(w io.Writer, s Snapshot) error {
	s.Ingests, s.Details, s.Live, s.Preferences = some(s.Ingests), some(s.Details), some(s.Live), some(s.Preferences)
	s.Failovers, s.Viewings = some(s.Failovers), some(s.Viewings)
	s.Degraded, s.ServingChanges = some(s.Degraded), some(s.ServingChanges)
	s.Outages, s.Films = some(s.Outages), some(s.FilmList())
	air := s.OnAir()
	air.Signals = some(air.Signals)
	return writeJSON(w, struct {
		Snapshot
		OnAir OnAir `json:"on_air"`
	}{s, air})
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

// signalsText tells where the one signal is played from, or how many of several are on
// air.
func signalsText(s Snapshot, air OnAir) string {
	on, due := air.Count()
	switch {
	case due > 1, due == 1 && len(s.Preferences) != 1:
		return fmt.Sprintf("%d of %d signals on air", on, due)
	case len(s.Preferences) == 1:
		text := s.Preferences[0].Signal + " from " + cmp.Or(s.playedFrom(s.Preferences[0].Signal), "nowhere")
		for _, d := range s.Details {
			if d.Signal == s.Preferences[0].Signal {
				text += fmt.Sprintf(", %d of %d packagers usable", usable(d), len(d.Packagers))
			}
		}
		return text
	}
	return ""
}

// playedFrom is the packager that a signal is played from, empty for none.
func (s Snapshot) playedFrom(signal string) string {
	for _, p := range s.Preferences {
		if p.Signal != signal || p.Active == "" {
			continue
		}
		if p.Held {
			return s.packager(p.Active) + " (held)"
		}
		return s.packager(p.Active)
	}
	return ""
}

// clean joins what there is of texts and makes it fit for a terminal.
func clean(texts ...string) string {
	var list []string
	for _, t := range texts {
		if t != "" {
			list = append(list, text.Clean(t))
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
