package player

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOutages(t *testing.T) {
	const s = time.Second
	type step struct {
		at time.Duration
		do string // append, skip, finish or look
		d  time.Duration
	}
	since := func(from, to time.Duration) Outage { return Outage{Since: epoch.Add(from), Until: epoch.Add(to)} }
	for _, c := range []struct {
		name    string
		start   time.Duration
		steps   []step
		want    []Outage
		lasting time.Duration // since when one lasts; 0 for none
		ended   time.Duration // when all was played; 0 for not
	}{
		{"none before the first media", 0, []step{{5 * s, "look", 0}}, nil, 0, 0},
		{"from the moment that the buffer runs out, whenever it is looked at", 0,
			[]step{{0, "append", 2 * s}, {5 * s, "append", 2 * s}}, []Outage{since(2*s, 5*s)}, 0, 0},
		{"one that lasts", 0, []step{{0, "append", 2 * s}, {9 * s, "look", 0}}, nil, 2 * s, 0},
		{"until it plays again, not until the first byte of media", 3 * s,
			[]step{{0, "append", 4 * s}, {5 * s, "append", 2 * s}, {6 * s, "append", 2 * s}}, []Outage{since(4*s, 6*s)}, 0, 0},
		{"a gap that is declared late excuses a stall, and brings no media", 0,
			[]step{{0, "append", 2 * s}, {3 * s, "look", 0}, {4 * s, "skip", 6 * s}, {5 * s, "append", 2 * s}}, []Outage{since(2*s, 5*s)}, 0, 0},
		{"a gap that is shorter than the outage moves its beginning by nothing", 0,
			[]step{{0, "append", 2 * s}, {7 * s, "skip", 2 * s}, {8 * s, "append", 2 * s}}, []Outage{since(2*s, 8*s)}, 0, 0},
		{"a gap that runs out as well is the same outage", 0,
			[]step{{0, "append", 2 * s}, {3 * s, "skip", 2 * s}, {9 * s, "append", 2 * s}}, []Outage{since(2*s, 9*s)}, 0, 0},
		{"two of them", 0,
			[]step{{0, "append", 2 * s}, {3 * s, "append", 2 * s}, {7 * s, "append", 2 * s}}, []Outage{since(2*s, 3*s), since(5*s, 7*s)}, 0, 0},
		{"played to its end is none", 0, []step{{0, "append", 2 * s}, {1 * s, "finish", 0}, {9 * s, "look", 0}}, nil, 0, 2 * s},
		{"an end that is told late ends it", 0,
			[]step{{0, "append", 2 * s}, {3 * s, "finish", 0}, {9 * s, "look", 0}}, []Outage{since(2*s, 3*s)}, 0, 3 * s},
		{"an end that was none", 0,
			[]step{{0, "append", 2 * s}, {1 * s, "finish", 0}, {5 * s, "append", 2 * s}, {9 * s, "look", 0}}, nil, 7 * s, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, o := Buffer{Start: c.start}, outages{ended: ring[Outage]{limit: 10}}
			for _, step := range c.steps {
				now := epoch.Add(step.at)
				o.see(&b, now)
				switch step.do {
				case "append":
					b.Append(step.d, now)
				case "skip":
					b.Skip(step.d, now)
				case "finish":
					b.Finish(now)
				}
				o.see(&b, now)
			}
			if diff := cmp.Diff(c.want, o.after(0)); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
			var total time.Duration
			for _, x := range c.want {
				total += x.Until.Sub(x.Since)
			}
			if o.count != len(c.want) || o.total != total {
				t.Errorf("got %d of %s in all, want %d of %s", o.count, o.total, len(c.want), total)
			}
			if lasts := c.lasting > 0; lasts != !o.lasting.IsZero() || lasts && !o.lasting.Equal(epoch.Add(c.lasting)) {
				t.Errorf("got one that lasts since %s, want since %s after the beginning", o.lasting, c.lasting)
			}
			if ended := c.ended > 0; ended != !b.Ended().IsZero() || ended && !b.Ended().Equal(epoch.Add(c.ended)) {
				t.Errorf("got the end %s, want it %s after the beginning", b.Ended(), c.ended)
			}
		})
	}
}

func TestAnOutageCountsWhatWasLostBecauseOfIt(t *testing.T) {
	const s = time.Second
	b, o := Buffer{}, outages{ended: ring[Outage]{limit: 10}}
	step := func(at time.Duration, do func(now time.Time)) {
		now := epoch.Add(at)
		o.see(&b, now)
		do(now)
		o.see(&b, now)
	}
	get := func(now time.Time) { b.Append(2*s, now); o.see(&b, now); o.got() }
	miss := func(now time.Time) { o.lose(1); b.Skip(2*s, now) }
	step(0, get)
	step(s, miss) // a gap that no one sees: the next segment comes in time
	step(s, get)
	step(2*s, miss) // one before the buffer runs out, and two while it lasts
	step(7*s, miss)
	step(9*s, miss)
	step(20*s, get)
	step(30*s, get) // and an outage in which everything is late, and nothing lost
	var lost []int
	for _, one := range o.after(0) {
		lost = append(lost, one.Lost)
	}
	if diff := cmp.Diff([]int{3, 0}, lost); diff != "" {
		t.Errorf("want (-), got (+):\n%s\n%+v", diff, o.after(0))
	}
}
