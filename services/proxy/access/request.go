package access

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/token"
	"livestream-tui/services/proxy/cors"
	"livestream-tui/services/proxy/uri"
)

// errNone is the reason when a request has no token.
var errNone = noneError{}

type noneError struct{}

func (noneError) Error() string { return "a playback token is needed" }

// credentials are the tokens of a request.
type credentials struct {
	query  []string // of the query
	cookie []string // of cookies
	keep   []string // that are to become a cookie
}

// ServeHTTP answers those who may play.
func (g *Guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r, from := without(r)
	if r.Method == http.MethodOptions {
		g.next.ServeHTTP(w, r) // a preflight has no cookie, and shows nothing
		return
	}
	key, err := uri.Key(r.RequestURI, nil)
	if err != nil {
		cors.OpenTo(w.Header(), r)
		service.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	signal, ok := signalOf(key)
	has, why := g.check(from, signal, ok)
	if why != nil {
		cors.OpenTo(w.Header(), r)
		service.WriteError(w, http.StatusForbidden, why.Error())
		return
	}
	switch {
	case len(from.query) > 0:
		to := newPersonal(w, r, key, has)
		g.next.ServeHTTP(to, to.request(r))
		to.finish()
	case len(from.keep) > 0:
		setCookie(w, r, signal, has)
		w.Header().Set("Cache-Control", "no-store") // no other player may get the cookie
		g.next.ServeHTTP(w, r)
	default:
		g.next.ServeHTTP(w, r)
	}
}

// Invite gives a browser that comes to a page of a signal with a token in the query a
// cookie, so that the page plays without one in each URL.
func (g *Guard) Invite(w http.ResponseWriter, r *http.Request, signal string) {
	_, from := without(r)
	from.cookie = nil
	if has, why := g.check(from, signal, true); why == nil {
		setCookie(w, r, signal, has)
	}
}

// Permit returns what says why a request without a path of its signal, such as one with
// events of players, has no good token for a signal. The error is that it has none at all.
func (g *Guard) Permit(r *http.Request) (func(signal string) error, error) {
	_, from := without(r)
	if len(from.query) == 0 && len(from.keep) == 0 && len(from.cookie) == 0 {
		return nil, errNone
	}
	return func(signal string) error {
		_, why := g.check(from, signal, true)
		return why
	}, nil
}

// check returns the token that lets a request play, or why none does. Tokens in the query
// come before cookies, which may be older.
func (g *Guard) check(from credentials, signal string, ok bool) (string, error) {
	list := from.query
	if len(list) == 0 {
		list = append(from.keep, from.cookie...)
	}
	var why error = errNone
	for _, one := range list {
		if why = token.ErrInvalid; ok {
			why = g.keys.Check([]byte(one), []byte(signal), time.Now())
		}
		if why == nil {
			return one, nil
		}
	}
	return "", why
}

// without returns a request without its tokens, and the tokens.
func without(r *http.Request) (*http.Request, credentials) {
	var from credentials
	next := *r
	next.URL = new(url.URL)
	*next.URL = *r.URL
	next.URL.RawQuery = from.cut(r.URL.RawQuery)
	if target, query, has := strings.Cut(r.RequestURI, "?"); has {
		if query = from.cut(query); query != "" {
			target += "?" + query
		}
		next.RequestURI = target
	}
	if next.RequestURI == "" {
		next.RequestURI = next.URL.RequestURI()
	}
	if len(r.Header["Cookie"]) > 0 {
		next.Header = r.Header.Clone()
		from.cutCookies(next.Header)
	}
	return &next, from
}

// cut takes the tokens out of a query.
func (c *credentials) cut(query string) string {
	if !strings.Contains(query, token.Argument) {
		return query
	}
	c.query, c.keep = nil, nil
	kept := make([]string, 0, 4)
	for argument := range strings.SplitSeq(query, "&") {
		switch name, value, _ := strings.Cut(argument, "="); name {
		case token.Argument:
			c.query = append(c.query, value)
		case token.CookieArgument:
			c.keep = append(c.keep, value)
		default:
			kept = append(kept, argument)
		}
	}
	return strings.Join(kept, "&")
}

// cutCookies takes the tokens out of the cookies: without any others left, a request is
// nobody's own.
func (c *credentials) cutCookies(h http.Header) {
	var kept []string
	for _, line := range h["Cookie"] {
		for one := range strings.SplitSeq(line, ";") {
			one = strings.TrimSpace(one)
			if value, is := strings.CutPrefix(one, token.Cookie+"="); is {
				c.cookie = append(c.cookie, value)
			} else if one != "" {
				kept = append(kept, one)
			}
		}
	}
	h.Del("Cookie")
	if len(kept) > 0 {
		h.Set("Cookie", strings.Join(kept, "; "))
	}
}

// setCookie gives the browser a token for everything below a signal. Over TLS the cookie
// works in the pages of other sites too, where a browser lets it.
func setCookie(w http.ResponseWriter, r *http.Request, signal, has string) {
	at, _ := token.Expiry(has)
	c := token.Cookie + "=" + has + "; Path=/" + signal + "/; Max-Age=" + strconv.FormatInt(int64(time.Until(at).Seconds()), 10) + "; HttpOnly"
	if r.TLS != nil {
		c += "; Secure; SameSite=None"
	} else {
		c += "; SameSite=Lax"
	}
	w.Header().Add("Set-Cookie", c)
}
