package platform

import "time"

// ActiveAt is the packager that players of a signal are served from, by the latest report.
// The proxy decides it; a report may arrive late.
type ActiveAt struct {
	Signal string `json:"signal"`
	// URL is the packager's base URL.
	URL string `json:"packager"`
	// Time is when the report was true, By its source.
	Time time.Time `json:"time"`
	By   Witness   `json:"by"`
}

// Witness is the source of a report on the active packager.
type Witness string

// The witnesses.
const (
	ByProxy      Witness = "proxy"      // reports each failover
	ByViewer     Witness = "viewer"     // sees which packager a playlist comes from
	ByOrigin     Witness = "origin"     // reports a preference only: any other witness overrides it
	BySupervisor Witness = "supervisor" // the active packager has stopped working, and exactly one other is usable
)
