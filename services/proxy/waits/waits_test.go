package waits

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestGapIsTheLongestWaitThatTouchesTheSwitch(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name            string
		waits           [][2]time.Duration // from and to; to 0: still
		fault, switched time.Duration
		now             time.Duration
		want            time.Duration
		open            int
	}{
		{name: "nobody waited", fault: s, switched: 2 * s, now: 3 * s, want: -1},
		{name: "one did, before the fault", waits: [][2]time.Duration{{0, s / 2}}, fault: s, switched: 2 * s, now: 3 * s, want: -1},
		{name: "in flight at the fault", waits: [][2]time.Duration{{s / 2, 3 * s / 2}}, fault: s, switched: 2 * s, now: 3 * s, want: s},
		{name: "begun before the switch", waits: [][2]time.Duration{{3 * s / 2, 5 * s / 2}}, fault: s, switched: 2 * s, now: 3 * s, want: s},
		{name: "begun after it", waits: [][2]time.Duration{{5 * s / 2, 3 * s}}, fault: s, switched: 2 * s, now: 4 * s, want: -1},
		{name: "the longest of three", waits: [][2]time.Duration{{s / 2, 3 * s / 2}, {s, 5 * s / 2}, {s, 2 * s}}, fault: s, switched: 2 * s, now: 3 * s, want: 3 * s / 2},
		{name: "one waits still", waits: [][2]time.Duration{{s, 0}}, fault: s, switched: 2 * s, now: 4 * s, want: 3 * s, open: 1},
		{name: "one waits still, for something else", waits: [][2]time.Duration{{3 * s, 0}}, fault: s, switched: 2 * s, now: 4 * s, want: -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var w Waits
				for _, x := range c.waits {
					go func() {
						time.Sleep(x[0])
						end := w.Begin()
						if x[1] > 0 {
							time.Sleep(x[1] - x[0])
							end()
						}
					}()
				}
				time.Sleep(c.now)
				synctest.Wait()
				gap, open := w.Gap(began.Add(c.fault), began.Add(c.switched), began.Add(c.now))
				if gap != c.want || open != c.open {
					t.Errorf("got %s with %d open, want %s with %d", gap, open, c.want, c.open)
				}
			})
		})
	}
}

func TestWaitsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Waits
		for range 1000 {
			end := w.Begin()
			time.Sleep(time.Second)
			end()
		}
		if got := len(w.past); got > 32 {
			t.Errorf("remembered: got %d, want those of %s", got, kept)
		}
		if len(w.open) != 0 {
			t.Errorf("open: got %d, want none", len(w.open))
		}
	})
}
