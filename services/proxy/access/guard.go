package access

import (
	"bytes"
	"net/http"
	"path"
	"strings"
	"time"

	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/kit/token"
	"livestream-tui/services/proxy/cors"
	"livestream-tui/services/proxy/uri"
)

// Player answers those who may play.
type Player interface {
	http.Handler
	Answer(target []byte) *fastpath.Response
	Hear(target []byte, values [][]byte)
}

// Guard is a Player that answers only requests with a token for their signal. Safe for
// concurrent use.
type Guard struct {
	keys     token.Keys
	next     Player
	refusals map[error]*fastpath.Response
}

var _ Player = (*Guard)(nil)

// New returns a guard of next. There must be a key.
func New(keys token.Keys, next Player) *Guard {
	g := &Guard{keys: keys, next: next, refusals: map[error]*fastpath.Response{}}
	for _, why := range []error{errNone, token.ErrInvalid, token.ErrExpired} {
		h := cors.Open()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "no-store")
		g.refusals[why] = fastpath.NewRefusal(http.StatusForbidden, h, []byte("{\n  \"error\": \""+why.Error()+"\"\n}\n"))
	}
	return g
}

// Answer answers as next does, and refuses at the same cost. It leaves to ServeHTTP what
// may be one of the proxy's own routes, or is to get a cookie.
func (g *Guard) Answer(target []byte) *fastpath.Response {
	signal, ok := place(target)
	if !ok {
		return nil
	}
	asked, has := cut(target)
	if has == nil && bytes.Contains(target, cookieArgument) {
		return nil
	}
	if has == nil {
		return g.refusals[errNone]
	}
	if why := g.keys.Check(has, signal, time.Now()); why != nil {
		return g.refusals[why]
	}
	res := g.next.Answer(asked)
	if res == nil {
		return nil
	}
	template := res.Once(func(r *fastpath.Response) []byte { return templateOf(r, string(asked)) })
	if template == nil {
		return res
	}
	return res.Varied(fill(template, has), tagOf(has))
}

// AnswerCookie is Answer for a request whose Cookie field has that value. A player with
// other cookies is left to ServeHTTP, and so is one with a token in the query too.
func (g *Guard) AnswerCookie(target, cookie []byte) *fastpath.Response {
	signal, ok := place(target)
	has, is := bytes.CutPrefix(cookie, cookieName)
	if !ok || !is || bytes.IndexByte(has, ';') >= 0 || bytes.Contains(target, []byte(token.Argument)) {
		return nil
	}
	if why := g.keys.Check(has, signal, time.Now()); why != nil {
		return g.refusals[why]
	}
	return g.next.Answer(target)
}

// Hear passes a report on. Its request was answered, so it had a token.
func (g *Guard) Hear(target []byte, values [][]byte) {
	asked, _ := cut(target)
	g.next.Hear(asked, values)
}

// place is the signal of a target; false when its path has to be resolved first, or may be
// one of the proxy's own routes: the page's, or one at the top.
func place(target []byte) (signal []byte, ok bool) {
	p, _, _ := bytes.Cut(target, []byte("?"))
	for i, c := range p {
		switch c {
		case '%', '\\', ';', '#':
			return nil, false
		case '.', '/':
			if i > 0 && p[i-1] == '/' {
				return nil, false
			}
		}
	}
	signal, _, below := bytes.Cut(p[1:], []byte("/"))
	return signal, below && string(signal) != "watch" && string(signal) != "embed"
}

// cut takes the token out of the query of a target; token is nil when it has none.
func cut(target []byte) (rest, has []byte) {
	q := bytes.IndexByte(target, '?')
	if q < 0 {
		return target, nil
	}
	from := q + 1
	for from < len(target) {
		end := len(target)
		if n := bytes.IndexByte(target[from:], '&'); n >= 0 {
			end = from + n
		}
		if value, is := bytes.CutPrefix(target[from:end], argument); is {
			if end < len(target) { // other arguments follow
				rest = make([]byte, 0, len(target))
				rest = append(append(rest, target[:from]...), target[end+1:]...)
			} else {
				rest = target[:from-1] // the ? or the & before it goes too
			}
			return rest, value
		}
		from = end + 1
	}
	return target, nil
}

var argument, cookieArgument, cookieName = []byte(token.Argument + "="), []byte(token.CookieArgument + "="), []byte(token.Cookie + "=")

// signalOf is the signal of a key; false when a packager could resolve the key to another.
func signalOf(key string) (string, bool) {
	signal := uri.Signal(key)
	name := strings.NewReplacer("%2F", "/", "%5C", "/", `\`, "/", "%2E", ".").Replace(uri.Name(key))
	resolvable := uri.Signal(path.Clean(name)) != signal || strings.Contains(name, "%25") || strings.Contains(name, "..;")
	return signal, signal != "" && !resolvable
}
