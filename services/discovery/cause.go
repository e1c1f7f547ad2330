package discovery

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"syscall"

	"livestream-tui/services/report"
)

// maxReason is the longest text in bytes that is reported: part of it may come
// from a packager, and a reason is read in one line.
const maxReason = 200

// cause is why a request failed in words for an operator, without the address,
// which whoever reads it knows.
func cause(err error) string {
	var timeout net.Error
	var wrapped *url.Error
	var sys *os.SyscallError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("no answer within %s", requestTimeout)
	case errors.As(err, &sys):
		return sys.Err.Error()
	case errors.As(err, &wrapped):
		return shorten(wrapped.Err.Error())
	}
	return shorten(err.Error())
}

// shorten makes foreign text short and fit for a terminal.
func shorten(s string) string {
	s = report.Clean(s)
	if len(s) <= maxReason {
		return s
	}
	return report.Clean(s[:maxReason]) + "..." // cleaned again: the cut may fall within a character
}
