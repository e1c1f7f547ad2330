package platform

import "livestream-tui/services/kit/report"

// Packager is one packager for one signal.
type Packager struct {
	// Signal is empty while the ingest table is empty.
	Signal string `json:"signal"`
	// Name is that of a process of this platform, or else host and port. URL is the base
	// URL, empty while no report contains it.
	Name string `json:"name"`
	URL  string `json:"url"`
	// Ours is set for a process of this platform.
	Ours bool `json:"ours"`
	// Number is its place among the packagers of its signal, from 1.
	Number int `json:"number"`
	// Reported is set when discovery reports the packager: then Status is its report.
	Reported bool                  `json:"reported"`
	Status   report.PackagerStatus `json:"status"`
	// Active is set when players are served from it. Held is set while an operator holds it,
	// which lasts until it is released or fails.
	Active bool `json:"active"`
	Held   bool `json:"held,omitempty"`
	// Usable is set when players can be served from it: its process works, and its state is
	// usable or not known.
	Usable bool `json:"usable"`
}
