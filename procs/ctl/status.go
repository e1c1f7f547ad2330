package ctl

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
)

// WriteStatus writes the status of a platform for people: the light, the URLs to play, and
// tables of signals, outages, films and processes.
func WriteStatus(w io.Writer, s platform.Snapshot) error {
	air := s.OnAir
	var out bytes.Buffer
	head := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(head, "%s\t%s\n", lightText(s), text.Joined(signalsText(s), air.Reason))
	if worst, _, _ := air.Worst(); worst.By != nil {
		fmt.Fprintf(head, "cause\t%s at %s\n", text.Joined(worst.By.String()+" by "+worst.By.By.String()), text.Clock(worst.By.Time))
	}
	for _, c := range mends(air) {
		fmt.Fprintf(head, "mend\tlivestream-tui ctl %s %s\n", c.Action, text.Joined(c.Process))
	}
	if o, h := air.LastOutage, air.LastHour; o != nil && h != nil {
		fmt.Fprintf(head, "outages\tthe last took %s, from %s on; on air %.2f %% since %s\n", o.Length(s.At), text.Clock(o.Since), h.Percent, text.Clock(h.Since))
	}
	for _, d := range s.Degraded {
		fmt.Fprintf(head, "%s\t%s; a failover shows\n", text.Joined(string(d.Mode)), text.Joined(d.Playlist, d.Reason))
	}
	for _, signal := range played(s) {
		if s.PlayURL == "" {
			break // a layout without a proxy
		}
		fmt.Fprintf(head, "play\t%s\n", s.Playlist(signal))
	}
	fmt.Fprintf(head, "platform\t%s\n", text.Joined(fmt.Sprintf("layout %s, pid %d, up %s, logs in %s", s.Layout, s.PID, text.Brief(s.At.Sub(s.Started)), s.LogFolder)))
	_ = head.Flush() // a buffer does not fail
	writeLights(&out, s, air)
	writeOutages(&out, s)
	writeFilms(&out, s)
	writeInputs(&out, s)
	fmt.Fprintln(&out)
	table := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tSTATE\tPID\tUPTIME\tRESTARTS\tCPU\tRSS\tPORT\tREASON")
	for _, p := range s.Processes {
		pid, up, cpu, rss, port := "-", "-", "-", "-", "-"
		if p.PID != 0 {
			pid, up = fmt.Sprint(p.PID), text.Brief(s.At.Sub(p.Started))
		}
		if p.PID != 0 && p.RSS != 0 { // otherwise it is not measured yet
			cpu, rss = fmt.Sprintf("%.1f%%", p.CPU), text.Bytes(p.RSS)
		}
		if p.Port != 0 {
			port = fmt.Sprint(p.Port)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", text.Joined(p.Name), stateWord(p), pid, up, p.Again(), cpu, rss, port, text.Joined(cmp.Or(s.HeardText(p), reason(p))))
	}
	_ = table.Flush() // as above
	writeMachines(&out, s)
	return writeTrimmed(w, out.String())
}

// writeTrimmed writes lines without the blanks at their ends.
func writeTrimmed(w io.Writer, lines string) error {
	for line := range strings.Lines(lines) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// lightText is the platform's light in capitals, with the time that is left where it will be
// off air soon.
func lightText(s platform.Snapshot) string {
	if worst, _, found := s.OnAir.Worst(); found && s.OnAir.State == platform.AirOffSoon {
		return "OFF AIR IN " + text.Brief(worst.Left(s.At))
	}
	return strings.ToUpper(s.OnAir.State.String())
}

// saysUsable reports whether the reason of the light is how many packagers are usable.
func saysUsable(air platform.OnAir) bool {
	worst, _, found := air.Worst()
	return found && air.State == platform.AirOffSoon && worst.Cause == platform.NoPackager
}

// mends returns the commands that mend what makes the light bad, each once.
func mends(air platform.OnAir) []platform.Command {
	var list []platform.Command
	for _, l := range air.InState(air.State) {
		for _, c := range l.Mends {
			if !slices.Contains(list, c) {
				list = append(list, c)
			}
		}
	}
	return list
}

// newTable starts a table after an empty line.
func newTable(out *bytes.Buffer, head string) *tabwriter.Writer {
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, head)
	return table
}

// writeLights writes a row for each signal.
func writeLights(out *bytes.Buffer, s platform.Snapshot, air platform.OnAir) {
	if len(air.Signals) == 0 {
		return
	}
	table := newTable(out, "SIGNAL\tLIGHT\tSINCE\tFROM\tREASON")
	for _, l := range air.Signals {
		since := "-"
		if !l.Since.IsZero() {
			since = l.Since.Local().Format(time.DateTime)
		}
		light := l.State.String()
		if l.State == platform.AirOffSoon {
			light = "off air in " + text.Brief(l.Left(s.At))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", text.Joined(l.Signal), light, since, text.Joined(cmp.Or(s.PlayedFrom(l.Signal), "-")), text.Joined(l.Reason))
	}
	_ = table.Flush() // a buffer does not fail
}

// writeOutages writes a row for each of the latest outages.
func writeOutages(out *bytes.Buffer, s platform.Snapshot) {
	list := s.Outages[max(0, len(s.Outages)-platform.OutagesShown):]
	if len(list) == 0 {
		return
	}
	table := newTable(out, "OUTAGE\tSINCE\tUNTIL\tLENGTH\tREASON")
	for _, o := range list {
		until := "ongoing"
		if !o.Lasts() {
			until = o.Until.Local().Format("15:04:05.000")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", text.Joined(o.Signal), o.Since.Local().Format("2006-01-02 15:04:05.000"), until, o.Length(s.At), text.Joined(o.Reason))
	}
	_ = table.Flush() // as above
}

// writeFilms writes a row for each file of the input folder.
func writeFilms(out *bytes.Buffer, s platform.Snapshot) {
	list := s.FilmList()
	if len(list) == 0 {
		return
	}
	table := newTable(out, "FILM\tSIGNAL\tSTATE\tREASON")
	for _, f := range list {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", text.Joined(f.File), text.Joined(cmp.Or(f.Signal, "-")), text.Joined(string(f.State)), text.Joined(f.Reason))
	}
	_ = table.Flush() // as above
}

// WriteStatusJSON writes a snapshot as one JSON document.
func WriteStatusJSON(w io.Writer, s platform.Snapshot) error {
	s.Ingests, s.Details, s.Live, s.Preferences = some(s.Ingests), some(s.Details), some(s.Live), some(s.Preferences)
	s.LiveSignals, s.InputChanges = some(s.LiveSignals), some(s.InputChanges)
	s.Failovers, s.Viewings = some(s.Failovers), some(s.Viewings)
	s.Degraded, s.ServingChanges = some(s.Degraded), some(s.ServingChanges)
	s.Outages, s.Films = some(s.Outages), some(s.FilmList())
	s.OnAir.Signals, s.Packagers, s.Actives = some(s.OnAir.Signals), some(s.Packagers), some(s.Actives)
	return writeJSON(w, s)
}

// some returns list, or an empty one in place of nil: JSON has [] rather than null.
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

// signalsText says which packager the one signal is played from, or how many of several are
// on air.
func signalsText(s platform.Snapshot) string {
	on, due := s.OnAir.Count()
	signal := ""
	for _, l := range s.OnAir.Signals {
		if l.Due {
			signal = l.Signal
		}
	}
	switch {
	case due > 1:
		return fmt.Sprintf("%d of %d signals on air", on, due)
	case due == 0 && len(s.Preferences) == 1:
		signal = s.Preferences[0].Signal
	case due == 0:
		return ""
	}
	where := signal + " from " + cmp.Or(s.PlayedFrom(signal), "nowhere")
	if usable, total := s.Usable(signal); total > 0 && !saysUsable(s.OnAir) {
		where += fmt.Sprintf(", %d of %d packagers usable", usable, total)
	}
	return where
}

// played returns the signals that players can play: those that are due, and those that the
// origin plays, in order of name.
func played(s platform.Snapshot) []string {
	var names []string
	for _, l := range s.OnAir.Signals {
		if l.Due {
			names = append(names, l.Signal)
		}
	}
	for _, l := range s.Live {
		names = append(names, l.Signal)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// stateWord returns the state in one word.
func stateWord(p platform.Process) string {
	if p.Unheard {
		return platform.UnknownState
	}
	if p.Paused && p.PID != 0 && p.State != platform.Stopping {
		return "paused"
	}
	return p.State.String()
}

// reason says why a process is in its state; empty when there is nothing to say.
func reason(p platform.Process) string {
	switch progress := platform.ProgressText(p.Progress); {
	case progress != "":
		return progress
	case p.Reason != "":
		return p.Reason
	case p.LastExit != "" && (p.Again() > 0 || !p.Works()):
		return "last exit: " + p.LastExit
	}
	return ""
}
