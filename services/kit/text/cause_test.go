package text

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestCause(t *testing.T) {
	get := func(err error) error { return &url.Error{Op: "Get", URL: "http://localhost:8080/", Err: err} }
	dial := func(err error) error {
		return get(&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)})
	}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"nobody listens", dial(syscall.ECONNREFUSED), "connection refused"},
		{"reset", dial(syscall.ECONNRESET), "connection reset"},
		{"no way there", dial(syscall.ENETUNREACH), "network is unreachable"},
		{"half a body", fmt.Errorf("body: %w", io.ErrUnexpectedEOF), "broke off in mid-body"},
		{"no answer", get(context.DeadlineExceeded), "no answer in time"},
		{"closed at once", get(io.EOF), "closed the connection without an answer"},
		{"another, without the address", get(errors.New("malformed HTTP response")), "malformed HTTP response"},
		{"foreign words are cleaned", errors.New("status 500: \x1b[2Jlong"), "status 500: long"},
		{"foreign words are cut", errors.New(strings.Repeat("a", MaxReason+1)), strings.Repeat("a", MaxReason) + "..."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Cause(c.err); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
