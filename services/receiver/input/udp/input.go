package udp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/net/ipv4"

	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/input/mpegts"
)

const (
	// silenceMost is how long a source may send nothing.
	silenceMost = 2 * time.Second
	// takeover is how long a source must have sent nothing before another one takes over at
	// once. Two that send at the same time do not take turns.
	takeover = 200 * time.Millisecond
	// bufferSize is how much may wait in the kernel: half a second of 60 Mbit/s.
	bufferSize = 4 << 20
	// retryEvery is the pause before an address that is taken is tried again.
	retryEvery = time.Second
	// figuresEvery is how often the figures of a connection are told, intruderEvery how often
	// another source is.
	figuresEvery, intruderEvery = time.Second, time.Minute
)

var (
	errSilent  = errors.New("nothing comes any more")
	errStopped = errors.New("the receiver takes this input no longer")
	errSource  = errors.New("another source has taken over")
)

// New returns an input that listens on an address, HOST:PORT. A multicast address is joined
// on every interface that can.
func New(address string) input.Input {
	return &listener{address, silenceMost, takeover}
}

// listener is the address, and the limits of its sources.
type listener struct {
	address           string
	silence, takeover time.Duration
}

// Run takes packets until ctx is cancelled.
func (l *listener) Run(ctx context.Context, sink input.Sink) error {
	address, err := net.ResolveUDPAddr("udp", l.address)
	if err != nil {
		return fmt.Errorf("UDP address %q: %w", l.address, err)
	}
	for ctx.Err() == nil {
		conn, err := listen(address)
		if err != nil {
			sink.Failed(fmt.Errorf("cannot listen at %s: %w", address, errors.Unwrap(err)))
			select {
			case <-ctx.Done():
			case <-time.After(retryEvery):
			}
			continue
		}
		l.serve(ctx, conn, sink)
	}
	return nil
}

// listen opens the socket of an address.
func listen(address *net.UDPAddr) (*net.UDPConn, error) {
	if !address.IP.IsMulticast() {
		conn, err := net.ListenUDP("udp", address)
		if err == nil {
			_ = conn.SetReadBuffer(bufferSize) // the kernel may allow less
		}
		return conn, err
	}
	conn, err := net.ListenMulticastUDP("udp", nil, address)
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(bufferSize)
	if address.IP.To4() == nil {
		return conn, nil
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return conn, nil // the system has chosen one
	}
	group := ipv4.NewPacketConn(conn)
	for _, i := range interfaces {
		if i.Flags&net.FlagUp != 0 && (i.Flags&net.FlagMulticast != 0 || i.Flags&net.FlagLoopback != 0) {
			_ = group.JoinGroup(&i, &net.UDPAddr{IP: address.IP}) // it may be joined already
		}
	}
	return conn, nil
}

// source is what sends.
type source struct {
	from       netip.AddrPort
	connection input.Connection
	reader     *mpegts.Reader
	last       time.Time // when its last packet came
	told       time.Time // when its figures were told
}

func (s *source) close(why error) {
	s.reader.Close()
	s.connection.Close(why)
}

// serve reads a socket until ctx is cancelled or the socket fails. It closes it.
func (l *listener) serve(ctx context.Context, conn *net.UDPConn, sink input.Sink) {
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now()) })()
	var current *source
	var intruder time.Time // when one was told
	b := make([]byte, 64<<10)
	for {
		deadline := time.Now().Add(l.silence)
		if current != nil {
			deadline = current.last.Add(l.silence)
		}
		_ = conn.SetReadDeadline(deadline) // what fails shows at the read
		if ctx.Err() != nil {
			_ = conn.SetReadDeadline(time.Now()) // the one that AfterFunc set may be undone
		}
		n, from, err := conn.ReadFromUDPAddrPort(b)
		now := time.Now()
		switch {
		case ctx.Err() != nil:
			if current != nil {
				current.close(errStopped)
			}
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			if current != nil && now.Sub(current.last) >= l.silence {
				current.close(errSilent)
				current = nil
			}
			continue
		case err != nil:
			if current != nil {
				current.close(err)
			}
			sink.Failed(err)
			return
		}
		packets := payload(b[:n])
		if packets == nil {
			continue
		}
		if current != nil && current.from != from {
			if now.Sub(current.last) < l.takeover {
				if now.Sub(intruder) >= intruderEvery {
					intruder = now
					sink.Failed(fmt.Errorf("%s sends to this address too, and is ignored", from))
				}
				continue
			}
			current.close(errSource)
			current = nil
		}
		if current == nil {
			c := sink.Open(input.About{Remote: from.String()})
			current = &source{from: from, connection: c, reader: mpegts.New(c, sink.Failed), told: now}
		}
		current.last = now
		_, _ = current.reader.Write(packets) // it takes everything
		if now.Sub(current.told) >= figuresEvery {
			current.told = now
			current.connection.Link(input.Link{Lost: current.reader.Lost()})
		}
	}
}

// payload are the packets of MPEG-TS in a datagram, behind the header of RTP where it has one
// (RFC 3550, 5.1); nil when there are none.
func payload(b []byte) []byte {
	const sync = 0x47
	if len(b) > 0 && b[0] == sync {
		return b
	}
	if len(b) < 12 || b[0]>>6 != 2 {
		return nil
	}
	at := 12 + 4*int(b[0]&0xf)
	if b[0]&0x10 != 0 { // an extension
		if len(b) < at+4 {
			return nil
		}
		at += 4 + 4*(int(b[at+2])<<8|int(b[at+3]))
	}
	if at >= len(b) || b[at] != sync {
		return nil
	}
	return b[at:]
}
