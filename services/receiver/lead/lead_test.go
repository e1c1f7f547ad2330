package lead

import (
	"fmt"
	"testing"
	"time"

	"livestream-tui/services/receiver/state"
)

func claim(machine string, generation uint64, leads, encoder bool) Claim {
	return Claim{Machine: machine, Signal: "stage", Encoder: encoder, Kept: state.Kept{Generation: generation, Leads: leads}}
}

const (
	leads    = true
	stands   = false
	encoder  = true
	noSource = false
)

func TestWhoLeadsFollowsFromWhatIsHeard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		kept       state.Kept // of machine b
		heard      []Claim    // once, at first
		after      time.Duration
		encoder    bool
		want       Verdict
		generation uint64
	}{
		{"it listens before it leads", state.Kept{}, nil, Silence - time.Millisecond, encoder, Stay, 0},
		{"nobody is heard", state.Kept{}, nil, Silence, noSource, Take, 1},
		{"another one leads", state.Kept{}, []Claim{claim("a", 4, leads, encoder)}, Silence - time.Millisecond, encoder, Stay, 4},
		{"the leader falls silent", state.Kept{}, []Claim{claim("a", 4, leads, encoder)}, Silence, encoder, Take, 5},
		{"the leader falls silent, and nobody has an encoder", state.Kept{}, []Claim{claim("a", 4, leads, encoder)}, Silence, noSource, Take, 5},
		{"the leader has only the slate", state.Kept{}, []Claim{claim("a", 4, leads, noSource)}, 0, encoder, Take, 5},
		{"neither has an encoder", state.Kept{}, []Claim{claim("a", 4, leads, noSource)}, time.Second, noSource, Stay, 4},
		{"the first by name is to lead", state.Kept{}, []Claim{claim("a", 0, stands, encoder)}, Silence - time.Millisecond, encoder, Stay, 0},
		{"the first by name has no encoder", state.Kept{}, []Claim{claim("c", 4, leads, noSource), claim("a", 4, stands, noSource)}, 0, encoder, Take, 5},
		{"another one with an encoder comes first", state.Kept{}, []Claim{claim("c", 4, leads, noSource), claim("a", 4, stands, encoder)}, 0, encoder, Stay, 4},
		{"this one comes first", state.Kept{}, []Claim{claim("a", 4, leads, noSource), claim("c", 4, stands, encoder)}, 0, encoder, Take, 5},
		{"it led before its restart", state.Kept{Generation: 3, Leads: true}, nil, regain, noSource, Regain, 3},
		{"it led, and listens for a moment", state.Kept{Generation: 3, Leads: true}, nil, regain - time.Millisecond, encoder, Stay, 3},
		{"another one leads after its restart", state.Kept{Generation: 3, Leads: true}, []Claim{claim("c", 4, leads, encoder)}, time.Second, encoder, Stay, 4},
		{"a generation of before its restart counts", state.Kept{Generation: 9}, nil, Silence, encoder, Take, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const start = time.Hour
			s := New("b", c.kept, start)
			for _, h := range c.heard {
				s.Hear(h, start)
			}
			got, at := Stay, start
			for ; at < start+c.after; at = min(at+Every, start+c.after) {
				if got = s.Decide(c.encoder, at); got != Stay {
					t.Fatalf("after %s: got %d, want nothing before %s", at-start, got, c.after)
				}
			}
			got = s.Decide(c.encoder, at)
			if got != c.want || s.Generation() != c.generation || s.Leads() != (got == Take || got == Regain) {
				t.Errorf("got verdict %d, generation %d, leads %t, want %d, %d", got, s.Generation(), s.Leads(), c.want, c.generation)
			}
		})
	}
}

func TestOfTwoThatLeadOneYields(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		other   Claim
		encoder bool
		want    Verdict
	}{
		{"a greater generation", claim("c", 2, leads, noSource), encoder, Yield},
		{"a smaller generation", claim("a", 0, leads, encoder), noSource, Stay},
		{"the same, and it alone has an encoder", claim("c", 1, leads, encoder), noSource, Yield},
		{"the same, and only this one has an encoder", claim("a", 1, leads, noSource), encoder, Stay},
		{"the same, and it is the first by name", claim("a", 1, leads, encoder), encoder, Yield},
		{"the same, and this one is the first by name", claim("c", 1, leads, encoder), encoder, Stay},
		{"one that stands by", claim("a", 1, stands, encoder), noSource, Stay},
		{"its own words", claim("b", 9, leads, encoder), encoder, Stay},
	} {
		s := New("b", state.Kept{Generation: 1, Leads: true}, 0)
		if first, got := s.Decide(true, 0), s.Decide(true, regain); first != Stay || got != Regain {
			t.Fatalf("%s: it does not lead", c.name)
		}
		s.Hear(c.other, regain)
		if got := s.Decide(c.encoder, regain); got != c.want || s.Leads() != (c.want == Stay) {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

func TestOneThatWasStoppedListensAgainBeforeItLeads(t *testing.T) {
	t.Parallel()
	s := New("b", state.Kept{}, 0)
	s.Hear(claim("a", 4, leads, encoder), 0)
	s.Decide(true, 0)
	const woken = time.Minute
	for at := woken; at < woken+Silence; at += Every {
		if got := s.Decide(true, at); got != Stay {
			t.Fatalf("%s after it was woken: got %d: the other one could not be heard while it was stopped", at-woken, got)
		}
	}
	if got := s.Decide(true, woken+Silence); got != Take {
		t.Errorf("got %d, want the lead: nobody is heard", got)
	}
}

func TestOneThatIsAloneAlwaysLeads(t *testing.T) {
	t.Parallel()
	s := New("", state.Kept{}, 0)
	if got := s.Decide(false, time.Hour); got != Stay || !s.Leads() {
		t.Errorf("got %d, leads %t", got, s.Leads())
	}
}

func TestOneThatEndsLeavesTheLeadToAnEncoder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		other Claim
		want  bool
	}{{claim("a", 3, stands, encoder), true}, {claim("a", 3, stands, noSource), false}} {
		s := New("b", state.Kept{Generation: 3, Leads: true}, 0)
		s.Decide(true, 0)
		s.Decide(true, regain)
		s.Hear(c.other, regain)
		if got := s.Leave(); got != c.want || s.Leads() == c.want {
			t.Errorf("%+v: got %t, want %t", c.other, got, c.want)
		}
	}
}

// Three receivers hear each other late, and now and then not at all. Once they all do, one
// leads, and generations have never gone back.
func TestReceiversThatHearEachOtherAgree(t *testing.T) {
	t.Parallel()
	for seed := range 200 {
		names := []string{"a", "b", "c"}
		var all []*State
		for _, n := range names {
			all = append(all, New(n, state.Kept{}, 0))
		}
		var greatest uint64
		at := time.Duration(0)
		run := func(until time.Duration, cut func(from, to int) bool, has func(i int) bool) {
			for ; at < until; at += 50 * time.Millisecond {
				for i, s := range all {
					s.Decide(has(i), at)
					if s.Leads() {
						greatest = max(greatest, s.Generation())
					}
					for j, to := range all {
						if i != j && !cut(i, j) {
							to.Hear(claim(names[i], s.Generation(), s.Leads(), has(i)), at)
						}
					}
				}
			}
		}
		none := func(int, int) bool { return false }
		run(5*time.Second, none, func(i int) bool { return (seed>>i)&1 == 1 })
		alone := seed % 3
		run(20*time.Second, func(i, j int) bool { return i == alone || j == alone }, func(i int) bool { return (seed>>(i+3))&1 == 1 })
		run(30*time.Second, none, func(i int) bool { return (seed>>(i+5))&1 == 1 })
		var leading []string
		for i, s := range all {
			if s.Leads() {
				leading = append(leading, fmt.Sprintf("%s of generation %d", names[i], s.Generation()))
				if s.Generation() != greatest {
					t.Errorf("seed %d: the leader has generation %d, there was %d", seed, s.Generation(), greatest)
				}
				if has := (seed >> (i + 5)) & 1; has == 0 && (seed>>5)&7 != 0 {
					t.Errorf("seed %d: %s leads without an encoder, while others have one", seed, names[i])
				}
			}
		}
		if len(leading) != 1 {
			t.Errorf("seed %d: got %v, want one that leads", seed, leading)
		}
	}
}
