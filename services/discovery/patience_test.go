package discovery

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPatience(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name   string
		limit  time.Duration
		random float64
		want   []time.Duration
	}{
		{"doubling to 2 s, and no longer than what is left", 8 * time.Second, 0,
			[]time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 2000 * ms, 2000 * ms, 900 * ms}},
		{"each longer by a fifth at most", time.Second, 1, []time.Duration{120 * ms, 240 * ms, 480 * ms, 160 * ms}},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := began
			var got []time.Duration
			p := newPatience(now, c.limit)
			for {
				pause, next, more := p.after(now, c.random)
				if !more {
					break
				}
				p = next
				got = append(got, pause)
				now = now.Add(pause)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}
