package sources

import (
	"slices"

	"livestream-tui/services/proxy/timeline"
)

// Table is the packagers of a playlist's resources at one moment. Immutable; safe for
// concurrent use. A nil table knows no packager.
type Table struct {
	Line       timeline.Timeline // its shift and hosts, without entries
	Packagers  []Packager        // in the order of PACKAGERS
	Ranking    []int             // best first
	OwnersOnly bool              // resources come only from the packager that listed them, as long as it answers
}

// Packager is what is known of one packager.
type Packager struct {
	List     timeline.List
	Same     bool  // it has the timeline's media
	Untried  bool  // unknown whether it has, since no segment of the timeline has come from any packager
	Lacks    int64 // the last MSN that it listed and did not have
	Answers  bool
	Troubled bool
	Reused   bool
}

// From is where one packager has a resource.
type From struct {
	Packager int
	Target   string
}

// Equal reports whether two tables have the same sources.
func (o *Table) Equal(b *Table) bool {
	return b != nil && o.OwnersOnly == b.OwnersOnly && o.Line.Shift == b.Line.Shift && o.Line.Since == b.Line.Since &&
		slices.Equal(o.Ranking, b.Ranking) && slices.Equal(o.Packagers, b.Packagers)
}

// For returns the packagers to ask for a resource of an entry, best first: the active one
// if it lists the resource, the others that list it, the rest. Only the packager that
// listed it is asked when the others may have something else under that name.
func (o *Table) For(e timeline.Entry, r timeline.Resource) []From {
	if o == nil {
		return []From{{r.Packager, r.Target}}
	}
	type ranked struct {
		from  From
		class int
	}
	var list []ranked
	for _, i := range o.Ranking {
		rec := &o.Packagers[i]
		from, lists := o.at(i, e, r)
		switch {
		case i == e.Packager && !rec.Answers && !lists:
			list = append(list, ranked{from, 4})
		case i != e.Packager && !rec.Same && rec.Untried && lists && !e.Enciphered() && o.lacks(e):
			list = append(list, ranked{from, 5})
		case i != e.Packager && (!rec.Same || e.MSN < o.Line.Since):
		case !lists && rec.Reused && i != e.Packager:
		case rec.Troubled:
			list = append(list, ranked{from, 3})
		case !lists:
			list = append(list, ranked{from, 2})
		default:
			list = append(list, ranked{from, 1})
		}
	}
	slices.SortStableFunc(list, func(a, b ranked) int { return a.class - b.class })
	froms := make([]From, len(list))
	for i := range list {
		froms[i] = list[i].from
	}
	if len(froms) == 0 {
		return []From{{r.Packager, r.Target}}
	}
	return froms
}

// lacks reports whether the packager that listed an entry does not have it, or does not
// answer.
func (o *Table) lacks(e timeline.Entry) bool {
	if e.Packager < 0 {
		return false
	}
	owner := &o.Packagers[e.Packager]
	return !owner.Answers || owner.Lacks == e.MSN && e.MSN > 0
}

// at is the name of a resource at packager i now, and whether that one lists its segment:
// a token in the name may have changed since it was first listed.
func (o *Table) at(i int, e timeline.Entry, r timeline.Resource) (From, bool) {
	rec := &o.Packagers[i]
	was := From{i, r.Target}
	if i == e.Packager {
		was.Packager = r.Packager // it may list a resource of another packager
	}
	theirs := e.MSN - o.Line.Shift.Delta
	if rec.List.MediaPlaylist == nil || e.MSN < o.Line.Since || theirs < rec.List.MediaSequence || theirs > rec.List.LastMSN() {
		return was, false
	}
	now, ok := o.Line.Look(rec.List, theirs)
	if !ok {
		return was, false
	}
	for n, mine := range e.Keys {
		if mine == r && n < len(now.Keys) {
			return From{now.Keys[n].Packager, now.Keys[n].Target}, true
		}
	}
	if e.Init != nil && *e.Init == r && now.Init != nil {
		return From{now.Init.Packager, now.Init.Target}, true
	}
	return From{now.Media.Packager, now.Media.Target}, true
}

// Order is the packagers to ask for unlisted resources, best first.
func (o *Table) Order() []int {
	if o == nil {
		return nil
	}
	return o.Ranking
}
