package model

import (
	"cmp"
	"slices"

	"livestream-tui/procs/platform"
)

// audiencesMost is how many audiences are kept.
const audiencesMost = 100

// audience takes a proxy's report on the players of a rendition. One without players ends
// the reports before it.
func (m *Model) audience(a platform.AudienceAt) {
	list := slices.DeleteFunc(slices.Clone(m.Now.Audiences), func(was platform.AudienceAt) bool {
		return was.Process == a.Process && was.Signal == a.Signal && was.Rendition == a.Rendition
	})
	if a.Sessions > 0 && len(list) < audiencesMost {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b platform.AudienceAt) int {
		return cmp.Or(cmp.Compare(a.Signal, b.Signal), cmp.Compare(a.Rendition, b.Rendition), cmp.Compare(a.Process, b.Process))
	})
	m.Now.Audiences = list
	m.Now.Version++
}

// audiencesLeft is list without the reports of a proxy that is gone, or of its
// predecessor.
func audiencesLeft(list []platform.AudienceAt, s platform.Status) []platform.AudienceAt {
	return without(list, func(a platform.AudienceAt) bool {
		return a.Process == s.Name && (s.PID == 0 || a.Time.Before(s.Started))
	})
}
