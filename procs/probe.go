package procs

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"livestream-tui/procs/machine"
	"livestream-tui/services/kit/httpx"
)

const (
	probeEager   = 50 * time.Millisecond  // between probes of a start, for eagerTime
	probePatient = 250 * time.Millisecond // and then until the first ready
	probeReady   = 500 * time.Millisecond // and after it
	eagerTime    = 3 * time.Second
	probeTimeout = time.Second
	reasonMost   = 512 // bytes of /readyz that are read
)

// dial makes a connection to an incarnation.
type dial func(context.Context) (net.Conn, error)

// probe asks the incarnation for its health until ctx is cancelled.
func (s *Supervisor) probe(ctx context.Context, name string, i *incarnation) {
	p := prober{dial: i.connect}
	defer p.hangUp()
	every, began := probeEager, time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.ended:
			return
		case <-time.After(UntilNext(time.Now(), every)):
		}
		e := p.ask(ctx)
		e.Epoch = i.epoch
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

// newClient returns a client of one incarnation.
func newClient(d dial) *http.Client {
	return httpx.New(httpx.Options{Timeout: probeTimeout, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return d(ctx) }})
}

// prober asks one incarnation, over one connection and with both questions in one write:
// http.Client has two more goroutines for each connection, and to wake them was a
// third of what supervision costs at rest.
type prober struct {
	dial    dial
	conn    net.Conn      // nil while not connected
	answers *bufio.Reader // of conn
}

// questions are one probe.
const questions = "GET /healthz HTTP/1.1\r\nHost: service\r\n\r\nGET /readyz HTTP/1.1\r\nHost: service\r\n\r\n"

// ask is one probe: alive by /healthz, ready by /readyz.
func (p *prober) ask(ctx context.Context) machine.Event {
	old := p.conn != nil
	status, err := p.begin(ctx)
	if err != nil && old && !errors.Is(err, os.ErrDeadlineExceeded) {
		status, err = p.begin(ctx) // the connection may have been too old
	}
	if err != nil || status != http.StatusOK {
		p.hangUp() // the other answer with it
		return machine.Event{Kind: machine.Missed}
	}
	status, body, err := p.answer()
	if err != nil {
		return machine.Event{Kind: machine.Probed, Reason: "alive, but does not say whether it is ready"}
	}
	reason, _, _ := strings.Cut(strings.TrimSpace(body), "\n")
	return machine.Event{Kind: machine.Probed, Ready: status == http.StatusOK, Reason: reason}
}

// begin asks both questions, all of probeTimeout at most, and returns the first
// answer's status.
func (p *prober) begin(ctx context.Context) (status int, err error) {
	deadline := time.Now().Add(probeTimeout)
	if p.conn == nil {
		within, cancel := context.WithDeadline(ctx, deadline)
		conn, err := p.dial(within)
		cancel()
		if err != nil {
			return 0, err
		}
		p.conn, p.answers = conn, bufio.NewReader(conn)
	}
	err = p.conn.SetDeadline(deadline)
	if err == nil {
		_, err = io.WriteString(p.conn, questions)
	}
	if err != nil {
		p.hangUp()
		return 0, err
	}
	status, _, err = p.answer()
	return status, err
}

// answer reads an answer. After an incomplete one the connection is closed.
func (p *prober) answer() (status int, body string, err error) {
	resp, err := http.ReadResponse(p.answers, nil)
	if err != nil {
		p.hangUp()
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, reasonMost))
	if err != nil || len(b) == reasonMost || resp.Close {
		p.hangUp()
	}
	return resp.StatusCode, string(b), err
}

func (p *prober) hangUp() {
	if p.conn != nil {
		_ = p.conn.Close() // what was read is all there is
		p.conn = nil
	}
}
