package scene

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/canvas"
)

// Packager is a packager for one signal.
type Packager struct {
	platform.Packager
	// Label is the signal's name and Title the packager's, both cleaned.
	Label, Title string
	// Process is nil when the packager is not a process of this platform.
	Process *platform.Process
}

// Answers returns the newest n points of how long the packager takes to answer.
func (s *Scene) Answers(p Packager, n int) []float64 {
	return s.Figures(series.Answer, series.AnswerOf(p.Signal, p.URL), n)
}

// Reason says why the packager is not well; it is empty when it is.
func (p Packager) Reason() string {
	if p.Process != nil && !p.IsUnheard() && !p.Process.Works() {
		if why := Reason(p.Process); why != "" {
			return why
		}
	}
	return canvas.Clean(p.Status.Reason)
}

// packagers returns the snapshot's packagers.
func (s *Scene) packagers() []Packager {
	var list []Packager
	for _, p := range s.Snapshot.Packagers {
		list = append(list, Packager{Packager: p, Label: canvas.Clean(p.Signal), Title: canvas.Clean(p.Name), Process: s.Process(p.Name)})
	}
	return list
}

// PackagerAt returns the name of the packager at a base URL; an empty URL has an empty
// name.
func (s *Scene) PackagerAt(address string) string {
	if address == "" {
		return ""
	}
	return canvas.Clean(s.Snapshot.Packager(address))
}

// PackagerNumber returns the packager's number among those of its signal, or 0 when it is
// not known.
func (s *Scene) PackagerNumber(name string) int {
	for _, p := range s.Packagers {
		if p.Title == name {
			return p.Number
		}
	}
	return 0
}

// PackagerLabel returns the short name of a packager that has that number: the number, or on a
// cluster its machine and its number there, as in b2, where both are short.
func (s *Scene) PackagerLabel(name string, number int) string {
	if len(s.Snapshot.Machines) < 2 {
		return strconv.Itoa(number)
	}
	machine, process := platform.SplitMachine(name)
	if p := s.Process(name); p != nil {
		machine = p.Machine
	}
	there := process[len(strings.TrimRight(process, "0123456789")):]
	if label := machine + there; machine != "" && there != "" && ansi.StringWidth(label) <= labelMost {
		return canvas.Clean(label)
	}
	return strconv.Itoa(number)
}

// labelMost is how many cells the short name of a packager has at most.
const labelMost = 3

// WithNames returns a text with the names of our packagers, and of those of other machines, in
// place of their base URLs.
func (s *Scene) WithNames(text string) string {
	for _, p := range s.Packagers {
		if machine, _ := platform.SplitMachine(p.Title); p.URL != "" && (p.Process != nil || machine != "") {
			text = strings.ReplaceAll(text, p.URL, p.Title)
		}
	}
	return canvas.Clean(text)
}

// Gone reports whether the packager cannot serve anybody: its process does not run, or it does
// not answer.
func (p Packager) Gone() bool {
	return p.Process != nil && !p.IsUnheard() && p.Process.PID == 0 || p.Reported && p.Status.State == report.Down
}
