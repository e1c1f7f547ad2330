package text

import (
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"syscall"
)

// MaxReason is the longest text in bytes that Short leaves whole: part of it may
// come from a packager, and a reason is shown on one line.
const MaxReason = 200

// Cause returns why a request failed, in words for an operator and without the address,
// which the reader already knows.
func Cause(err error) string {
	var timeout net.Error
	var wrapped *url.Error
	var sys *os.SyscallError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "connection reset"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "broke off in mid-body"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.As(err, &sys):
		return sys.Err.Error()
	case errors.As(err, &wrapped):
		if errors.Is(wrapped.Err, io.EOF) {
			return "closed the connection without an answer"
		}
		err = wrapped.Err
	}
	return Short(err.Error())
}

// Short is Shown, cut to MaxReason.
func Short(s string) string {
	s = Shown(s)
	if len(s) <= MaxReason {
		return s
	}
	return Clean(s[:MaxReason]) + "..." // cleaned again: the cut may fall within a character
}
