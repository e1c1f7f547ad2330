package output

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/hls/media"
)

// Metrics count what is sent to packagers, by signal and packager.
type Metrics struct {
	// Delivered counts deliveries by their result as well.
	Delivered *prometheus.CounterVec
	// Missed counts the segments that left the playlist before a packager took them.
	Missed *prometheus.CounterVec
}

// Ingest sends a signal to packagers by HTTP. It never fails: a packager that does not
// accept anything is tried again.
type Ingest struct {
	latest  *latest
	clients []*client
	log     hclog.Logger
	stop    context.CancelFunc
	group   sync.WaitGroup
}

// openIngest sends a signal to the packagers with those base URLs until Close is called.
func openIngest(c Config, packagers []string, signal string, segment time.Duration) (Store, error) {
	ctx, stop := context.WithCancel(context.Background())
	in := &Ingest{latest: newLatest(), log: c.Log, stop: stop}
	for _, base := range packagers {
		client := newClient(c, base, signal, segment, in.latest)
		in.clients = append(in.clients, client)
		in.group.Go(func() { client.run(ctx) })
	}
	return in, nil
}

// Publish implements Store.
func (in *Ingest) Publish(s *media.Segment, init Init, w Window) error {
	in.latest.add(s, init, w)
	return nil
}

// End implements Store: it tells each packager that answers now.
func (in *Ingest) End(ctx context.Context, _ Window) error {
	in.halt()
	var group sync.WaitGroup
	for _, c := range in.clients {
		group.Go(func() {
			if err := c.end(ctx); err != nil {
				in.log.Warn("cannot tell a packager that a signal has ended", "signal", c.signal, "packager", c.base, "reason", err.Error())
			}
			c.http.CloseIdleConnections()
		})
	}
	group.Wait()
	return nil
}

// Close implements Store.
func (in *Ingest) Close() error {
	in.halt()
	return nil
}

// halt ends the deliveries.
func (in *Ingest) halt() {
	in.stop()
	in.group.Wait()
}
