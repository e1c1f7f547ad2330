package harness

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/player"
	"livestream-tui/services/viewer/rules"
)

// Players are virtual players with transfers in flight.
type Players struct {
	list   []*player.Player
	cancel context.CancelFunc
	work   sync.WaitGroup
}

// Gather starts n players of a playlist, one after the other, and returns once each
// of them plays. A player gets its own client from client; nil is an ordinary one.
func Gather(t *testing.T, url string, n int, client func() *http.Client) *Players {
	t.Helper()
	return gather(t, url, n, client, nil)
}

// Gather starts n players of the film, as the function Gather does, which compare what they get
// with what the packagers have: a segment that no packager has is not missed.
func (p *Platform) Gather(t *testing.T, n int) *Players {
	t.Helper()
	return gather(t, p.PlaylistURL(), n, nil, &player.Packagers{
		Front: p.Base("PROXY_PORT"), URLs: []string{p.Base("SERVER_ONE_PORT"), p.Base("SERVER_TWO_PORT")},
	})
}

func gather(t *testing.T, url string, n int, client func() *http.Client, behind *player.Packagers) *Players {
	t.Helper()
	if client == nil {
		client = func() *http.Client { return player.NewClient(true) }
	}
	ctx, cancel := context.WithCancel(t.Context())
	c, ledger := &Players{cancel: cancel}, new(rules.Ledger)
	t.Cleanup(func() { c.Leave() })
	for i := range n {
		own := client()
		one, err := player.New(player.Options{
			Name: fmt.Sprint("player ", i), URL: url, Client: own, Pace: 0.8,
			StartDelay: time.Duration(i) * 100 * time.Millisecond, Ledger: ledger, Keep: 20000, Packagers: behind,
		})
		if err != nil {
			t.Fatal(err)
		}
		c.list = append(c.list, one)
		c.work.Go(func() {
			defer own.CloseIdleConnections()
			_ = one.Run(ctx) // nil by its contract
		})
	}
	Await(t, time.Minute, "every player plays", func() error {
		for _, one := range c.list {
			if s := one.Status(); s.State != event.ViewPlaying {
				return fmt.Errorf("%s is %s", s.Name, s.State)
			}
		}
		return nil
	})
	return c
}

// MSN is what the first player plays.
func (c *Players) MSN() int64 { return c.list[0].Status().MSN }

// Leave stops the players and returns what each of them saw.
func (c *Players) Leave() []player.Report {
	c.cancel()
	c.work.Wait()
	var list []player.Report
	for _, one := range c.list {
		list = append(list, one.Report())
	}
	return list
}

// WantClean fails where players saw anything, and says what.
func WantClean(t *testing.T, reports []player.Report) {
	t.Helper()
	sum := player.Summarize(reports)
	t.Log(sum)
	if sum.Clean() {
		return
	}
	t.Errorf("players saw something")
	for _, r := range reports {
		for _, v := range r.Violations {
			t.Errorf("%s: %s", r.Name, v)
		}
		for _, f := range r.Failures {
			t.Errorf("%s: %v", r.Name, f)
		}
		for _, s := range r.Stalls {
			t.Errorf("%s: stalled for %s", r.Name, s.Length)
		}
	}
}

// WantNoStall fails where a player stalled or was given what is wrong. Requests that
// a killed proxy took with it are asked again.
func WantNoStall(t *testing.T, reports []player.Report) {
	t.Helper()
	for _, r := range reports {
		for _, s := range r.Stalls {
			t.Errorf("%s: stalled for %s", r.Name, s.Length)
		}
		for _, v := range r.Violations {
			t.Errorf("%s: %s", r.Name, v)
		}
		if r.State != event.ViewPlaying {
			t.Errorf("%s is %s in the end", r.Name, r.State)
		}
	}
	t.Log(player.Summarize(reports))
}
