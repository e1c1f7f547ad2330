package stream

import (
	"testing"
	"time"

	"livestream-tui/services/kit/report"
)

// onTime is the clock of a packager whose segments are listed when they end, fast that of
// one that lists them so much earlier.
const onTime = -(oldest + 1) * segment

func fast(ahead int64) *simulated { return &simulated{ahead: ahead, clock: onTime} }

func right() *simulated { return fast(0) }

// sooner has so many segments more than it should.
func sooner(segments int64) func(*simulated) {
	return func(p *simulated) { p.ahead = segments }
}

func mutes(p *simulated) { p.mute = true }

// onlyAhead has nothing but segments that have not ended.
func onlyAhead(p *simulated) { p.ahead, p.from = 2, 1008 }

// onCluster judges packagers by the clock as well.
func onCluster(w *world) { w.state.Policy.Clock = true }

// leftOut is whether a packager is misaligned for being ahead of the clock.
func leftOut(i int, want bool) act {
	return func(w *world) {
		w.t.Helper()
		v := w.state.PlaylistVerdicts(video)[i]
		if v.Ahead != want || want != (v.State == report.Misaligned) {
			w.t.Fatalf("%s: packager %d: got %s (%s), left out for its clock: want %t", w.now, i, v.State, v.Reason, want)
		}
	}
}

// grows lets time pass, and wants the playlist to grow all the while, with a pause between two
// new segments of so much at most.
func grows(d, most time.Duration) act {
	return func(w *world) {
		w.t.Helper()
		for end := w.now + d; w.now < end; {
			w.run(50 * time.Millisecond)
			if l := w.lists[video]; w.now-l.grew > most {
				w.t.Fatalf("%s: nothing new for %s, want something every %s\n%v", w.now, w.now-l.grew, most, w.said)
			}
		}
	}
}

const warned = "served segments before their time"

func TestAPackagerAheadOfTheClock(t *testing.T) {
	const smooth = segment + 300*time.Millisecond
	stop := func(p *simulated) { p.frozen = 1005 }
	play(t, []scenario{
		{"is not followed, and is no loss when it stops", []*simulated{fast(3), right(), right()}, []act{
			onCluster, begins(video), active(two), leftOut(0, true), listed(video, "995 996 997 998 999 1000"), grows(s10, smooth), silent(warned),
			becomes(0, stop), grows(s10, smooth), becomes(0, dies), grows(s10, smooth), moved(0), leftOut(0, false),
		}},
		{"is not followed where right ones take what its worker brings, as early as they may", []*simulated{right(), {clock: onTime + 500*time.Millisecond}, {clock: onTime + 900*time.Millisecond}}, []act{
			onCluster, begins(video), run(s10), becomes(0, sooner(3)), grows(3*s10, smooth), leftOut(0, true), leftOut(1, false), leftOut(2, false),
			active(two), listed(video, "1015 1016 1017 1018 1019 1020"), silent(warned),
		}},
		{"without a cluster it is followed, and a loss", []*simulated{fast(3), right(), right()}, []act{
			begins(video), active(one), leftOut(0, false), listed(video, "998 999 1000 1001 1002 1003"), silent(warned),
		}},
		{"its clock steps while it is on air", []*simulated{right(), right(), right()}, []act{
			onCluster, begins(video), active(one), run(s10), becomes(0, sooner(3)), grows(s10, smooth), active(two), leftOut(0, true),
			becomes(0, dies), grows(s10, smooth), listed(video, "1010 1011 1012 1013 1014 1015"),
		}},
		{"it comes back with nothing but what is ahead", []*simulated{right(), right(), right()}, []act{
			onCluster, begins(video), active(one), run(s10), becomes(0, dies), run(3 * time.Second), becomes(0, lives), becomes(0, onlyAhead), grows(s10, smooth), active(two), leftOut(0, true),
			listed(video, "1006 1007 1008 1009 1010 1011"),
		}},
		{"as a standby it comes back with nothing but what is ahead", []*simulated{right(), right(), right()}, []act{
			onCluster, begins(video), active(one), run(s10), becomes(2, dies), run(3 * time.Second), becomes(2, lives), becomes(2, onlyAhead), grows(s10, smooth), active(one), leftOut(2, true),
			listed(video, "1006 1007 1008 1009 1010 1011"),
		}},
		{"as a standby it changes nothing", []*simulated{right(), right(), right()}, []act{
			onCluster, begins(video), run(s10), becomes(2, sooner(5)), grows(s10, smooth), active(one), moved(0), leftOut(2, true),
			listed(video, "1005 1006 1007 1008 1009 1010"), becomes(2, sooner(0)), grows(3*s10, smooth), moved(0), leftOut(2, false),
		}},
		{"no other is usable", []*simulated{right(), right(), fast(3)}, []act{
			onCluster, begins(video), run(s10), becomes(0, dies), becomes(1, stop), grows(3*s10, 2*smooth), active(three), leftOut(2, false), said(warned, three),
			listed(video, "1018 1019 1020 1021 1022 1023"),
			// Going back would be a pause: players stay until it is a loss.
			becomes(1, lives), grows(3*s10, smooth), active(three), becomes(2, dies), run(s10), active(two), grows(s10, smooth),
			listed(video, "1040 1041 1042 1043 1044 1045"), said("in time again"),
		}},
		{"the only one that is there at first", []*simulated{{down: true, clock: onTime}, {down: true, clock: onTime}, fast(3)}, []act{
			onCluster, begins(video), active(three), grows(s10, smooth), leftOut(2, false), said(warned, three),
		}},
		{"all are ahead: this machine's clock is behind", []*simulated{fast(3), fast(3), fast(3)}, []act{
			onCluster, begins(video), active(one), run(s10), leftOut(0, false), leftOut(1, false), leftOut(2, false), said(warned, one),
			listed(video, "1003 1004 1005 1006 1007 1008"), becomes(0, dies), grows(s10, smooth), active(two), moved(1), listed(video, "1008 1009 1010 1011 1012 1013"),
		}},
		{"all but this machine's own are: so is its clock behind", []*simulated{right(), fast(3), fast(3)}, []act{
			onCluster, begins(video), active(two), grows(s10, smooth), leftOut(1, false), leftOut(2, false), listed(video, "1003 1004 1005 1006 1007 1008"),
			becomes(0, dies), grows(s10, smooth), moved(0),
		}},
		{"one of two", []*simulated{right(), fast(3)}, []act{
			onCluster, begins(video), active(two), grows(s10, smooth), leftOut(1, false), listed(video, "1003 1004 1005 1006 1007 1008"),
		}},
		{"right ones with other media do not count", []*simulated{right(), {clock: onTime, encoder: 1}, fast(3)}, []act{
			onCluster, begins(video), run(s10), active(one), leftOut(2, true), becomes(0, dies), grows(3*s10, 2*smooth),
			active(three), silent("going on under a discontinuity"), said(warned, three), listed(video, "1018 1019 1020 1021 1022 1023"),
		}},
		{"nor do those that may have other media", []*simulated{right(), right(), right()}, []act{
			onCluster, begins(video), run(s10), becomes(1, dies), run(s2), becomes(2, sooner(3)), run(s2), leftOut(2, true),
			becomes(1, lives), becomes(1, mutes), becomes(0, dies), grows(s10, 2*smooth), silent("going on under a discontinuity"),
		}},
		{"right ones that have no segments do not count", []*simulated{fast(3), right(), right()}, []act{
			onCluster, begins(video), grows(s10, smooth), becomes(1, mutes), becomes(2, mutes), grows(3*s10, 3*segment), active(one), leftOut(0, false), said(warned, one),
			listed(video, "1018 1019 1020 1021 1022 1023"),
		}},
	})
}
