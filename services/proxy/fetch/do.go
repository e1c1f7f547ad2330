package fetch

import (
	"context"
	"io"
	"net/http"
	"sync"
)

// Do sends a request on the connections for players' requests, and follows redirects
// within the packager and to hosts that are allowed; one that leads elsewhere is
// returned, its Location absolute. The body must be closed. ErrBusy: too many of them
// are under way.
func (u *Upstream) Do(ctx context.Context, method, target string, header http.Header) (*http.Response, error) {
	release := take(u.forwarding)
	if release == nil {
		return nil, ErrBusy
	}
	a, err := u.send(ctx, &u.lanes[LanePlayers], method, target, header)
	if err != nil {
		release()
		return nil, err
	}
	if a.leads != nil {
		a.Header.Set("Location", a.leads.String())
	}
	a.Body = &forwarded{a.Body, sync.OnceFunc(func() {
		a.stop()
		a.end()
		release()
	})}
	return a.Response, nil
}

// forwarded is a body that gives back what its request took.
type forwarded struct {
	io.ReadCloser
	end func()
}

// Close closes the body and ends its request.
func (f *forwarded) Close() error {
	err := f.ReadCloser.Close()
	f.end()
	return err
}
