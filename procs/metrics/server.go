package metrics

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"livestream-tui/procs/platform"
)

const (
	// together is how many requests are answered at the same time.
	together = 4
	// requestTime bounds the reading of a request, writeTime the whole of it, idleTime the
	// time between two.
	requestTime = 5 * time.Second
	writeTime   = 20 * time.Second
	idleTime    = 2 * time.Minute
	headerMost  = 16 << 10
)

// Options say where the metrics of a platform are served.
type Options struct {
	// Listener is where; Serve closes it.
	Listener net.Listener
	// Version is the platform's.
	Version string
	// Log takes what goes wrong.
	Log hclog.Logger
}

// Serve serves the metrics of p at /metrics until ctx is cancelled.
func Serve(ctx context.Context, p platform.Platform, o Options) {
	c := newCollector(p, o.Version)
	var work sync.WaitGroup
	work.Go(func() { c.follow(ctx) })
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", handler(p, c))
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: requestTime, ReadTimeout: requestTime, WriteTimeout: writeTime, IdleTimeout: idleTime, MaxHeaderBytes: headerMost,
		ErrorLog: o.Log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })() // what is open then is of no use
	if err := server.Serve(o.Listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
		o.Log.Error("metrics are no longer served", "error", err)
	}
	work.Wait()
}

// handler answers with the metrics of p, whose own ones c makes.
func handler(p platform.Platform, c *collector) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	self := prometheus.WrapRegistererWith(prometheus.Labels{labelProcess: platform.Self, labelService: platform.Self}, registry)
	self.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	g := &gatherer{platform: p, own: registry, time: answerTime, most: answerMost}
	return promhttp.HandlerFor(g, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: together})
}
