package player

import (
	"context"
	"crypto/sha256"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/viewer/rules"
	"livestream-tui/services/viewer/stationtest"
)

// watch plays s for a while of fake time and returns what the player tells.
func watch(t *testing.T, s *stationtest.Station, o Options, d time.Duration) (r Report) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s.Began = time.Now()
		n := stationtest.NewWire()
		defer n.Serve("proxy", s)()
		r = play(t, n, o, func(*Player) { time.Sleep(d) })
	})
	return r
}

// play runs a player on the wire while during runs.
func play(t *testing.T, n *stationtest.Wire, o Options, during func(*Player)) Report {
	t.Helper()
	if o.URL == "" {
		o.URL = "http://proxy/live01/playlist.m3u8"
	}
	if o.Client == nil {
		o.Client = n.Client()
	}
	defer o.Client.CloseIdleConnections()
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	during(p)
	r := p.Report()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: got %v, want a clean end", err)
	}
	return r
}

func sumOf(b []byte) rules.Sum { return sha256.Sum256(b) }
