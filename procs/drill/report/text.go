package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"livestream-tui/procs/drill/judge"
	"livestream-tui/procs/drill/proxy"
	"livestream-tui/services/kit/text"
)

// Text prints for people: a table row for each fault. Live says that Out is a terminal,
// which also shows the current phase; Colour says that it has colours.
type Text struct {
	Out          io.Writer
	Live, Colour bool
	// Width is the terminal's, in columns; 0 when it is not known.
	Width int

	plan  Plan
	drawn bool // the last line shows a phase
}

var _ Printer = (*Text)(nil)

const nameWidth = 24

// Begin implements Printer.
func (t *Text) Begin(p Plan) {
	t.plan = p
	t.line(fmt.Sprintf("%s, %s, through %s", judge.Count(len(p.Faults), "fault"), judge.Count(p.Players, "player"), p.Proxy))
	t.line(fmt.Sprintf("%7s  %-*s %-4s %9s %9s %13s  %s", "", nameWidth, "fault", "", "in flight", "wait", "failover wait", "what the proxy said"))
}

// Phase implements Printer.
func (t *Text) Phase(p Phase) {
	text := p.Text
	if p.Number > 0 {
		text = fmt.Sprintf("%s  %s", t.number(p.Number), text)
	}
	if !t.Live {
		if p.Number == 0 && !p.Passing {
			t.line(text)
		}
		return
	}
	if t.Width > 0 && utf8.RuneCountInString(text) > t.Width-1 {
		text = string([]rune(text)[:t.Width-1])
	}
	t.print("\r\x1b[K" + text)
	t.drawn = true
}

// Result implements Printer.
func (t *Text) Result(number int, r Result) {
	word, colour := "PASS", "32"
	switch {
	case r.Skipped != "":
		word, colour = "SKIP", "33"
	case !r.Passed:
		word, colour = "FAIL", "31"
	}
	if t.Colour {
		word = "\x1b[" + colour + "m" + word + "\x1b[0m"
	}
	if r.Skipped != "" {
		t.line(fmt.Sprintf("%s  %-*s %s %s", t.number(number), nameWidth, r.Fault.Name, word, text.Clean(r.Skipped)))
		return
	}
	wait, said := failoverWords(r.Failovers)
	t.line(strings.TrimRight(fmt.Sprintf("%s  %-*s %s %9d %9s %13s  %s", t.number(number), nameWidth, r.Fault.Name, word, r.InFlight, milliseconds(r.LongestWait), wait, said), " "))
	for _, e := range r.Evidence {
		t.line("         - " + text.Clean(e))
	}
	for _, n := range r.Notes {
		t.line("         (" + text.Clean(n) + ")")
	}
}

// End implements Printer.
func (t *Text) End(s Summary) {
	failed, skipped := s.Failed(), s.Skipped()
	run := len(s.Results) - len(skipped)
	text := fmt.Sprintf("%d of %d passed in %s", run-len(failed), run, s.Took.Round(time.Second))
	if len(skipped) > 0 {
		text += "; skipped: " + strings.Join(skipped, ", ")
	}
	if len(failed) > 0 {
		text += "; failed: " + strings.Join(failed, ", ")
	}
	if n := s.Planned - len(s.Results); n > 0 {
		text += fmt.Sprintf("; ended early, %d not run", n)
	}
	t.line(text)
}

func (t *Text) number(n int) string {
	return fmt.Sprintf("[%2d/%2d]", n, len(t.plan.Faults))
}

func (t *Text) line(text string) {
	if t.drawn {
		t.print("\r\x1b[K")
		t.drawn = false
	}
	t.print(text + "\n")
}

// print writes. An error means that the reader has gone.
func (t *Text) print(text string) { _, _ = io.WriteString(t.Out, text) }

// failoverWords returns the longest wait of a player for a failover and the first cause.
func failoverWords(list []proxy.Failover) (wait, said string) {
	if len(list) == 0 {
		return "-", ""
	}
	longest := slices.MaxFunc(list, func(a, b proxy.Failover) int { return int(1000 * (a.GapMS - b.GapMS)) }).GapMS
	wait = "no wait"
	if longest >= 0 {
		wait = fmt.Sprintf("%.1f ms", longest)
	}
	said = text.Clean(list[0].Cause)
	if n := len(list) - 1; n > 0 {
		said += fmt.Sprintf(" (and %d more)", n)
	}
	return wait, said
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
