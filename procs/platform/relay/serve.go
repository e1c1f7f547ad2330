package relay

import (
	"context"
	"fmt"
	"io"
	"net"
)

// greeting is the line by which the far end says that it is connected. What comes before it
// is of a login shell.
const greeting = "livestream-tui relay 1"

// halfCloser is a connection whose writing side can be closed alone.
type halfCloser interface {
	net.Conn
	CloseWrite() error
}

// Serve connects to the socket at path, and carries what comes from in to it and its answers to
// out, until either ends or ctx is cancelled. The error says that there is no connection.
func Serve(ctx context.Context, path string, in io.Reader, out io.Writer) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })() // what waits returns
	if _, err := fmt.Fprintln(out, greeting); err != nil {
		return err
	}
	go func() { // it ends with the program: a read of standard input cannot be cancelled
		_, _ = io.Copy(c, in) // the end of either is the end
		if half, is := c.(halfCloser); is {
			_ = half.CloseWrite()
		}
	}()
	_, _ = io.Copy(out, c) // as above
	return nil
}
