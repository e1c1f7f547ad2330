package receiver

import (
	"time"

	"livestream-tui/services/receiver/feed"
	"livestream-tui/services/receiver/lead"
	"livestream-tui/services/receiver/program"
	"livestream-tui/services/receiver/segment"
)

// heardMost is how many claims of other receivers may wait. They are repeated, so what does
// not fit is dropped.
const heardMost = 64

// standsBy reports whether another receiver makes the timeline. Safe for readers.
func (g *signal) standsBy() bool {
	c := g.claim.Load()
	return g.machine != "" && (c == nil || !c.Leads)
}

// decide carries out what becomes of the lead. It returns what the program has to know; nil
// when nothing changes.
func (g *signal) decide() program.Event {
	if g.machine == "" {
		return nil
	}
	verdict := g.lead.Decide(g.program.Good(), g.now())
	switch verdict {
	case lead.Stay:
		if c := g.claim.Load(); c == nil || c.Encoder != g.program.Good() || g.now()-g.said >= lead.Every {
			g.say()
		}
		return nil
	case lead.Yield:
		g.log.Warn("another receiver leads the signal from now on", "machine", g.lead.Leader(), "generation", g.lead.Generation())
		g.kept.Generation, g.kept.Leads = g.lead.Generation(), false
		g.segmenter = segment.New(g.config.Segment, segment.State{})
		g.keep()
		g.say()
		g.feed.Load().End()
		g.onAir, g.since = false, 0
		return program.StandBy{}
	}
	taken := verdict == lead.Take
	g.log.Info("this receiver leads the signal", "generation", g.lead.Generation(), "after_restart", !taken)
	g.kept.Generation, g.kept.Leads = g.lead.Generation(), true
	if taken {
		g.kept.Timeline = past(g.kept.Timeline, g.now())
	}
	g.keep()
	g.segmenter = segment.New(g.config.Segment, g.kept.Timeline)
	if hasEnded(g.feed.Load()) {
		g.feed.Store(feed.New())
	}
	g.say()
	return program.Lead{Resume: g.resume(taken)}
}

// leave gives the signal to another receiver that can go on with it at once, as this one ends.
func (g *signal) leave() {
	if g.lead.Leave() {
		g.kept.Leads = false
		g.keep()
		g.say()
	}
}

// hasEnded reports whether a feed has.
func hasEnded(f *feed.Feed) bool {
	select {
	case <-f.Ended():
		return true
	default:
		return false
	}
}

// old is how long after its end a timeline is as it was last told. The receiver that made it may
// have gone on for longer where it was not heard.
const old = 10 * time.Second

// past returns a timeline whose next number is above those that were given since it was told.
func past(t segment.State, now time.Duration) segment.State {
	if since := now - t.End; t.Next > 0 && t.Length > 0 && since > max(old, 2*t.Length) {
		t.Next += int64(since/t.Length) + 1
	}
	return t
}

// resume is where the timeline goes on; nil where there is none.
func (g *signal) resume(taken bool) *program.Resume {
	t := g.kept.Timeline
	if t.Next == 0 {
		return nil
	}
	return &program.Resume{End: t.End, Format: g.kept.Format, TakenOver: taken}
}

// hear takes what another receiver says. The timeline of one that leads is kept, so that its
// numbers are known after a restart of this one, too.
func (g *signal) hear(c lead.Claim) {
	g.lead.Hear(c, g.now())
	switch {
	case g.lead.Leads() || !c.Leads || c.Generation < g.kept.Generation:
	case c.Generation > g.kept.Generation || c.Timeline.Next > g.kept.Timeline.Next:
		next := max(c.Timeline.Next, g.kept.Timeline.Next)
		g.kept = c.Kept
		g.kept.Timeline.Next, g.kept.Leads = next, false
		g.keep()
	}
}

// say tells the other receivers how the signal is here.
func (g *signal) say() {
	if g.machine == "" {
		return
	}
	c := lead.Claim{Machine: g.machine, Signal: g.name, Encoder: g.program.Good(), Kept: g.kept}
	c.Generation, c.Leads = g.lead.Generation(), g.lead.Leads()
	g.said = g.now()
	g.claim.Store(&c)
	g.tell(c)
}
