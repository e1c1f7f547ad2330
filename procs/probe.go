package procs

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	probeEager   = 50 * time.Millisecond  // between probes of a start, for eagerTime
	probePatient = 250 * time.Millisecond // and then until the first ready
	probeReady   = 500 * time.Millisecond // and after it
	eagerTime    = 3 * time.Second
	probeTimeout = time.Second
	reasonMost   = 512 // bytes of /readyz that are read
)

// probe asks the incarnation's socket for its health until ctx is cancelled.
func (s *Supervisor) probe(ctx context.Context, name string, epoch int, socket string) {
	client := newClient(socket)
	defer client.CloseIdleConnections()
	every, began := probeEager, time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.ended:
			return
		case <-time.After(untilNext(time.Now(), every)):
		}
		e := ask(ctx, client)
		e.Epoch = epoch
		if e.Ready {
			every = probeReady
		} else if every == probeEager && time.Since(began) > eagerTime {
			every = probePatient
		}
		if ctx.Err() == nil {
			s.send(name, e)
		}
	}
}

// untilNext is how long it is from now to the next multiple of every: all probes
// fall together, since it is waking up that costs, not asking.
func untilNext(now time.Time, every time.Duration) time.Duration {
	return now.Truncate(every).Add(every).Sub(now)
}

// newClient returns a client of the unix socket at path.
func newClient(path string) *http.Client {
	return &http.Client{
		Timeout: probeTimeout,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}},
	}
}

// ask is one probe: alive by /healthz, ready by /readyz.
func ask(ctx context.Context, client *http.Client) Event {
	if status, _, err := fetch(ctx, client, "/healthz"); err != nil || status != http.StatusOK {
		return Event{Kind: Missed}
	}
	status, body, err := fetch(ctx, client, "/readyz")
	if err != nil {
		return Event{Kind: Probed, Reason: "alive, but does not say whether it is ready"}
	}
	reason, _, _ := strings.Cut(strings.TrimSpace(body), "\n")
	return Event{Kind: Probed, Ready: status == http.StatusOK, Reason: reason}
}

func fetch(ctx context.Context, client *http.Client, path string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://service"+path, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, reasonMost))
	return resp.StatusCode, string(b), err
}
