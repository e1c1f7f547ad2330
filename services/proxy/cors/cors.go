package cors

import "net/http"

// Exposed are the headers of an answer that a page's script may read.
const Exposed = "Content-Length, Content-Range, ETag, X-Packager"

// Open is a header that lets the pages of all sites play, without their users'
// credentials. It belongs to the caller.
func Open() http.Header {
	return http.Header{
		"Access-Control-Allow-Origin":   {"*"},
		"Access-Control-Expose-Headers": {Exposed},
	}
}

// OpenTo lets the page that sent the request play, with its user's credentials too:
// shared answers are the same for every user.
func OpenTo(h http.Header, r *http.Request) {
	h.Set("Access-Control-Expose-Headers", Exposed)
	origin := r.Header.Get("Origin")
	if origin == "" {
		h.Set("Access-Control-Allow-Origin", "*")
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Add("Vary", "Origin")
}

// Preflight answers the request that a browser sends before one with a page's own
// headers.
func Preflight(h http.Header, r *http.Request) {
	OpenTo(h, r)
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
	h.Set("Access-Control-Max-Age", "86400")
	asked := r.Header.Get("Access-Control-Request-Headers")
	if asked == "" {
		asked = "Range, If-Range, If-None-Match, If-Modified-Since, Authorization"
	}
	h.Set("Access-Control-Allow-Headers", asked)
	h.Add("Vary", "Access-Control-Request-Headers")
}
