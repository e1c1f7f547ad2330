package fetch

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// maxRedirects is how many redirects of one request are followed.
const maxRedirects = 5

// answer is a packager's, behind the redirects that were followed. Its user calls
// one of close and refuse.
type answer struct {
	*http.Response
	from  *Upstream
	at    *url.URL // where it was found
	moved bool     // it was redirected there
	// leads is where a redirect leads to that was not followed, else nil.
	leads *url.URL
	// whole reports whether the transfer tells where it ends, so that nothing can be
	// cut off unseen (RFC 9112, 6.3).
	whole bool

	end  context.CancelFunc // ends the request
	stop func() bool        // so that the end of the caller's context does not
}

// send asks for a target and follows redirects within the packager and to hosts
// that are allowed. The answer may have any status.
func (u *Upstream) send(ctx context.Context, l *lane, method, target string, header http.Header) (*answer, error) {
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
		a.refuse()
		if hops == maxRedirects {
			return nil, ErrRedirects
		}
		if originOf(next) != originOf(at) {
			// What a player proves to one host is not another's to know.
			header = header.Clone()
			header.Del("Authorization")
			header.Del("Cookie")
		}
		at = next
	}
}

// ask sends one request.
func (u *Upstream) ask(ctx context.Context, l *lane, method string, at *url.URL, header http.Header) (*answer, error) {
	// The request outlives ctx by as long as it takes to drain a refused answer.
	asking, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, end)
	req, err := http.NewRequestWithContext(asking, method, at.String(), nil)
	if err == nil {
		for name, values := range header {
			req.Header[name] = values
		}
		var res *http.Response
		if res, err = l.client.Do(req); err == nil {
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

// redirect is where the answer leads to, nil for one that does not.
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

// place is the answer's host, empty for the packager's own, and its target there.
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

// failure is why the answer is no good, nil where its status is one of those that
// are wanted. It refuses the answer.
func (a *answer) failure(wanted ...int) error {
	for _, status := range wanted {
		if a.StatusCode == status {
			return nil
		}
	}
	body := a.refuse()
	if a.leads != nil {
		return &Redirect{Status: a.StatusCode, Location: a.leads.String()}
	}
	return &StatusError{Status: a.StatusCode, Header: a.Header, Body: body}
}

// refuse gives the connection back where the rest of the answer is short, and
// returns that rest.
func (a *answer) refuse() []byte {
	a.stop()
	return a.from.drain(a.Response, a.end)
}

// close ends the answer, wherever it is.
func (a *answer) close() {
	a.Body.Close()
	a.stop()
	a.end()
}
