package delivery

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/hls/media"
)

// Metrics count what is delivered by HTTP, by signal and packager.
type Metrics struct {
	// Delivered counts deliveries by their result as well.
	Delivered *prometheus.CounterVec
	// Missed counts the segments that left the playlist before a packager took them.
	Missed *prometheus.CounterVec
}

// Ingest delivers a signal to packagers by HTTP. It never fails: a packager that takes
// nothing is tried again.
type Ingest struct {
	board   *board
	clients []*client
	log     hclog.Logger
	stop    context.CancelFunc
	group   sync.WaitGroup
}

// StartIngest delivers a signal to the packagers with those base URLs until Close is
// called; segment is how long a segment is.
func StartIngest(packagers []string, token, signal string, segment time.Duration, log hclog.Logger, m Metrics) *Ingest {
	ctx, stop := context.WithCancel(context.Background())
	in := &Ingest{board: newBoard(), log: log, stop: stop}
	for _, base := range packagers {
		c := &client{
			base: base, signal: signal, token: token, timeout: segment * 3 / 2, board: in.board, http: newHTTPClient(),
			log: log, metrics: m, receiver: newReceiver(), told: map[string]bool{},
		}
		in.clients = append(in.clients, c)
		in.group.Go(func() { c.run(ctx) })
	}
	return in
}

// Publish implements Store.
func (in *Ingest) Publish(s *media.Segment, init Init, w Window) error {
	in.board.add(s.MSN, s.Data, init, w)
	return nil
}

// restock takes up what a folder holds of a window already.
func (in *Ingest) restock(f *Folder, w Window) {
	for i, s := range w.list.Segments {
		init, err := f.Read(s.Map.URI)
		if err != nil {
			continue // it was there a moment ago; then others have it
		}
		data, err := f.Read(s.URI)
		if err != nil {
			continue
		}
		so := w
		if i < len(w.list.Segments)-1 {
			so.size++ // not full before the last
		}
		in.board.add(w.list.MediaSequence+int64(i), data, Init{s.Map.URI, init}, so)
	}
}

// End implements Store: it tells every packager, as far as it answers now.
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
