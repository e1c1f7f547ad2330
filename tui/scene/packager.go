package scene

import (
	"strings"

	"livestream-tui/procs/platform"
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

// Key names the packager in the history of latencies.
func (p Packager) Key() string { return p.Label + " " + p.URL }

// Reason says why the packager is not well; it is empty when it is.
func (p Packager) Reason() string {
	if p.Process != nil && !p.Process.Works() {
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

// WithNames returns a text with the names of our packagers in place of their base URLs.
func (s *Scene) WithNames(text string) string {
	for _, p := range s.Packagers {
		if p.URL != "" && p.Process != nil {
			text = strings.ReplaceAll(text, p.URL, p.Title)
		}
	}
	return canvas.Clean(text)
}
