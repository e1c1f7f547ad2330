package stream

import (
	"slices"

	"livestream-tui/services/proxy/timeline"
)

// On returns what was kept as it is where PACKAGERS has those base URLs: another setting may
// have more of them, fewer, or another order. A packager that is no longer there is nobody's,
// and what it listed is asked of the others.
func (k Kept) On(packagers []string) Kept {
	if len(k.Packagers) > 0 && !slices.Equal(k.Packagers, packagers) {
		k = k.moved(packagers)
	}
	if !slices.Contains(packagers, k.Active) && len(packagers) > 0 {
		k.Active = packagers[0]
	}
	return k
}

func (k Kept) moved(packagers []string) Kept {
	at := func(i int) int {
		if i < 0 || i >= len(k.Packagers) {
			return -1
		}
		return slices.Index(packagers, k.Packagers[i])
	}
	resource := func(r timeline.Resource) timeline.Resource {
		r.Packager = max(at(r.Packager), 0)
		return r
	}
	entry := func(e timeline.Entry) timeline.Entry {
		e.Packager, e.Media = at(e.Packager), resource(e.Media)
		if e.Init != nil {
			init := resource(*e.Init)
			e.Init = &init
		}
		e.Keys = slices.Clone(e.Keys)
		for i := range e.Keys {
			e.Keys[i] = resource(e.Keys[i])
		}
		return e
	}
	k.Line.Entries = slices.Clone(k.Line.Entries)
	for i := range k.Line.Entries {
		k.Line.Entries[i] = entry(k.Line.Entries[i])
	}
	k.Retired = slices.Clone(k.Retired)
	for i := range k.Retired {
		k.Retired[i].Entry = entry(k.Retired[i].Entry)
	}
	k.Packagers = packagers
	return k
}
