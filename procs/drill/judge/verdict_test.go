package judge

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/drill/fault"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/player"
	"livestream-tui/services/viewer/rules"
)

var (
	faultAt = time.Date(2024, 4, 5, 11, 23, 5, 0, time.UTC)
	during  = Scope{From: faultAt.Add(-time.Second), At: faultAt}
)

// death is how long the proxy took to die.
const death = 250 * time.Millisecond

const listURL = "http://localhost:8002/live01/playlist.m3u8"

// playing is a player that sees nothing: it plays, and the fault meets a transfer.
func playing(name string) player.Report {
	return player.Report{
		Status: player.Status{Name: name, URL: listURL, State: event.ViewPlaying, Requests: 20, MSN: 9},
		Transfers: []player.Request{
			{URL: "http://localhost:8002/live01/9.m4s", At: faultAt.Add(-500 * time.Millisecond), Length: time.Second, Longest: 4 * time.Millisecond},
		},
	}
}

func before() player.Report {
	r := playing("player 1")
	r.Requests = 10
	return r
}

func after(d time.Duration) time.Time { return faultAt.Add(d) }

// sight is something that a player saw, and what the verdict says of it.
type sight struct {
	name   string
	saw    func(*player.Report)
	unwell string
	says   []string // none: passed
	notes  []string
	in     func(*Scope) // nil: as it is
}

func starved(list ...player.Wait) func(*Scope) { return func(s *Scope) { s.Starved = list } }

// sights begins with the one in which everything is well.
var sights = []sight{
	{"nothing", func(*player.Report) {}, "", nil, nil, nil},
	{"a failed request", func(r *player.Report) {
		r.Failures = []player.Failure{{At: after(time.Second), Length: 500 * time.Millisecond, URL: "http://x/9.m4s", Kind: player.BrokenOff, Err: "broke off after 5 of 9 bytes: unexpected EOF"}}
	}, "", []string{"1 failed request of 1 player", "1.50 s after the fault", "http://x/9.m4s", "broke off after 5 of 9 bytes"}, nil, nil},
	{"failures that differ only in numbers are told as one", func(r *player.Report) {
		r.Failures = []player.Failure{
			{At: after(2), Kind: player.BrokenOff, Cause: "connection reset", Err: "broke off after 5 of 9 bytes"},
			{At: after(1), Kind: player.BrokenOff, Cause: "connection reset", Err: "broke off after 7 of 9 bytes"},
		}
	}, "", []string{"2 failed requests", "after 7 of 9"}, nil, nil},
	{"failures of two kinds are told apart", func(r *player.Report) {
		r.Failures = []player.Failure{
			{At: after(1), Kind: player.BrokenOff, Cause: "connection reset", Err: "broke off after 5 of 9 bytes"},
			{At: after(2), Kind: player.BadStatus, Cause: "status 502 Bad Gateway", Err: "status 502 Bad Gateway"},
		}
	}, "", []string{"1 failed request of 1 player; first player 1, 0.00 s after the fault: : broke off", "1 failed request of 1 player; first player 1, 0.00 s after the fault: : status 502"}, nil, nil},
	{"a failure before the fault was prepared is another's", func(r *player.Report) {
		r.Failures = []player.Failure{{At: after(-3 * time.Second), Err: "status 502"}}
	}, "", nil, nil, nil},
	{"a wrong byte", func(r *player.Report) {
		r.Violations = []rules.Violation{{At: after(time.Second), Rule: rules.SameBytes, Text: "msn 9 held a, holds b"}}
	}, "", []string{`rule "same bytes" broken 1×`, "1.00 s after", "msn 9 held a, holds b"}, nil, nil},
	{"a playlist that goes back", func(r *player.Report) {
		r.Violations = []rules.Violation{{At: after(time.Second), Rule: rules.Growth, Text: "the newest msn went down from 9 to 8"}}
	}, "", []string{"growth", "from 9 to 8"}, nil, nil},
	{"a stall", func(r *player.Report) {
		r.Stalls = []player.Stall{{At: after(3 * time.Second), Length: 700 * time.Millisecond}}
	}, "", []string{"1 stall, 700ms in all", "3.00 s after the fault for 700ms"}, nil, nil},
	{"a stall while the machine starved us for less", func(r *player.Report) {
		r.Stalls = []player.Stall{{At: after(3 * time.Second), Length: 700 * time.Millisecond}}
	}, "", []string{"1 stall"}, []string{"did not let the drill itself run for 600ms"}, starved(player.Wait{At: after(time.Second), Length: 600 * time.Millisecond})},
	{"a stall that starvation explains entirely", func(r *player.Report) {
		r.Stalls = []player.Stall{{At: after(3 * time.Second), Length: 700 * time.Millisecond}}
	}, "", nil, []string{"1 stall not counted", "1.2s"},
		starved(player.Wait{At: after(time.Second), Length: 600 * time.Millisecond}, player.Wait{At: after(2 * time.Second), Length: 600 * time.Millisecond})},
	{"starvation after a stall explains nothing", func(r *player.Report) {
		r.Stalls = []player.Stall{{At: after(time.Second), Length: 700 * time.Millisecond}}
	}, "", []string{"1 stall"}, []string{"5s"}, starved(player.Wait{At: after(3 * time.Second), Length: 5 * time.Second})},
	{"a segment that came late by the machine alone", late(2100 * time.Millisecond), "", nil, []string{"1 slow transfer not counted"},
		starved(player.Wait{At: after(time.Second), Length: 150 * time.Millisecond})},
	{"a segment that came later than the machine made it", late(3 * time.Second), "", []string{"were waited for"}, []string{"600ms"},
		starved(player.Wait{At: after(time.Second), Length: 600 * time.Millisecond})},
	{"a player that would have given up", func(r *player.Report) { r.GaveUp = 1 }, "", []string{"1 player would have given up"}, nil, nil},
	{"a player that stands still in the end", func(r *player.Report) { r.State = event.ViewStalled }, "", []string{"player 1 is stalled"}, nil, nil},
	{"a player that did nothing", func(r *player.Report) { r.Requests = 10 }, "", []string{"no request ended at 1 player"}, nil, nil},
	{"nothing in flight at the fault", func(r *player.Report) { r.Transfers = nil }, "", []string{"this proves nothing: only 0 of 1"}, nil, nil},
	{"only the playlist in flight at the fault", func(r *player.Report) { r.Transfers[0].URL = listURL }, "", []string{"only 0 of 1"}, nil, nil},
	{"a playlist that stood still by what two players saw", func(r *player.Report) {
		r.Growth = []rules.Newest{{MSN: 9, From: after(-time.Second), To: after(2500 * time.Millisecond)}}
	}, "", []string{"stood still: no player saw a new segment for 3.5s"}, nil, nil},
	{"a playlist that stood still no longer than it may", func(r *player.Report) {
		r.Growth = []rules.Newest{{MSN: 9, From: after(-time.Second), To: after(1900 * time.Millisecond)}}
	}, "", nil, nil, nil},
	{"what the proxy's death broke off came whole again", failed(player.BrokenOff, "broke off after 5 of 9 bytes: read: connection reset by peer", true), "",
		nil, []string{"1 transfer broken off"}, proxyDied},
	{"what the proxy's death broke off never came", failed(player.BrokenOff, "broke off after 5 of 9 bytes: unexpected EOF", false), "",
		[]string{"1 failed request"}, nil, proxyDied},
	{"a connection refused while there was no proxy", failed(player.Refused, "dial tcp: connect: connection refused", true), "",
		[]string{"refused"}, nil, proxyDied},
	{"a status while there was no proxy", failed(player.BadStatus, "status 503 Service Unavailable", true), "",
		[]string{"503"}, nil, proxyDied},
	{"what broke off with no proxy dying", failed(player.BrokenOff, "broke off after 5 of 9 bytes: unexpected EOF", true), "",
		[]string{"1 failed request"}, nil, nil},
	{"what broke off long after the proxy died", failed(player.BrokenOff, "broke off after 5 of 9 bytes: unexpected EOF", true), "",
		[]string{"1 failed request"}, nil, func(s *Scope) { s.Deaths = []fault.Span{{From: after(-3 * time.Second), To: after(-2 * time.Second)}} }},
	{"a packager that does not come back", func(*player.Report) {}, "server1 is backoff", []string{"not as before the fault: server1 is backoff"}, nil, nil},
}

func TestAnythingThatAPlayerSawIsAFailure(t *testing.T) {
	for _, c := range sights {
		t.Run(c.name, func(t *testing.T) {
			r := playing("player 1")
			c.saw(&r)
			in := during
			if c.in != nil {
				c.in(&in)
			}
			v := Judge([]player.Report{before()}, []player.Report{r}, in, c.unwell)
			if got, want := v.Passed, c.says == nil; got != want {
				t.Errorf("passed: got %t, want %t; evidence %q", got, want, v.Evidence)
			}
			wantWords(t, "evidence", v.Evidence, c.says)
			wantWords(t, "notes", v.Notes, c.notes)
		})
	}
}

func TestWhatWasBrokenOffIsOutstandingUntilItComesWhole(t *testing.T) {
	died := []fault.Span{{From: after(0), To: after(death)}}
	for _, c := range []struct {
		name string
		saw  func(*player.Report)
		want int
	}{
		{"nothing was broken off", func(*player.Report) {}, 0},
		{"asked for again, and still on its way", failed(player.BrokenOff, "broke off after 5 of 9 bytes: unexpected EOF", false), 1},
		{"it came whole", failed(player.BrokenOff, "broke off after 5 of 9 bytes: unexpected EOF", true), 0},
		{"a failure of another kind", failed(player.BadStatus, "status 503 Service Unavailable", false), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := playing("player 1")
			c.saw(&r)
			if got := Outstanding([]player.Report{playing("player 2"), r}, died); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

// late is a whole segment whose bytes were waited for, in a transfer of 5 s.
func late(waited time.Duration) func(*player.Report) {
	return func(r *player.Report) {
		r.Transfers = append(r.Transfers, player.Request{URL: "http://x/10.m4s", Status: 200, At: after(0), Length: 5 * time.Second, Waited: waited})
		r.Violations = []rules.Violation{{At: after(5010 * time.Millisecond), Rule: rules.Download, Text: "its bytes were waited for"}}
	}
}

// failed is a transfer that failed during the fault. again: it came whole when it was asked
// for again.
func failed(kind player.FailureKind, err string, again bool) func(*player.Report) {
	return func(r *player.Report) {
		r.Failures = []player.Failure{{At: after(-time.Second / 2), Length: 550 * time.Millisecond, URL: "http://x/9.m4s", Kind: kind, Err: err}}
		r.Transfers = append(r.Transfers, player.Request{URL: "http://x/9.m4s", At: after(-time.Second / 2), Length: 550 * time.Millisecond, Err: err})
		if again {
			r.Transfers = append(r.Transfers, player.Request{URL: "http://x/9.m4s", At: after(time.Second), Length: time.Second, Status: 200})
		}
	}
}

func proxyDied(s *Scope) { s.Deaths = []fault.Span{{From: after(0), To: after(death)}} }

func wantWords(t *testing.T, what string, got, words []string) {
	t.Helper()
	all := strings.Join(got, "\n")
	if words == nil && all != "" {
		t.Errorf("%s: got %q, want none", what, all)
	}
	for _, w := range words {
		if !strings.Contains(all, w) {
			t.Errorf("%s: got %q, want %q in it", what, all, w)
		}
	}
}

func TestVerdictCountsAllPlayers(t *testing.T) {
	one, two := playing("player 1"), playing("player 2")
	two.Failures = []player.Failure{{At: after(time.Second), Err: "status 502"}, {At: after(2 * time.Second), Err: "status 502"}}
	two.Transfers[0].Longest = 30 * time.Millisecond
	v := Judge([]player.Report{before(), before()}, []player.Report{one, two}, during, "")
	if v.Players != 2 || v.InFlight != 2 || v.Failed != 2 || v.LongestWait != 30*time.Millisecond {
		t.Errorf("got %+v, want 2 players, 2 in flight, 2 failed, 30 ms", v)
	}
}
