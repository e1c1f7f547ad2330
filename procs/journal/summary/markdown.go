package summary

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
)

// listed is how many rows a table of failovers or commands has at most, the newest.
const listed = 50

// WriteMarkdown writes the summary for people.
func (s Summary) WriteMarkdown(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Report from %s to %s\n\n%s\n", stamp(s.Window.From), stamp(s.Window.To), s.headline())
	s.writeSignals(&b)
	writeOutages(&b, "Outages", s.outages(false))
	writeOutages(&b, "Planned outages: an operator's command caused them", s.outages(true))
	s.writeFailovers(&b)
	s.writeInputs(&b)
	if len(s.Down) > 0 {
		table(&b, "Not running", "from", "length", "end of the platform before it")
		for _, d := range s.Down {
			how := "in order"
			if d.Killed {
				how = "killed, or the machine stopped"
			}
			if d.To.Equal(s.Window.To) {
				how += "; not started since"
			}
			row(&b, stamp(d.From), brief(d.Length()), how)
		}
	}
	s.writeHappened(&b)
	_, err := w.Write(b.Bytes())
	return err
}

// headline says the most important in a line.
func (s Summary) headline() string {
	if len(s.Signals) == 0 {
		return "No signal was on air in this time."
	}
	on, _ := s.All.Percent()
	words := fmt.Sprintf("On air for %.2f %% of %s", on, brief(spans(s.All.Counted).length()))
	if without, _ := s.All.Unplanned(); without != on {
		words += fmt.Sprintf(", %.2f %% without what operators caused", without)
	}
	words += s.watchers() + fmt.Sprintf(". Outages: %d, planned: %d. Failovers: %d", len(s.outages(false)), len(s.outages(true)), len(Moves(s.Failovers)))
	if s.All.WorstWaitMS >= 0 {
		words += fmt.Sprintf(", longest wait of a player: %.0f ms", s.All.WorstWaitMS)
	}
	return words + "."
}

// watchers says whose viewers saw it; empty for one machine.
func (s Summary) watchers() string {
	if len(s.Machines) == 0 {
		return ""
	}
	return ", as the viewers of this machine and of " + strings.Join(s.Machines, ", ") + " saw it"
}

// outages returns those that were planned, or those that were not.
func (s Summary) outages(planned bool) []Outage {
	var list []Outage
	for _, o := range s.Outages {
		if o.Planned == planned {
			list = append(list, o)
		}
	}
	return list
}

func (s Summary) writeSignals(b *bytes.Buffer) {
	if len(s.Signals) == 0 {
		return
	}
	table(b, "Availability", "signal", "on air", "without planned", "counted", "off air", "planned", "outages", "segments lost", "failovers", "longest wait")
	for _, one := range append(append([]Signal(nil), s.Signals...), s.All) {
		name := one.Name
		if name == "" {
			name = "**all**"
		}
		on, _ := one.Percent()
		without, _ := one.Unplanned()
		row(b, name, fmt.Sprintf("%.2f %%", on), fmt.Sprintf("%.2f %%", without), brief(spans(one.Counted).length()),
			exact(spans(one.Off).length()), exact(spans(one.Planned).length()), fmt.Sprint(one.Outages), fmt.Sprint(one.Lost), fmt.Sprint(one.Failovers), wait(one.WorstWaitMS))
	}
}

func writeOutages(b *bytes.Buffer, title string, list []Outage) {
	if len(list) == 0 {
		return
	}
	heads := []string{"from", "signal", "length", "segments lost", "cause"}
	seen := slices.ContainsFunc(list, func(o Outage) bool { return isOther(o.Viewer) })
	if seen {
		heads = append(heads, "seen by")
	}
	table(b, title, heads...)
	for _, o := range list {
		length := exact(o.Length)
		if o.Lasts() {
			length += ", not ended"
		}
		cells := []string{stamp(o.Since), o.Signal, length, fmt.Sprint(o.Lost), o.Why()}
		if seen {
			cells = append(cells, o.Viewer)
		}
		row(b, cells...)
	}
}

// Why says what caused an outage, and what its viewer saw.
func (o Outage) Why() string {
	if o.Cause == o.Reason || o.Reason == "" {
		return o.Cause
	}
	return o.Cause + "; " + o.Reason
}

func (s Summary) writeFailovers(b *bytes.Buffer) {
	if len(s.Failovers) == 0 {
		return
	}
	title, moves := "Failovers", Moves(s.Failovers)
	if n := len(moves); n > listed {
		title = fmt.Sprintf("Failovers: the last %d of %d", listed, n)
	}
	moves = moves[max(0, len(moves)-listed):]
	heads := []string{"at", "signal", "from", "to", "wait", "cause"}
	several := slices.ContainsFunc(moves, func(m Move) bool { return slices.ContainsFunc(m.By, isOther) })
	if several {
		heads = append(heads, "by")
	}
	table(b, title, heads...)
	for _, m := range moves {
		cells := []string{stamp(m.Time), m.Signal, m.From, m.To, wait(m.GapMS), m.Cause}
		if several {
			cells = append(cells, strings.Join(m.By, ", "))
		}
		row(b, cells...)
	}
}

// writeInputs writes what live signals were made from.
func (s Summary) writeInputs(b *bytes.Buffer) {
	if len(s.Inputs) == 0 {
		return
	}
	title := "Live inputs"
	if n := len(s.Inputs); n > listed {
		title = fmt.Sprintf("Live inputs: the last %d of %d changes", listed, n)
	}
	table(b, title, "at", "signal", "change", "gap", "frames", "cause")
	for _, e := range s.Inputs[max(0, len(s.Inputs)-listed):] {
		i, _ := e.What.(event.Input)
		gap, frames := "none", "0"
		switch {
		case i.Change != event.InputSwitched:
			gap, frames = "", ""
		case i.GapMS > 0:
			gap, frames = fmt.Sprintf("%.0f ms", i.GapMS), fmt.Sprint(i.Frames)
		}
		row(b, stamp(e.Time), i.Signal, i.Way(), gap, frames, i.Cause)
	}
}

// writeHappened writes what else happened.
func (s Summary) writeHappened(b *bytes.Buffer) {
	if len(s.Exits) > 0 {
		table(b, "Unexpected ends of processes", "at", "process", "what")
		for _, e := range s.Exits {
			what, _ := e.What.(platform.Exit)
			row(b, stamp(e.Time), e.Process, what.String(e.Time))
		}
	}
	if len(s.Averted) > 0 {
		table(b, "Averted outages: the stream was about to be off air", "at", "signal", "how near")
		for _, e := range s.Averted {
			a, _ := e.What.(platform.Averted)
			row(b, stamp(e.Time), a.Signal, a.String())
		}
	}
	if len(s.Drills) > 0 {
		table(b, "Drills", "at", "drill", "verdict", "by")
		for _, e := range s.Drills {
			if d, _ := e.What.(platform.Drilled); d.Verdict != platform.DrillBegun {
				row(b, stamp(e.Time), d.Name, text.Because(string(d.Verdict), d.Seen), d.By.String())
			}
		}
	}
	if len(s.Commands) > 0 {
		title := "Commands"
		if n := len(s.Commands); n > listed {
			title = fmt.Sprintf("Commands: the last %d of %d", listed, n)
		}
		table(b, title, "at", "command", "by", "refused")
		for _, e := range s.Commands[max(0, len(s.Commands)-listed):] {
			c, _ := e.What.(platform.Commanded)
			row(b, stamp(e.Time), c.String(), c.By.String(), c.Refused)
		}
	}
}

// table begins a table under a heading.
func table(b *bytes.Buffer, title string, heads ...string) {
	fmt.Fprintf(b, "\n## %s\n\n", title)
	row(b, heads...)
	fmt.Fprintln(b, strings.Repeat("|---", len(heads))+"|")
}

// row writes the cells of a table. Their text may come from anywhere.
func row(b *bytes.Buffer, cells ...string) {
	for _, c := range cells {
		fmt.Fprintf(b, "| %s ", strings.NewReplacer("|", `\|`, "\n", " ").Replace(text.Clean(c)))
	}
	fmt.Fprintln(b, "|")
}

func stamp(t time.Time) string { return t.Local().Format(time.DateTime) }

// exact returns a length to the millisecond, as the viewer has it.
func exact(d time.Duration) string { return d.Truncate(time.Millisecond).String() }

// brief returns a length to the second.
func brief(d time.Duration) string { return d.Round(time.Second).String() }

// wait returns the longest wait of a player.
func wait(ms float64) string {
	if ms < 0 {
		return "none"
	}
	return fmt.Sprintf("%.0f ms", ms)
}
