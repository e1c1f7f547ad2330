package audience

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"livestream-tui/procs/drill/fault"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/player"
	"livestream-tui/services/viewer/rules"
)

const (
	// spread is the time over which players start, so that they do not move in step.
	spread = fault.TargetDuration
	// pace is the part of a segment's duration over which players read it: at any moment
	// that part of them has a transfer in flight.
	pace = 0.9
	// steadyBuffer is the buffer of a player that has recovered from earlier faults.
	steadyBuffer = fault.TargetDuration
	// compareEvery is how many segments share one comparison with the packagers.
	compareEvery = 5
)

// Options say what the players play.
type Options struct {
	// Players is how many there are, 1 or more.
	Players int
	// Playlist is the URL that they load, Proxy the base URL of the proxy that serves it.
	Playlist, Proxy string
	// Packagers are the base URLs of the packagers behind the proxy.
	Packagers []string
	// Originals are the bytes that players must have.
	Originals *Originals
	// Keep is how much each player remembers; zero means the player's default.
	Keep int
}

// Audience is players that play one playlist. Safe for concurrent use.
type Audience struct {
	players  []*player.Player
	clients  []*http.Client
	inFlight atomic.Int64
	work     sync.WaitGroup
	stop     context.CancelFunc
}

// Gather starts players. They play until Leave is called or ctx is cancelled.
func Gather(ctx context.Context, o Options) (*Audience, error) {
	ctx, stop := context.WithCancel(ctx)
	a := &Audience{stop: stop}
	own := player.NewClient(false)
	a.clients = append(a.clients, own)
	behind := &player.Packagers{Front: o.Proxy, URLs: o.Packagers, Client: own}
	ledger := new(rules.Ledger)
	for i := range o.Players {
		client := player.NewClient(true)
		a.clients = append(a.clients, client)
		counted := *client
		counted.Transport = &counting{client.Transport, &a.inFlight}
		p, err := player.New(player.Options{
			Name: fmt.Sprintf("player %d", i+1), URL: o.Playlist, Client: &counted,
			StartDelay: spread * time.Duration(i) / time.Duration(o.Players), Pace: pace, Patient: true,
			Ledger: ledger, Reference: o.Originals.sum, Packagers: behind, Every: compareEvery, Keep: o.Keep,
		})
		if err != nil {
			stop()
			return nil, err
		}
		a.players = append(a.players, p)
	}
	for _, p := range a.players {
		a.work.Go(func() { _ = p.Run(ctx) }) // it always returns nil
	}
	return a, nil
}

// Leave ends the players and returns when all have ended. A nil Audience is allowed.
func (a *Audience) Leave() {
	if a == nil {
		return
	}
	a.stop()
	a.work.Wait()
	for _, client := range a.clients {
		client.CloseIdleConnections()
	}
}

// InFlight returns how many transfers of media are in flight.
func (a *Audience) InFlight() int64 { return a.inFlight.Load() }

// Reports returns what each player has recorded.
func (a *Audience) Reports() []player.Report {
	list := make([]player.Report, len(a.players))
	for i, p := range a.players {
		list[i] = p.Report()
	}
	return list
}

// Unsteady returns an error that names a player that does not play well enough for a fault;
// nil when all do.
func (a *Audience) Unsteady() error {
	for _, p := range a.players {
		s := p.Status()
		switch {
		case s.State != event.ViewPlaying && s.Trouble != "":
			return fmt.Errorf("%s is %s: %s", s.Name, s.State, s.Trouble)
		case s.State != event.ViewPlaying:
			return fmt.Errorf("%s is %s", s.Name, s.State)
		case s.Buffer < steadyBuffer:
			return fmt.Errorf("%s holds only %.1f s", s.Name, s.Buffer.Seconds())
		}
	}
	return nil
}

// Bitrate returns the bitrate of the signal in bits per second; 0 while no player knows it.
func (a *Audience) Bitrate() int64 {
	for _, p := range a.players {
		if b := p.Status().Bitrate; b > 0 {
			return b
		}
	}
	return 0
}
