package fetch

import (
	"errors"
	"fmt"
	"io"
	"time"

	"livestream-tui/services/proxy/verdict"
)

const (
	readSize = 64 << 10
	// exactMost is the size up to which the memory of a body is taken at once, so that
	// nothing is copied. A longer body may be promised and never come: its memory grows
	// up to this size and is taken whole then, so that little is left to the garbage
	// collector.
	exactMost = 8 << 20
	firstStep = 1 << 20
)

// errOverrun: the body was too large, and its size had not been announced.
var errOverrun = fmt.Errorf("%w, and its size was not announced", ErrTooLarge)

// receive reads the wanted part of a body.
func (a *attempt) receive(body io.Reader, o overlap, kick chan<- struct{}) error {
	buf, err := a.room(nil, o)
	if err != nil {
		return err
	}
	buf = append(buf, o.head...)
	if len(o.head) > 0 {
		a.mu.Lock()
		a.state.buf, a.state.head = buf, len(buf)
		a.mu.Unlock()
	}
	for {
		if o.size >= 0 && int64(len(buf)) == o.size {
			return a.finish(body, o)
		}
		if len(buf) == cap(buf) {
			if buf, err = a.room(buf, o); err != nil {
				return err
			}
		}
		n, err := body.Read(buf[len(buf):min(cap(buf), len(buf)+readSize)])
		buf = buf[:len(buf)+n]
		if int64(len(buf)) > a.most() {
			return errOverrun
		}
		if n > 0 {
			if len(buf) <= verdict.SniffedBytes || len(buf)-n == 0 {
				if err := a.want.Refused(buf); err != nil {
					return err
				}
			}
			a.mu.Lock()
			a.state.buf, a.state.last = buf, time.Now()
			a.mu.Unlock()
			signal(kick)
		}
		switch {
		case errors.Is(err, io.EOF) && o.size >= 0 && int64(len(buf)) < o.size:
			return io.ErrUnexpectedEOF
		case errors.Is(err, io.EOF):
			a.trim(buf)
			return nil
		case err != nil:
			return err
		}
	}
}

// trim releases the memory that a body of unknown length did not need.
func (a *attempt) trim(buf []byte) {
	n := int64(len(buf))
	if int64(cap(buf))-n <= n/4 || a.take(n) != nil {
		return
	}
	trimmed := make([]byte, n)
	copy(trimmed, buf)
	a.mu.Lock()
	a.state.buf = trimmed
	a.mu.Unlock()
	a.give(int64(cap(buf)))
}

// room is a longer buffer with the same bytes, charged to the object. It is exact when
// the size is known and credible, else it grows with what has come.
func (a *attempt) room(buf []byte, o overlap) ([]byte, error) {
	n := 2 * int64(cap(buf))
	switch {
	case n == 0 && o.size >= 0 && o.size <= exactMost:
		n = o.size
	case n == 0 && o.size >= 0:
		n = max(firstStep, int64(len(o.head)))
	case n == 0:
		n = readSize
	case o.size >= 0 && n > exactMost:
		n = o.size
	}
	if o.size >= 0 {
		n = min(n, o.size)
	}
	n = min(n, a.most()+1)
	if err := a.take(n); err != nil {
		return nil, err
	}
	grown := make([]byte, len(buf), n)
	copy(grown, buf)
	if buf != nil {
		a.give(int64(cap(buf)))
	}
	return grown, nil
}

// finish checks that the body ends after its announced length.
func (a *attempt) finish(body io.Reader, o overlap) error {
	if o.part {
		return nil
	}
	var one [1]byte
	switch n, err := body.Read(one[:]); {
	case n > 0:
		return fmt.Errorf("more than the announced %d bytes", o.size)
	case err != nil && !errors.Is(err, io.EOF):
		return err
	}
	return nil
}
