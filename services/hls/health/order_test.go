package health

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/report"
)

func TestOrder(t *testing.T) {
	list := func(states ...report.State) []Verdict {
		var vs []Verdict
		for i, s := range states {
			vs = append(vs, Verdict{Packager: string(rune('a' + i)), State: s})
		}
		return vs
	}
	for _, c := range []struct {
		name      string
		in        []Verdict
		preferred string
		want      string
	}{
		{"nobody", nil, "a", ""},
		{"every state", list(report.Down, report.Unknown, report.Misaligned, report.Stale, report.Lagging, report.Suspect, report.Up), "", "gfedcba"},
		{"equals stay as they were", list(report.Up, report.Up, report.Up), "", "abc"},
		{"many equals stay as they were", list(slices.Repeat([]report.State{report.Stale, report.Up}, 13)...), "", "bdfhjlnprtvxzacegikmoqsuwy"},
		{"the preferred one leads its equals", list(report.Up, report.Up, report.Up), "c", "cab"},
		{"the preferred one does not lead its betters", list(report.Up, report.Suspect, report.Suspect), "c", "acb"},
		{"the preferred one is nobody's", list(report.Up, report.Stale), "x", "ab"},
		{"all stale: players go on with the preferred one", list(report.Stale, report.Stale), "b", "ba"},
		{"a state that is none comes last", list(report.State(99), report.Unknown), "", "ba"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := slices.Clone(c.in)
			var got string
			for _, v := range Order(c.in, c.preferred) {
				got += v.Packager
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if !slices.Equal(c.in, before) {
				t.Errorf("what was given is changed: got %v, want %v", c.in, before)
			}
		})
	}
}

func TestBegin(t *testing.T) {
	at := func(packager string, s report.State, msn int64) Verdict {
		return Verdict{Packager: packager, State: s, Pos: m3u8.Pos{MSN: msn, Part: -1}}
	}
	for _, c := range []struct {
		name      string
		in        []Verdict
		preferred string
		want      string
	}{
		{"of equals the preferred one", []Verdict{at("a", report.Up, 100), at("b", report.Up, 100)}, "b", "b"},
		{"one about to list what the other has", []Verdict{at("a", report.Up, 99), at("b", report.Up, 100)}, "", "a"},
		{"not one that is not at the live edge", []Verdict{at("a", report.Up, 60), at("b", report.Up, 100), at("c", report.Up, 102)}, "a", "c"},
		{"not one in a worse state, however far ahead", []Verdict{at("a", report.Up, 60), at("b", report.Suspect, 100)}, "", "a"},
	} {
		if got := Begin(c.in, c.preferred).Packager; got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestUsable(t *testing.T) {
	for s := report.Unknown; s <= report.Down; s++ {
		if got, want := Usable(s), s == report.Up || s == report.Suspect; got != want {
			t.Errorf("%s: got %t, want %t", s, got, want)
		}
	}
}

// FuzzJudge makes observations of whatever bytes: no panic, a verdict for each, an
// order that is a permutation with the usable ones first.
func FuzzJudge(f *testing.F) {
	f.Add([]byte{}, "")
	f.Add([]byte("0123456789abcdef0123456789abcdef0123456789abcdef"), "01")
	f.Add(make([]byte, 64), "\x00")
	f.Fuzz(func(t *testing.T, b []byte, preferred string) {
		var obs []Observation
		for len(b) >= 16 && len(obs) < 32 {
			n := binary.LittleEndian.Uint64(b)
			times := binary.LittleEndian.Uint64(b[8:])
			o := Observation{
				Packager: string(b[:2]), Fails: int(b[0] % 4), Pos: m3u8.Pos{MSN: int64(n), Part: -1},
				TargetDuration: time.Duration(b[1]%90) * time.Second,
			}
			for i, at := range []*time.Time{&o.At, &o.First, &o.Advanced} {
				if ms := times >> (16 * i) & 0xffff; ms > 0 {
					*at = now.Add(time.Duration(ms)*time.Millisecond - 30*time.Second)
				}
			}
			if times>>63 == 0 {
				o.Pos.MSN = int64(n % 16)
			}
			for i := range int64(b[2] % 8) {
				o.Tail = append(o.Tail, Mark{MSN: o.Pos.MSN - i, URI: string(b[3:4]), ProgramDateTime: now.Add(time.Duration(b[4]) * time.Second / 8)})
			}
			obs = append(obs, o)
			b = b[16:]
		}
		verdicts := Policy{Clock: len(preferred)%2 == 0}.Judge(obs, now)
		if len(verdicts) != len(obs) {
			t.Fatalf("got %d verdicts, want %d", len(verdicts), len(obs))
		}
		count := map[string]int{}
		for i, v := range verdicts {
			count[v.Packager]++
			if v.Packager != obs[i].Packager || (v.State == report.Up) != (v.Reason == "") {
				t.Errorf("got %+v for %+v", v, obs[i])
			}
		}
		ordered := Order(verdicts, preferred)
		for i, v := range ordered {
			count[v.Packager]--
			if i > 0 && Usable(v.State) && !Usable(ordered[i-1].State) {
				t.Errorf("usable %+v comes after %+v", v, ordered[i-1])
			}
		}
		for packager, n := range count {
			if n != 0 || len(ordered) != len(verdicts) {
				t.Errorf("the order is no permutation: %q is there %d times less", packager, n)
			}
		}
	})
}
