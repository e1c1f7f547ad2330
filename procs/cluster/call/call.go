package call

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"livestream-tui/procs/platform/api"
	"livestream-tui/services/cluster"
)

// The headers of a request: who asks, which call it is, by the caller's clock since when, and
// for how long it waits in milliseconds.
const (
	headerFrom   = "Call-From"
	headerID     = "Call-Id"
	headerAt     = "Call-At"
	headerWithin = "Call-Within"
)

const (
	// sendAgain is how long a command waits for its answer before it is sent again.
	sendAgain = 700 * time.Millisecond
	// withinDefault is how long a call waits where its context has no deadline.
	withinDefault = 2 * time.Second
	// openedMost is how many bytes an answer may have once it is not compressed any more.
	openedMost = 64 << 20
)

// To returns the platform of another machine, over the Bus. me is this machine's name.
// Nothing is asked yet. It cannot subscribe.
func To(bus cluster.Bus, me, machine string) *api.Remote {
	return api.Over(Transport(bus, me, machine), "machine "+machine)
}

// Transport returns what carries requests to another machine. me is this machine's name.
func Transport(bus cluster.Bus, me, machine string) http.RoundTripper {
	return transport{bus: bus, me: me, machine: machine}
}

type transport struct {
	bus         cluster.Bus
	me, machine string
}

// RoundTrip implements http.RoundTripper. Its errors are for people.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	deadline, bounded := ctx.Deadline()
	if !bounded {
		deadline = time.Now().Add(withinDefault)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	out := req.Clone(ctx)
	now := time.Now()
	out.Header.Set(headerFrom, t.me)
	out.Header.Set(headerID, rand.Text())
	out.Header.Set(headerAt, now.Format(time.RFC3339Nano))
	out.Header.Set(headerWithin, strconv.FormatInt(deadline.Sub(now).Milliseconds(), 10))
	var wire bytes.Buffer
	if err := out.Write(&wire); err != nil {
		return nil, err
	}
	answer, err := t.send(ctx, wire.Bytes(), req.Method != http.MethodGet)
	if err != nil {
		return nil, err
	}
	return opened(answer, req)
}

// send sends a request and returns its answer; one that may be lost is sent again as it is.
func (t transport) send(ctx context.Context, wire []byte, again bool) ([]byte, error) {
	for {
		one, cancel := ctx, context.CancelFunc(func() {})
		if again {
			one, cancel = context.WithTimeout(ctx, sendAgain)
		}
		answer, err := t.bus.Request(one, cluster.SubjectPlatform+t.machine, wire)
		waited := one.Err() != nil
		cancel()
		switch {
		case err == nil:
			return answer, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, cluster.ErrNoAnswer):
			return nil, fmt.Errorf("it is not connected to the engine")
		case !again || !waited:
			return nil, err
		}
	}
}

// opened returns the answer to a request.
func opened(wire []byte, req *http.Request) (*http.Response, error) {
	var from io.Reader = bytes.NewReader(wire)
	if bytes.HasPrefix(wire, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(from)
		if err != nil {
			return nil, fmt.Errorf("its answer cannot be read: %w", err)
		}
		from = io.LimitReader(unzipped, openedMost)
	}
	resp, err := http.ReadResponse(bufio.NewReader(from), req)
	if err != nil {
		return nil, fmt.Errorf("its answer cannot be read: %w", err)
	}
	return resp, nil
}
