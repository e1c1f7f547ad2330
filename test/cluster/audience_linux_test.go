package cluster

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/player"
	"livestream-tui/services/viewer/rules"
)

// steady is what a player has buffered when a fault may come.
const steady = 2 * time.Second

// audience is players on their own host, some at the proxy of each machine. They play until
// the test ends.
type audience struct {
	r  *rig
	at map[string][]*player.Player // by machine
}

// gather starts players at the proxy of each machine.
func (r *rig) gather(each int) *audience {
	r.t.Helper()
	a := &audience{r: r, at: map[string][]*player.Player{}}
	ctx, leave := context.WithCancel(context.Background())
	var work sync.WaitGroup
	r.t.Cleanup(func() {
		leave()
		work.Wait()
	})
	ledger := new(rules.Ledger)
	for _, m := range r.machines {
		behind := &player.Packagers{Front: m.proxy(), URLs: r.packagers(), Client: r.client}
		for i := range each {
			client := r.home.Client()
			p, err := player.New(player.Options{
				Name: fmt.Sprintf("player %d at %s", i+1, m.name), URL: m.playlist(), Client: client, Pace: 0.8, Patient: true,
				StartDelay: 2 * time.Second * time.Duration(i) / time.Duration(each), Ledger: ledger, Packagers: behind, Keep: 20_000,
			})
			if err != nil {
				r.t.Fatal(err)
			}
			a.at[m.name] = append(a.at[m.name], p)
			work.Go(func() { a.play(ctx, p, client) })
		}
	}
	a.awaitSteady(r.machines)
	return a
}

func (a *audience) play(ctx context.Context, p *player.Player, client *http.Client) {
	defer client.CloseIdleConnections()
	_ = p.Run(ctx) // nil by its contract
}

// awaitSteady waits until the players at those machines play with something in hand.
func (a *audience) awaitSteady(at []*machine) {
	a.r.t.Helper()
	a.r.await(time.Minute, "players play", func() error {
		for _, m := range at {
			for _, p := range a.at[m.name] {
				if s := p.Status(); s.State != event.ViewPlaying || s.Buffer < steady {
					return fmt.Errorf("%s is %s with %s in hand: %s", s.Name, s.State, s.Buffer, s.Trouble)
				}
			}
		}
		return nil
	})
}

// moment is a time, and how often each player had given up by then.
type moment struct {
	at     time.Time
	gaveUp map[string]int
}

// now is the present moment.
func (a *audience) now() moment {
	m := moment{time.Now(), map[string]int{}}
	for _, list := range a.at {
		for _, p := range list {
			s := p.Status()
			m.gaveUp[s.Name] = s.GaveUp
		}
	}
	return m
}

// seen is what the players at some machines have seen since a moment.
func (a *audience) seen(at []*machine, since moment) []player.Report {
	var list []player.Report
	for _, m := range at {
		for _, p := range a.at[m.name] {
			r := p.Report().Since(since.at)
			r.GaveUp -= since.gaveUp[r.Name] // at a proxy that an earlier fault had taken away
			list = append(list, r)
		}
	}
	return list
}

// silence is the longest time that a playlist at one of those machines had no new segment
// beyond its target duration since a time; zero when segments came as they are due.
func silence(list []player.Report) time.Duration {
	var longest time.Duration
	for _, r := range list {
		longest = max(longest, player.Summarize([]player.Report{r}).Standstill-r.Target)
	}
	return max(longest, 0)
}

// complaints are what the players saw, each with the time since the fault began.
func complaints(list []player.Report, since time.Time) []string {
	var all []string
	add := func(r player.Report, at time.Time, what string) {
		all = append(all, fmt.Sprintf("%s, %+.1f s: %s", r.Name, at.Sub(since).Seconds(), what))
	}
	for _, r := range list {
		for _, v := range r.Violations {
			add(r, v.At, fmt.Sprintf("%s: %s", v.Rule, v.Text))
		}
		for _, f := range r.Failures {
			add(r, f.At, fmt.Sprintf("after %s: %s", f.Length.Round(time.Millisecond), f.Err))
		}
		for _, s := range r.Stalls {
			add(r, s.At, "stalled for "+s.Length.String())
		}
		if r.State != event.ViewPlaying {
			add(r, time.Now(), "is "+r.State.String())
		}
	}
	slices.Sort(all)
	return all
}
