package cmcd

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// turning is an audience in a turn that does not end.
func turning() *Audience {
	a, _ := newAudience()
	a.sessions.turn.Store(1)
	return a
}

// ask hears a report as the proxy does for a request for a playlist. It returns whether the
// report was counted without being read.
func (a *Audience) ask(said sent) (again bool) {
	if again = a.HearAgain([]byte(playlist), said.argument, said.fields); !again {
		a.HearPlaylist(playlist, said.argument, said.fields)
	}
	return again
}

// ways are how a player sends a report, keys and values in any order.
var ways = map[string]func(text string) sent{
	"argument": func(text string) sent { return sent{argument: []byte(url.QueryEscape(text))} },
	"field":    func(text string) sent { return sent{fields: [][]byte{[]byte(text)}} },
	"fields": func(text string) (s sent) {
		head, tail, cut := strings.Cut(text, ",sid")
		if cut {
			return sent{fields: [][]byte{[]byte(head), []byte("sid" + tail)}}
		}
		return sent{fields: [][]byte{[]byte(text)}}
	},
}

// reportOf is a report as hls.js sends it with a request for a playlist.
func reportOf(session string) string {
	return `bl=21300,br=3200,cid="live01",d=2000,mtp=48100,ot=m,sf=h,sid="6e2fb550-c457-11e9-bb97-` + session + `",st=l,tb=6000`
}

// A report is read where it says more than digits since the last that was read.
func TestWhatIsNewIsRead(t *testing.T) {
	first := reportOf("000000000001")
	for _, c := range []struct {
		name, next string
		again      bool
	}{
		{"the same", first, true},
		{"another buffer and throughput", strings.NewReplacer("21300", "19900", "48100", "52000").Replace(first), true},
		{"a longer number", strings.Replace(first, "21300", "9900", 1), false},
		{"another session", reportOf("000000000002"), false},
		{"a stall", first + ",bs", false},
		{"a stall in other words", first + ",bs=true", false},
		{"a stall, in the place of a number of as many letters", strings.Replace(first, "tb=6000", "bs,x=600", 1), false},
		{"a state", first + ",sta=r", false},
		{"an end", first + ",sta=e", false},
		{"an event", first + ",e=ps", false},
		{"other media", strings.Replace(first, "ot=m", "ot=v", 1), false},
		{"an order of its own", strings.Replace(first, "bl=21300,br=3200", "br=3200,bl=21300", 1), false},
		{"a comma in the place of a digit", strings.Replace(first, "d=2000", "d=2,00", 1), false},
		{"nothing", "", false},
		{"no session", "bl=21300", false},
		{"a session alone", `sid="6e2fb550-c457-11e9-bb97-000000000001"`, false},
	} {
		for way, as := range ways {
			a := turning()
			if a.ask(as(first)) {
				t.Fatalf("%s as %s: the first was not read", c.name, way)
			}
			if got := a.HearAgain([]byte(playlist), as(c.next).argument, as(c.next).fields); got != c.again {
				t.Errorf("%s as %s: counted again: got %t, want %t", c.name, way, got, c.again)
			}
		}
	}
	for way, as := range ways {
		a := turning()
		a.ask(as(first))
		said := as(first)
		if a.HearAgain([]byte("/live01/other.m3u8"), said.argument, said.fields) {
			t.Errorf("%s: another playlist is counted without being read", way)
		}
		if a.sessions.turn.Add(1); a.HearAgain([]byte(playlist), said.argument, said.fields) {
			t.Errorf("%s: in the next turn it is not read", way)
		}
		if a.sessions.turn.Store(0); a.ask(said) || a.ask(said) {
			t.Errorf("%s: without turns it is not read", way)
		}
	}
}

func TestDigitsAreLevelledButNotThoseOfEscapes(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a1": "a0", "%22b12%2C1%2": "%22b00%2C0%2", "xxxxxx%2234567%22": "xxxxxx%2200000%22", "xxxxxxx%221": "xxxxxxx%220", "/:\xb11234567\x7f9": "/:\xb10000000\x7f0",
	} {
		if got := string(appendLevelled(nil, []byte(text))); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// What cannot be taken for the same later is never remembered.
func TestReportsThatHideSomethingAreReadEachTime(t *testing.T) {
	for _, text := range []string{
		`bs=?0,sid="a"`, `sid="a",x="bs"`, `sid="a",su`, `sid="a",xsid="b"`, `sid=a`, `sid="a",x="` + strings.Repeat("x", markedMost) + `"`,
	} {
		for way, as := range ways {
			a := turning()
			a.ask(as(text))
			if a.ask(as(text)) {
				t.Errorf("%s as %s: the second was not read", text, way)
			}
		}
	}
	a := turning()
	for range 3 {
		if a.ask(sent{argument: []byte(`%62l%3D100%2Csid%3D%22a%22`)}) {
			t.Error("escaped letters: it was not read")
		}
	}
}

// A state that is told otherwise, by an event or with media, is known when the player
// comes back to the one before.
func TestAStallBetweenTwoOfTheSameIsCounted(t *testing.T) {
	for way, as := range ways {
		a := turning()
		plays := as(reportOf("000000000001") + ",sta=p")
		a.ask(plays)
		for range 3 {
			if !a.ask(plays) {
				t.Errorf("%s: the same state was read again", way)
			}
			stalls := as(reportOf("000000000001") + ",sta=r")
			a.Hear(playlist, stalls.argument, stalls.fields)
			if a.ask(plays) {
				t.Errorf("%s: the end of a stall was not read", way)
			}
		}
		if got := a.Shown().Renditions[0].Stalls; got != 3 {
			t.Errorf("%s: got %d stalls, want 3", way, got)
		}
	}
}

func TestAReportThatIsCountedAgainTakesNoMemory(t *testing.T) {
	for way, as := range ways {
		a := turning()
		said := as(reportOf("000000000001"))
		a.ask(said)
		if n := testing.AllocsPerRun(1000, func() {
			if !a.ask(said) {
				t.Fatalf("%s: it was read", way)
			}
		}); n > 0 {
			t.Errorf("%s: got %v allocations", way, n)
		}
	}
}

// All at once, some in each other's way, with turns that end: each session and each stall
// is counted, and each report.
func TestUnderAFloodNoPlayerNoStallAndNoReportIsLost(t *testing.T) {
	const players, rounds, at = 1000, 20, 4
	a, reg := newAudience()
	a.sessions.turn.Store(1)
	var all sync.WaitGroup
	again := make([]int, at)
	for g := range at {
		all.Go(func() {
			for round := range rounds {
				if g == 0 {
					a.sessions.turn.Add(uint32(round / 4 % 2))
				}
				for i := range players { // each player is on every goroutine: on as many connections
					as := ways["argument"]
					if i%2 == 0 {
						as = ways["fields"]
					}
					text := reportOf(fmt.Sprintf("%012d", i))
					if round%10 == 9 && i%at == g {
						text += ",bs"
					}
					if a.ask(as(text)) {
						again[g]++
					}
				}
			}
		})
	}
	all.Wait()
	s := a.Shown()
	if len(s.Renditions) != 1 || s.Sessions != players || s.Renditions[0].Stalled != players || s.Renditions[0].Stalls != players*rounds/10 {
		t.Errorf("got %+v, want %d sessions with %d stalls each", s, players, rounds/10)
	}
	if got := valueOfMetric(t, a, reg, "proxy_cmcd_reports_total", "result=counted"); got != players*rounds*at {
		t.Errorf("got %v reports, want %d", got, players*rounds*at)
	}
	n := 0
	for _, one := range again {
		n += one
	}
	if n < players*rounds*at/2 {
		t.Errorf("%d of %d reports were counted again, want most", n, players*rounds*at)
	}
}

// A player that says the same all the time has not left, and is gone when it is silent.
func TestWhoSaysTheSameHasNotLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, reg := newAudience()
		ctx, end := context.WithCancel(t.Context())
		go a.Run(ctx)
		synctest.Wait()
		said, again := ways["argument"](reportOf("000000000001")), 0
		const seconds = 120
		for range 10 * seconds {
			if a.ask(said) {
				again++
			}
			time.Sleep(time.Second / 10)
		}
		if s := a.Shown(); s.Sessions != 1 || again < 7*seconds {
			t.Errorf("got %+v, %d of %d reports counted again", s, again, 10*seconds)
		}
		if got := valueOfMetric(t, a, reg, "proxy_player_buffer_seconds"); got < seconds*9/10 || got > seconds*11/10 {
			t.Errorf("the buffer was observed %v times in %d s", got, seconds)
		}
		time.Sleep(silenceMost + 2*time.Second)
		if s := a.Shown(); s.Sessions != 0 {
			t.Errorf("later: got %+v, want nobody", s)
		}
		a.ask(said)
		end()
		if synctest.Wait(); a.ask(said) {
			t.Error("a report is not read although no turn ends any more")
		}
	})
}

// The places of marks hold nothing of sessions that have ended.
func TestMarksEndWithTheirSessions(t *testing.T) {
	a := turning()
	for i := range sessionsMost + 1000 { // some are forgotten for others
		a.ask(ways["field"](fmt.Sprintf(`sid="%d"`, i)))
	}
	a.sweep(time.Now().Add(time.Hour))
	for i := range a.sessions.marks {
		if at := &a.sessions.marks[i]; at[0].Load() != 0 || at[1].Load() != 0 {
			t.Fatalf("a mark is left at %d", i)
		}
	}
}

// FuzzHearAgain has two reports sent one after the other. The second is counted without
// being read only if it is of the same session, and has no stall and no other state.
func FuzzHearAgain(f *testing.F) {
	first := reportOf("000000000001")
	for _, next := range []string{first, first + ",bs", strings.Replace(first, "21300", "19900", 1), strings.Replace(first, "sid", "bs,s", 1)} {
		f.Add([]byte(first), []byte(next), false)
		f.Add([]byte(url.QueryEscape(first)), []byte(url.QueryEscape(next)), true)
	}
	f.Add([]byte(`sid%3D%22a%22%2Cb0s`), []byte(`sid%3D%22a%22%2Cb%73`), true)
	f.Add([]byte(`sid="a",e=2`), []byte(`sid="a",e=3`), false)
	f.Fuzz(func(t *testing.T, first, next []byte, escaped bool) {
		if len(first) == 0 || len(next) == 0 || strings.Contains(string(first)+string(next), "\n") {
			return
		}
		as := func(b []byte) sent { return sent{fields: [][]byte{b}} }
		read := func(r *Report, b []byte) error { return parse(r, b) }
		if escaped {
			as = func(b []byte) sent { return sent{argument: b} }
			read = func(r *Report, b []byte) error { return parseEscaped(r, b, new([reportMost]byte)) }
		}
		a := turning()
		a.ask(as(first))
		if said := as(next); !a.HearAgain([]byte(playlist), said.argument, said.fields) {
			return
		}
		was, is := said(), said()
		if err := read(&was, first); err != nil {
			t.Fatalf("%q was remembered: %v", first, err)
		}
		if err := read(&is, next); err != nil {
			return // a number that is too large
		}
		if string(is.Session) != string(was.Session) || is.Starved || is.State != was.State || is.Startup != was.Startup && !was.Startup && is.State != (token{}) {
			t.Errorf("after %q, %q was not read", first, next)
		}
	})
}

func BenchmarkHearAgain(b *testing.B) {
	const players = 1000
	for _, way := range []string{"argument", "fields"} {
		b.Run(way, func(b *testing.B) {
			a := turning()
			var list [players]sent
			for i := range list {
				list[i] = ways[way](reportOf(fmt.Sprintf("%012d", i)))
				a.ask(list[i])
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				a.ask(list[i%players])
			}
		})
	}
}

func BenchmarkCut(b *testing.B) {
	target := []byte(playlist + "?CMCD=" + url.QueryEscape(reportOf("0800200c9a66")))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = Cut(target)
	}
}
