package model

import (
	"fmt"
	"testing"
	"time"

	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

const s = time.Second

func at(d time.Duration) time.Time { return noon.Add(d).UTC() }

func lacks(m *Model, since, now time.Duration) {
	m.outage(platform.OutageAt{Time: at(now), Process: "viewer", Outage: event.OutageOf("a", at(since), at(now))})
}

func lacksMSN(m *Model, since, now time.Duration, msn int64) {
	o := event.OutageOf("a", at(since), at(now))
	o.MSN = msn
	m.outage(platform.OutageAt{Time: at(now), Process: "viewer", Outage: o})
}

func plays(m *Model, since, now time.Duration, msn int64, msnAt time.Duration) {
	m.viewing(platform.ViewingAt{Time: at(now), Process: "viewer", Viewing: event.Viewing{Signal: "a", State: event.ViewPlaying, Since: at(since), MSN: msn, MSNAt: at(msnAt)}})
}

func views(m *Model, state event.ViewState, since, now time.Duration) {
	m.viewing(platform.ViewingAt{Time: at(now), Process: "viewer", Viewing: event.Viewing{Signal: "a", State: state, Since: at(since)}})
}

// outages are a viewer's reports, and the one outage that is kept of them.
var outages = []struct {
	name   string
	do     func(m *Model)
	length time.Duration
	lasts  bool
	until  time.Duration
}{
	{"it lasts", func(m *Model) { lacks(m, 0, s); lacks(m, 0, 10*s) }, 60 * s, true, 0},
	{"its viewer reports the end", func(m *Model) {
		lacks(m, 0, s)
		m.outage(platform.OutageAt{Time: at(9 * s), Process: "viewer", Outage: event.EndedOutageOf("a", at(0), at(9*s))})
		views(m, event.ViewPlaying, 9*s, 9*s)
	}, 9 * s, false, 9 * s},
	{"its viewer restarts, and plays", func(m *Model) {
		lacks(m, 0, s)
		views(m, event.ViewStarting, 5*s, 5*s)
		views(m, event.ViewPlaying, 12*s, 13*s)
	}, 12 * s, false, 12 * s},
	{"its viewer restarts, plays unseen, and reports another", func(m *Model) {
		lacks(m, 0, s)
		views(m, event.ViewStarting, 5*s, 5*s)
		lacks(m, 8*s, 9*s)
		m.outage(platform.OutageAt{Time: at(12 * s), Process: "viewer", Outage: event.EndedOutageOf("a", at(8*s), at(12*s))})
	}, 12 * s, false, 12 * s},
	{"its signal has ended", func(m *Model) { lacks(m, 0, s); views(m, event.ViewEnded, 7*s, 8*s) }, 7 * s, false, 7 * s},
	{"its signal is dropped and no longer watched", func(m *Model) {
		allReady(m)
		table("a")(m)
		lacks(m, 0, s)
		views(m, event.ViewStalled, 0, 6*s)
		table()(m)
		m.settleOutages(at(6*s + onair.Silence))
		m.settleOutages(at(7*s + onair.Silence))
	}, 6 * s, false, 6 * s},
	{"its viewer restarts, and plays media from before it", func(m *Model) {
		lacksMSN(m, 0, s, 7)
		plays(m, 5*s, 6*s, 7, 5*s)
	}, 60 * s, true, 0},
	{"its viewer restarts, plays media from before it, and then new media", func(m *Model) {
		lacksMSN(m, 0, s, 7)
		plays(m, 5*s, 6*s, 7, 5*s)
		plays(m, 5*s, 9*s, 8, 8*s)
	}, 8 * s, false, 8 * s},
	{"its viewer restarts, plays media from before it, and lacks media again", func(m *Model) {
		lacksMSN(m, 0, s, 7)
		plays(m, 5*s, 6*s, 7, 5*s)
		lacksMSN(m, 11*s, 12*s, 7)
		m.outage(platform.OutageAt{Time: at(15 * s), Process: "viewer", Outage: event.EndedOutageOf("a", at(11*s), at(15*s))})
	}, 15 * s, false, 15 * s},
	{"the media sequence starts again", func(m *Model) {
		lacksMSN(m, 0, s, 7)
		plays(m, 5*s, 6*s, 1, 5*s)
		plays(m, 5*s, 36*s, 5, 35*s)
	}, 5 * s, false, 5 * s},
	{"a report from before it, that it plays", func(m *Model) { lacks(m, 0, s); views(m, event.ViewPlaying, -20*s, s) }, 60 * s, true, 0},
}

func TestAnOutageGoesOnFromItsFirstMoment(t *testing.T) {
	for _, c := range outages {
		t.Run(c.name, func(t *testing.T) {
			m := modelOf(t)
			c.do(m)
			snapshot := m.Now
			if len(snapshot.Outages) != 1 {
				t.Fatalf("got %+v, want one outage", snapshot.Outages)
			}
			o := snapshot.Outages[0]
			if !o.Since.Equal(noon) || o.Lasts() != c.lasts || o.Length(at(time.Minute)) != c.length || !c.lasts && !o.Until.Equal(at(c.until)) {
				t.Errorf("got %+v of %s, want one from noon of %s, lasting %t", o, o.Length(at(time.Minute)), c.length, c.lasts)
			}
			if (snapshot.Outage("a") != nil) != c.lasts {
				t.Errorf("got the one that lasts %+v, want one %t", snapshot.Outage("a"), c.lasts)
			}
		})
	}
}

func TestOutagesAreBoundedAndThoseThatLastStay(t *testing.T) {
	var list []platform.OutageAt
	lasting := platform.OutageAt{Time: noon, Process: "viewer", Outage: event.OutageOf("first", noon, noon)}
	list, _ = withOutage(list, lasting)
	for i := range 3 * outagesMost {
		list, _ = withOutage(list, platform.OutageAt{Time: noon, Process: "viewer", Outage: event.EndedOutageOf(fmt.Sprint(i), noon, noon.Add(time.Second))})
	}
	if len(list) != outagesMost+1 || list[0].Signal != "first" || list[1].Signal != fmt.Sprint(2*outagesMost) {
		t.Errorf("got %d, from %+v on, want the one that lasts and the newest %d", len(list), list[:2], outagesMost)
	}
}
