package upstream

import (
	"context"
	"io"
	"net/http"
	"sync"
)

// Do sends a request on the players' connections. It follows redirects within the
// packager and to allowed hosts; any other redirect is returned with an absolute
// Location. The caller must close the body. The error is ErrBusy when too many such
// requests are under way.
func (u *Upstream) Do(ctx context.Context, method, target string, header http.Header) (*http.Response, error) {
	release := take(u.forwarding)
	if release == nil {
		return nil, ErrBusy
	}
	a, err := u.Send(ctx, Players, method, target, header)
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

// forwarded is a body that gives back what its request took, once it is closed.
type forwarded struct {
	io.ReadCloser
	end func()
}

// Close closes the body and ends the request.
func (f *forwarded) Close() error {
	err := f.ReadCloser.Close()
	f.end()
	return err
}
