package upstream

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// maxRedirects is how many redirects of one request are followed.
const maxRedirects = 5

// Answer is a packager's answer, after the redirects that were followed. The caller must
// call either Close or Refuse.
type answer struct {
	*http.Response
	from  *Upstream
	at    *url.URL // where it was found
	moved bool     // it was redirected there
	// Leads is where a redirect leads that was not followed, else nil.
	leads *url.URL
	// whole reports whether the transfer marks its end, so that a cut is always noticed
	// (RFC 9112, 6.3).
	whole bool

	end  context.CancelFunc // ends the request
	stop func() bool        // detaches end from the caller's context
}

// Send asks for a target and follows redirects within the packager and to hosts
// that are allowed. The answer may have any status.
func (u *Upstream) Send(ctx context.Context, l Lane, method, target string, header http.Header) (*answer, error) {
	at, err := url.Parse(strings.TrimSuffix(u.base, "/") + target)
	if err != nil {
		return nil, err
	}
	for hops := 0; ; hops++ {
		a, err := u.ask(ctx, l, method, at, header)
		if err != nil {
			return nil, err
		}
		a.moved = hops > 0
		next := a.redirect()
		if next == nil {
			return a, nil
		}
		if !u.allowed(next) {
			a.leads = next
			return a, nil
		}
		a.Refuse()
		if hops == maxRedirects {
			return nil, ErrRedirects
		}
		if originOf(next) != originOf(at) {
			// What a player proves to one host must not reach another one.
			header = header.Clone()
			header.Del("Authorization")
			header.Del("Cookie")
		}
		at = next
	}
}

// ask sends one request.
func (u *Upstream) ask(ctx context.Context, l Lane, method string, at *url.URL, header http.Header) (*answer, error) {
	// The request outlives ctx by as long as it takes to drain a refused answer.
	asking, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, end)
	req, err := http.NewRequestWithContext(asking, method, at.String(), nil)
	if err == nil {
		for name, values := range header {
			req.Header[name] = values
		}
		var res *http.Response
		if res, err = u.lanes[l].client.Do(req); err == nil {
			return &answer{Response: res, from: u, at: at, end: end, stop: stop, whole: bounded(res)}, nil
		}
	}
	stop()
	end()
	if ctx.Err() != nil {
		err = &url.Error{Op: method, URL: at.String(), Err: ctx.Err()}
	}
	return nil, err
}

func bounded(res *http.Response) bool {
	return res.ContentLength >= 0 || res.ProtoMajor > 1 || len(res.TransferEncoding) > 0
}

// redirect is where the answer leads, nil when it is no redirect.
func (a *answer) redirect() *url.URL {
	switch a.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil
	}
	text := a.Header.Get("Location")
	if text == "" {
		return nil
	}
	next, err := a.at.Parse(text)
	if err != nil {
		return nil
	}
	next.User, next.Fragment, next.RawFragment = nil, "", ""
	return next
}

func (u *Upstream) allowed(at *url.URL) bool {
	if at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		return false
	}
	return originOf(at) == u.own || u.follow != nil && u.follow(at.Host)
}

// place is the host of the answer, empty for the packager's own, and its target there.
func (a *answer) place(asked string) (host, target string) {
	if !a.moved {
		return "", asked
	}
	if originOf(a.at) == a.from.own {
		path, below := strings.CutPrefix(a.at.EscapedPath(), a.from.prefix)
		if below && strings.HasPrefix(path, "/") {
			return "", path + queryOf(a.at)
		}
	}
	return a.at.Scheme + "://" + a.at.Host, a.at.EscapedPath() + queryOf(a.at)
}

func queryOf(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	return "?" + u.RawQuery
}

// Failure is the reason that the answer cannot be used, nil when its status is one of the
// wanted ones. It refuses the answer.
func (a *answer) Failure(wanted ...int) error {
	for _, status := range wanted {
		if a.StatusCode == status {
			return nil
		}
	}
	body := a.Refuse()
	if a.leads != nil {
		return &Redirect{Status: a.StatusCode, Location: a.leads.String()}
	}
	return &StatusError{Status: a.StatusCode, Header: a.Header, Body: body}
}

// Refuse frees the connection for another request when the rest of the body is short, and
// returns that rest.
func (a *answer) Refuse() []byte {
	a.stop()
	return a.from.drain(a.Response, a.end)
}

// Close ends the answer at any point of its body.
func (a *answer) Close() {
	a.Body.Close()
	a.stop()
	a.end()
}
