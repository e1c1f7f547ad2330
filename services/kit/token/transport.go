package token

import (
	"net/http"
	"strings"
	"time"
)

// lasts is how long a token of a Sign's lasts: one is made for each request.
const lasts = time.Minute

// Sign makes the client play from the proxy at front, a base URL, as the platform itself
// does. Each request there gets a token of its own, in a cookie: so no URL that is logged
// holds it. Without keys it does nothing.
func Sign(c *http.Client, keys Keys, front string) {
	if len(keys) > 0 {
		c.Transport = signing{c.Transport, keys, front}
	}
}

type signing struct {
	http.RoundTripper
	keys  Keys
	front string
}

// RoundTrip implements http.RoundTripper.
func (s signing) RoundTrip(r *http.Request) (*http.Response, error) {
	path, ours := strings.CutPrefix(r.URL.Scheme+"://"+r.URL.Host+r.URL.Path, s.front+"/")
	if signal, _, below := strings.Cut(path, "/"); ours && below {
		r = r.Clone(r.Context())
		r.AddCookie(&http.Cookie{Name: Cookie, Value: s.keys.Sign(signal, time.Now().Add(lasts))})
	}
	return s.RoundTripper.RoundTrip(r)
}

// CloseIdleConnections is for http.Client.
func (s signing) CloseIdleConnections() {
	(&http.Client{Transport: s.RoundTripper}).CloseIdleConnections()
}
