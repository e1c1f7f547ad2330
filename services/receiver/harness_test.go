package receiver

import (
	"context"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/sample"
	"livestream-tui/services/receiver/sampletest"
)

const adminToken = "0123456789abcdef"

// receiver is one that runs and is served.
type receiver struct {
	*testing.T
	s     *Service
	log   *servicetest.Log
	url   string
	state string
	rtmp  string // HOST:PORT
	stop  func()
	// handler is what is served.
	handler http.Handler
}

// start runs a receiver of signals, in a state folder. prepare may change it before.
func start(t *testing.T, folder, signals string, prepare func(*Service)) *receiver {
	t.Helper()
	return startIn(t, folder, signals, nil, prepare)
}

// startIn is start with more settings.
func startIn(t *testing.T, folder, signals string, more service.Environment, prepare func(*Service)) *receiver {
	t.Helper()
	port := freePort(t)
	e := service.Environment{
		"SIGNALS": signals, "STATE_PATH": folder, "CACHE_PATH": folder, "ADMIN_TOKEN": adminToken, "RTMP_PORT": strconv.Itoa(port),
	}
	maps.Copy(e, more)
	c, err := ConfigFromEnv(e)
	if err != nil {
		t.Fatal(err)
	}
	rec := &receiver{T: t, log: &servicetest.Log{}, state: folder, rtmp: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	k := service.NewKit("receiver", service.Common{LogFormat: "json", LogLevel: "info"}, e, rec.log)
	if rec.s, err = New(c, k); err != nil {
		t.Fatal(err)
	}
	if prepare != nil {
		prepare(rec.s)
	}
	rec.handler = service.Handler(rec.s, k)
	server := httptest.NewServer(rec.handler)
	rec.url = server.URL
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- rec.s.Run(ctx) }()
	done := false
	rec.stop = func() {
		if done {
			return
		}
		done = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		server.Close()
	}
	t.Cleanup(rec.stop)
	return rec
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// get returns the answer to a request.
func (rec *receiver) get(path string) servicetest.Answer {
	rec.Helper()
	a, err := servicetest.Request(rec.Context(), http.MethodGet, rec.url+path, "")
	if err != nil {
		rec.Fatal(err)
	}
	return a
}

// playlist waits until a signal's playlist has so many segments, and returns it.
func (rec *receiver) playlist(signal string, segments int) *m3u8.MediaPlaylist {
	rec.Helper()
	var list *m3u8.MediaPlaylist
	servicetest.Await(rec.T, strconv.Itoa(segments)+" segments", func() bool {
		a := rec.get("/feeds/" + signal + "/playlist.m3u8")
		if a.Status != http.StatusOK {
			return false
		}
		var err error
		if list, err = m3u8.ParseMedia([]byte(a.Body)); err != nil {
			rec.Fatal(err)
		}
		if len(list.Oddities) > 0 {
			rec.Errorf("the playlist is odd: %v", list.Oddities)
		}
		return len(list.Segments) >= segments
	})
	return list
}

// encoder is an input that sends samples in real time, again and again.
type encoder struct {
	format  sample.Format
	samples []sample.Sample
	// leaves, if it is not nil, ends the connection after the samples. When it is closed,
	// another connection sends them.
	leaves chan struct{}
}

// length is that of the samples, which end with a whole second.
func (e *encoder) length() time.Duration {
	return e.samples[len(e.samples)-1].DTS.Round(time.Second)
}

func (e *encoder) Run(ctx context.Context, to input.Sink) error {
	for {
		c := to.Open(input.About{Remote: "192.0.2.1:5000", Encoder: "a test"})
		c.Format(e.format)
		began := time.Now()
		for round := time.Duration(0); round == 0 || e.leaves == nil; round++ {
			for _, x := range e.samples {
				x = x.Shifted(round * e.length())
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(time.Until(began.Add(x.DTS))):
				}
				c.Write(x)
			}
		}
		c.Close(nil)
		select {
		case <-ctx.Done():
			return nil
		case <-e.leaves:
		}
	}
}

// withEncoders has the same samples come in at every input.
func withEncoders(t *testing.T, source sampletest.Source) func(*Service) {
	f, list := sampletest.Make(t, source)
	return func(s *Service) {
		for i := range s.signals[0].sources {
			s.signals[0].sources[i].open = func() input.Input {
				return &encoder{format: f, samples: list}
			}
		}
	}
}

// absent is an input to which no encoder connects.
type absent struct{}

func (absent) Run(ctx context.Context, _ input.Sink) error {
	<-ctx.Done()
	return nil
}

const oneSignal = `[{"name":"stage","inputs":[{"name":"main","rtmp":{}}]}]`
