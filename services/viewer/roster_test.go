package viewer

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRoster(t *testing.T) {
	now := time.Now()
	idle := func(string) bool { return false }
	playing := func(string) bool { return true }
	for _, c := range []struct {
		name string
		do   func(*roster)
		want []string
	}{
		{"what is fixed is there from the start", func(*roster) {}, []string{"fixed"}},
		{"what is named is there", func(r *roster) { r.heard([]string{"b", "a"}, idle, now) }, []string{"a", "b", "fixed"}},
		{"names that are none are not", func(r *roster) { r.heard([]string{"../a", ""}, idle, now) }, []string{"fixed"}},
		{"not named for a while", func(r *roster) {
			r.heard([]string{"a"}, idle, now)
			r.heard(nil, idle, now.Add(1*time.Second))
			r.heard(nil, idle, now.Add(10*time.Second))
		}, []string{"a", "fixed"}},
		{"not named for long", func(r *roster) {
			r.heard([]string{"a"}, idle, now)
			r.heard(nil, idle, now.Add(1*time.Second))
			r.heard(nil, idle, now.Add(11*time.Second))
		}, []string{"fixed"}},
		{"not named for long, but it plays", func(r *roster) {
			r.heard([]string{"a"}, idle, now)
			r.heard(nil, playing, now.Add(1*time.Second))
			r.heard(nil, playing, now.Add(60*time.Second))
			r.heard(nil, idle, now.Add(65*time.Second))
		}, []string{"a", "fixed"}},
		{"not named, then nobody answers", func(r *roster) {
			r.heard([]string{"a"}, idle, now)
			r.heard(nil, idle, now.Add(1*time.Second))
			r.away()
			r.heard(nil, idle, now.Add(60*time.Second))
		}, []string{"a", "fixed"}},
		{"not named, then named again", func(r *roster) {
			r.heard([]string{"a"}, idle, now)
			r.heard(nil, idle, now.Add(1*time.Second))
			r.heard([]string{"a"}, idle, now.Add(9*time.Second))
			r.heard(nil, idle, now.Add(12*time.Second))
		}, []string{"a", "fixed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRoster([]string{"fixed"}, 10*time.Second)
			c.do(r)
			if diff := cmp.Diff(c.want, r.names()); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
	r := newRoster(nil, time.Minute)
	var many []string
	for i := range 2 * maxSignals {
		b, _ := json.Marshal(i)
		many = append(many, string(b))
	}
	if r.heard(many, idle, now); len(r.names()) != maxSignals {
		t.Errorf("got %d signals of %d, want %d at most", len(r.names()), len(many), maxSignals)
	}
}
