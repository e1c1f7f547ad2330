package proxy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/report"
)

const early = 5 * time.Second

// fast gives packagers and their encoder a clock that is ahead.
func fast(which ...int) func(*platform) {
	return func(p *platform) {
		for _, i := range which {
			p.packagers[i].enc = &encoder{began: p.enc.began.Add(-early), first: p.enc.first}
			// The dates are those of the other encoders' segments.
			p.packagers[i].deltas = each(func(_ int64, s *m3u8.Segment) { s.ProgramDateTime = s.ProgramDateTime.Add(early) })
		}
	}
}

// ends is the end of the encoder of the fast clock, and of what it sends to.
func (p *packager) ends() { p.change(func(p *packager) { p.frozen = p.enc.newest() }) }

func TestAPackagerAheadOfTheClockIsNoLossWhenItStops(t *testing.T) {
	const smooth = segment + 400*time.Millisecond
	for _, c := range []struct {
		name string
		stop func(p *packager)
	}{
		{"its encoder ends", (*packager).ends},
		{"it is killed", (*packager).die},
		{"it refuses", func(p *packager) { p.change(func(p *packager) { p.answers = status(503, "", "", "") }) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, 3, func(t *testing.T, p *platform) {
				v := p.watch()
				time.Sleep(20*time.Second + 500*time.Millisecond)
				if got, want := p.stream().Shown().Last, p.enc.newest(); got != want {
					t.Errorf("the newest segment is %d, want %d, which begins now", got, want)
				}
				verdict := p.verdicts()[0]
				if verdict.State != report.Misaligned || !verdict.Ahead || p.stream().Shown().Packager == one {
					t.Errorf("got %s, %q, want it not to be used", verdict.State, verdict.Reason)
				}
				c.stop(p.packagers[0])
				time.Sleep(20 * time.Second)
				v.smooth(smooth, 50*time.Millisecond)
				v.end()
				if v.gaps > 0 || len(p.failovers()) > 0 {
					t.Errorf("%d gaps, failovers %v, want none", v.gaps, p.failovers())
				}
			}, withHints, fast(0))
		})
	}
}

// TestWithoutAClusterThePackagerThatIsFirstLeads is the hazard, and what is done where clocks
// say nothing: it must not change.
func TestWithoutAClusterThePackagerThatIsFirstLeads(t *testing.T) {
	inBubble(t, 3, func(t *testing.T, p *platform) {
		v := p.watch()
		time.Sleep(20*time.Second + 500*time.Millisecond)
		if got, want := p.stream().Shown().Last, p.packagers[0].enc.newest(); got != want {
			t.Errorf("the newest segment is %d, want %d", got, want)
		}
		p.packagers[0].ends()
		time.Sleep(20 * time.Second)
		if v.leave(); v.longest < early {
			t.Errorf("players saw nothing new for %s, want %s at least: nothing is ahead then", v.longest, early)
		}
	}, fast(0))
}

// shown is what players are given, from where, and the states of the packagers.
func (p *platform) shown() string {
	s := fmt.Sprintf("%d from %s\n", p.stream().Shown().Last, p.stream().Shown().Packager)
	for _, v := range p.verdicts() {
		s += fmt.Sprintf("%s: %s %s\n", v.Packager, v.State, v.Reason)
	}
	return s
}

// Where all are ahead, this machine's clock is behind, and all are equal.
func TestAClockThatIsBehindIsNoReasonToLeaveAPackager(t *testing.T) {
	served := func(t *testing.T, changes ...func(*platform)) string {
		var told string
		inBubble(t, 3, func(t *testing.T, p *platform) {
			v := p.watch()
			time.Sleep(20*time.Second + 500*time.Millisecond)
			told = p.shown()
			p.packagers[0].die()
			time.Sleep(20 * time.Second)
			v.smooth(2600*time.Millisecond, 1200*time.Millisecond)
			v.end()
			told += fmt.Sprintf("%s, %d failovers\n", p.shown(), len(p.failovers()))
			if warned := strings.Contains(p.log.String(), "segments before their time"); warned != (len(changes) > 1) {
				t.Errorf("a warning: %t, want one on a cluster alone", warned)
			}
		}, changes...)
		return told
	}
	without := served(t, fast(0, 1, 2))
	if with := served(t, fast(0, 1, 2), withHints); with != without {
		t.Errorf("by the clock as well:\ngot  %s\nwant %s", with, without)
	}
}
