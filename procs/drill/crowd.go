package drill

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/player"
	"livestream-tui/services/viewer/rules"
)

const (
	// crowdSpread is the time over which players start, so that they do not move in
	// step.
	crowdSpread = target
	// crowdPace is the part of a segment's duration over which players read it: at
	// any moment that many of them have a transfer in flight.
	crowdPace = 0.9
	// steadyBuffer is what a player holds that has nothing to suffer from what was.
	steadyBuffer = target
	// compareEvery is how many segments share one comparison with the packagers.
	compareEvery = 5
)

// crowd is the audience: players that play one playlist.
type crowd struct {
	players []*player.Player
	clients []*http.Client
	flying  atomic.Int64 // transfers of media in flight
	work    sync.WaitGroup
	stop    context.CancelFunc
}

// gather starts n players of a playlist behind which are the packagers. keep is how
// much each remembers; zero for the usual.
func gather(ctx context.Context, n int, playlist, front string, packagers []string, originals *originals, keep int) (*crowd, error) {
	ctx, stop := context.WithCancel(ctx)
	c := &crowd{stop: stop}
	own := player.NewClient(false)
	c.clients = append(c.clients, own)
	behind := &player.Packagers{Front: front, URLs: packagers, Client: own}
	ledger := new(rules.Ledger)
	for i := range n {
		client := player.NewClient(true)
		c.clients = append(c.clients, client)
		counted := *client
		counted.Transport = &counting{client.Transport, &c.flying}
		p, err := player.New(player.Options{
			Name: fmt.Sprintf("player %d", i+1), URL: playlist, Client: &counted,
			StartDelay: crowdSpread * time.Duration(i) / time.Duration(n), Pace: crowdPace, Patient: true,
			Ledger: ledger, Reference: originals.sum, Packagers: behind, Every: compareEvery, Keep: keep,
		})
		if err != nil {
			stop()
			return nil, err
		}
		c.players = append(c.players, p)
	}
	for _, p := range c.players {
		c.work.Go(func() { _ = p.Run(ctx) }) // nil by its contract
	}
	return c, nil
}

// leave ends the players and returns when all have ended. Nobody can leave too.
func (c *crowd) leave() {
	if c == nil {
		return
	}
	c.stop()
	c.work.Wait()
	for _, client := range c.clients {
		client.CloseIdleConnections()
	}
}

func (c *crowd) reports() []player.Report {
	list := make([]player.Report, len(c.players))
	for i, p := range c.players {
		list[i] = p.Report()
	}
	return list
}

// unsteady says which player is not well enough for a fault, nil when all are.
func (c *crowd) unsteady() error {
	for _, p := range c.players {
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

// bitrate is the signal's in bits a second, 0 while no player knows it.
func (c *crowd) bitrate() int64 {
	for _, p := range c.players {
		if b := p.Status().Bitrate; b > 0 {
			return b
		}
	}
	return 0
}

// counting counts the transfers of media that are in flight.
type counting struct {
	http.RoundTripper
	flying *atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, ".m3u8") || r.Method != http.MethodGet {
		return c.RoundTripper.RoundTrip(r)
	}
	c.flying.Add(1)
	over := sync.OnceFunc(func() { c.flying.Add(-1) })
	res, err := c.RoundTripper.RoundTrip(r)
	if err != nil {
		over()
		return nil, err
	}
	res.Body = &countedBody{res.Body, over}
	return res, nil
}

type countedBody struct {
	io.ReadCloser
	over func()
}

// Close implements io.Closer.
func (b *countedBody) Close() error {
	b.over()
	return b.ReadCloser.Close()
}

// originals are what the encoder wrote: the bytes that every player is to have.
type originals struct {
	folder string
	sums   sync.Map // by file name
}

// sum is the checksum of what a segment's URL ought to hold, false when the encoder
// has it no more.
func (o *originals) sum(address string) (rules.Sum, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return rules.Sum{}, false
	}
	name := path.Base(u.Path)
	if known, ok := o.sums.Load(name); ok {
		return known.(rules.Sum), true
	}
	b, err := os.ReadFile(filepath.Join(o.folder, name))
	if err != nil {
		return rules.Sum{}, false
	}
	sum := sha256.Sum256(b)
	o.sums.Store(name, sum)
	return sum, true
}
