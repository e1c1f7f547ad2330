package proxy

import "net/http"

// openToAll lets the page of any site play (CORS).
var openToAll = http.Header{
	"Access-Control-Allow-Origin":   {"*"},
	"Access-Control-Expose-Headers": {"Content-Length, Content-Range, ETag, X-Packager"},
}

// open lets the page that a request comes from play, with its user's credentials too:
// what is shared is the same for everybody, whoever asks.
func open(h http.Header, r *http.Request) {
	h.Set("Access-Control-Expose-Headers", openToAll.Get("Access-Control-Expose-Headers"))
	origin := r.Header.Get("Origin")
	if origin == "" {
		h.Set("Access-Control-Allow-Origin", "*")
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Add("Vary", "Origin")
}

// preflight answers what a browser asks before it sends headers of a page's own.
func preflight(h http.Header, r *http.Request) {
	open(h, r)
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
	h.Set("Access-Control-Max-Age", "86400")
	asked := r.Header.Get("Access-Control-Request-Headers")
	if asked == "" {
		asked = "Range, If-Range, If-None-Match, If-Modified-Since, Authorization"
	}
	h.Set("Access-Control-Allow-Headers", asked)
	h.Add("Vary", "Access-Control-Request-Headers")
}

// merge adds the headers that are not set yet.
func merge(to, from http.Header) {
	for name, values := range from {
		switch _, has := to[name]; {
		case !has:
			to[name] = values
		case name == "Vary":
			for _, v := range values {
				to.Add(name, v)
			}
		}
	}
}
