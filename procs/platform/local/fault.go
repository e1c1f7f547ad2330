package local

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/httpx"
)

const (
	// faultTimeout is how long a process may take to set its fault switch.
	faultTimeout = 2 * time.Second
	// faultMost is how many bytes of the answer are read.
	faultMost = 64 << 10
)

// setFault sets the fault switch of a process's current incarnation, over the process's own
// socket.
func (l *Local) setFault(ctx context.Context, process string, f platform.Fault) error {
	s := l.Now()
	p, ok := s.Process(process)
	switch {
	case !ok:
		return fmt.Errorf("no process %q: allowed are %v", process, s.Names(platform.SetFault))
	case p.Socket == "":
		return fmt.Errorf("%s is not running (%s): no fault can be set", process, p.State)
	}
	body, err := json.Marshal(f)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://service/fault", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	client := httpx.New(httpx.Options{Timeout: faultTimeout, Dial: httpx.Socket(p.Socket)})
	defer client.CloseIdleConnections()
	a, err := httpx.Do(client, req, faultMost)
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("fault switch of %s: %w", process, cause(err))
	case a.Status == http.StatusNotFound, a.Status == http.StatusMethodNotAllowed:
		return fmt.Errorf("%s has no fault switch: its role is %s", process, p.Role)
	case a.Status == http.StatusOK:
		return nil
	}
	return fmt.Errorf("fault switch of %s: %w", process, refusal(a))
}
