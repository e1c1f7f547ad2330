package stream

import (
	"slices"

	"livestream-tui/services/proxy/timeline"
)

// Sources says from whom what a playlist lists is to be had, as of one moment.
// Immutable; safe for concurrent use. Nil knows nobody.
type Sources struct {
	line    timeline.Timeline // its shift and hosts; without entries
	records []source          // by packager
	order   []int             // best first
	owned   bool              // it comes only from who listed it, as long as that one answers
}

// source is one packager.
type source struct {
	found   timeline.List
	same    bool  // it has the timeline's media
	untried bool  // nobody can tell yet, since nothing of the timeline came from anywhere
	lacks   int64 // the last number that it listed and did not have
	answers bool
	trouble bool
	reused  bool
}

// From is where a resource is to be had at one packager.
type From struct {
	Packager int
	Target   string
}

// offer says anew from whom what is listed is to be had.
func (s *State) offer(p *Playlist) {
	o := &Sources{order: s.order(p), owned: p.mode == PassedThrough}
	o.line = timeline.Timeline{Key: p.key, Hosts: s.hosts, Shift: p.line.Shift, Since: p.line.Since}
	known := p.line.Known(hotMost)
	o.records = make([]source, 0, len(p.records))
	for i := range p.records {
		r := &p.records[i]
		o.records = append(o.records, source{
			found: r.found(), untried: r.proof.verdict == unknown && r.rel.Conflict+r.rel.Renamed == "" && !r.rel.Behind && !known,
			same:    p.mode == Merged && r.rel.Conflict == "" && !r.rel.Behind && s.isSame(p, i),
			answers: r.answers(), lacks: r.lacks, trouble: !r.trouble.until.IsZero() || r.seen.Fails > 1, reused: p.media.reused,
		})
	}
	if !o.equal(p.offered) {
		p.offered = o
		s.emit(Offer{p.key, o})
	}
}

func (o *Sources) equal(b *Sources) bool {
	return b != nil && o.owned == b.owned && o.line.Shift == b.line.Shift && o.line.Since == b.line.Since &&
		slices.Equal(o.order, b.order) && slices.Equal(o.records, b.records)
}

// For are the packagers to ask for a resource of an entry, best first: the active one
// if it lists it, those that list it, the rest. Only the one that listed it is asked
// where the others may have something else by that name.
func (o *Sources) For(e timeline.Entry, r timeline.Resource) []From {
	if o == nil {
		return []From{{r.Packager, r.Target}}
	}
	type ranked struct {
		from  From
		class int
	}
	var list []ranked
	for _, i := range o.order {
		rec := &o.records[i]
		from, lists := o.at(i, e, r)
		switch {
		case i == e.Packager && !rec.answers && !lists:
			list = append(list, ranked{from, 4})
		case i != e.Packager && !rec.same && rec.untried && lists && !e.Enciphered() && o.lacks(e):
			list = append(list, ranked{from, 5})
		case i != e.Packager && (!rec.same || e.MSN < o.line.Since):
		case !lists && rec.reused && i != e.Packager:
		case rec.trouble:
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

// lacks reports whether the packager that listed an entry does not have it, or is gone.
func (o *Sources) lacks(e timeline.Entry) bool {
	if e.Packager < 0 {
		return false
	}
	owner := &o.records[e.Packager]
	return !owner.answers || owner.lacks == e.MSN && e.MSN > 0
}

// at is what packager i calls a resource now, and whether it lists its segment: a token
// in its name may be another than when it was listed first.
func (o *Sources) at(i int, e timeline.Entry, r timeline.Resource) (From, bool) {
	rec := &o.records[i]
	was := From{i, r.Target}
	if i == e.Packager {
		was.Packager = r.Packager // which may list what is at another
	}
	theirs := e.MSN - o.line.Shift.Delta
	if rec.found.MediaPlaylist == nil || e.MSN < o.line.Since || theirs < rec.found.MediaSequence || theirs > rec.found.LastMSN() {
		return was, false
	}
	now, ok := o.line.Look(rec.found, theirs)
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

// Order is the packagers to ask for what nothing lists, best first.
func (o *Sources) Order() []int {
	if o == nil {
		return nil
	}
	return o.order
}
