package viewer

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/viewer/stationtest"
)

// journal is the log of a viewer.
type journal struct{ servicetest.Log }

// said are the viewer's words, from the time since on.
func (j *journal) said(t *testing.T, since time.Time) (list []event.Viewing) {
	t.Helper()
	for _, l := range j.Lines() {
		e, ok, err := event.EventOf(l)
		if err != nil {
			t.Fatal(err)
		}
		if v, is := e.(event.Viewing); ok && is && !l.Time.Before(since) {
			list = append(list, v)
		}
	}
	return list
}

// warned are the warnings' messages, each once.
func (j *journal) warned() []string {
	var list []string
	for _, l := range j.Lines() {
		if l.Level == event.LevelWarn && !slices.Contains(list, l.Message) {
			list = append(list, l.Message)
		}
	}
	return list
}

// origin answers GET /signals with what it is given; nil is an origin that knows
// nothing.
type origin struct{ names atomic.Pointer[[]string] }

func (o *origin) name(list ...string) { o.names.Store(&list) }

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	list := o.names.Load()
	if r.URL.Path != "/signals" || list == nil {
		service.WriteError(w, http.StatusServiceUnavailable, "nothing is known yet")
		return
	}
	service.WriteJSON(w, http.StatusOK, append([]string{}, *list...))
}

// platform is a viewer in front of stations, in a bubble.
type platform struct {
	*Service
	journal journal
	origin  origin
	wire    *stationtest.Wire
	kit     service.Kit
}

// inPlatform runs a viewer with those settings while during runs.
func inPlatform(t *testing.T, env service.Environment, proxy http.Handler, during func(*testing.T, *platform)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{wire: stationtest.NewWire()}
		e := service.Environment{"PROXY_URL": "http://proxy", "ORIGIN_URL": "http://origin", "PACKAGERS": "http://packager1,http://packager2"}
		for k, v := range env {
			e[k] = v
		}
		c, err := ConfigFromEnv(e)
		if err != nil {
			t.Fatal(err)
		}
		p.kit = service.NewKit("viewer", service.Common{LogFormat: "json", LogLevel: "info"}, e, &p.journal)
		if p.Service, err = newService(c, p.kit, p.wire.Client); err != nil {
			t.Fatal(err)
		}
		defer p.wire.Serve("origin", &p.origin)()
		defer p.wire.Serve("proxy", proxy)()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		during(t, p)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: got %v, want a clean end", err)
		}
	})
}

// outages are those that the viewer has told of.
func (j *journal) outages(t *testing.T) (list []event.Outage) {
	t.Helper()
	for _, l := range j.Lines() {
		e, ok, err := event.EventOf(l)
		if err != nil {
			t.Fatal(err)
		}
		if o, is := e.(event.Outage); ok && is {
			list = append(list, o)
		}
	}
	return list
}
