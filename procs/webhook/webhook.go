package webhook

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/platform"
)

const (
	// lookPeriod is how often the platform is looked at.
	lookPeriod = 250 * time.Millisecond
	// endGrace is how long what waits may take once the platform has ended.
	endGrace = 2 * time.Second
)

// Options say whom to tell.
type Options struct {
	// Targets are the receivers.
	Targets []Target
	// Secret is the key of the signature; empty means that alerts are not signed.
	Secret string
	// StillOn is how often receivers are told that the stream is still on air; zero means
	// never.
	StillOn time.Duration
	// Log takes warnings about receivers.
	Log hclog.Logger
}

// Run tells the receivers what happens to p until ctx is cancelled, and then delivers what
// waits, for a moment.
func Run(ctx context.Context, p platform.Platform, o Options) {
	client := newClient()
	defer client.CloseIdleConnections()
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(endGrace, stop) })()
	var senders []*sender
	var work sync.WaitGroup
	for _, t := range o.Targets {
		s := newSender(t, o.Secret, client, o.Log)
		senders = append(senders, s)
		work.Go(func() { s.run(ctx, working) })
	}
	look(ctx, p, &watch{stillOn: o.StillOn}, senders)
	work.Wait()
}

// look looks at p until ctx is cancelled.
func look(ctx context.Context, p platform.Platform, w *watch, senders []*sender) {
	host, _ := os.Hostname() // without a name, the platform has none
	tick := time.NewTicker(lookPeriod)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		s, err := p.Snapshot(ctx)
		if err != nil {
			continue
		}
		for _, a := range w.step(s) {
			a.ID, a.Host = rand.Text(), host
			for _, to := range senders {
				to.take(a)
			}
		}
	}
}

// newClient returns a client that uses the proxy of the environment, as receivers may be
// outside, and follows no redirect, which would turn a POST into a GET.
func newClient() *http.Client {
	dialer := net.Dialer{Timeout: attemptMost / 2}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, TLSHandshakeTimeout: attemptMost / 2,
			IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		},
	}
}
