// Command plainproxy is what people put in front of two servers: Go's
// httputil.ReverseProxy, to PACKAGERS, on PROXY_PORT. It is the test double that
// the drill must find at fault.
//
//	plainproxy roundrobin   each request to the next packager
//	plainproxy failover     each to the first that a connection can be made to
package main

import (
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
)

func main() {
	var packagers []*url.URL
	for _, s := range strings.Split(os.Getenv("PACKAGERS"), ",") {
		u, err := url.Parse(s)
		if err != nil {
			log.Fatal(err)
		}
		packagers = append(packagers, u)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 100
	proxy := &httputil.ReverseProxy{Transport: transport}
	switch mode := os.Args[1]; mode {
	case "roundrobin":
		var n atomic.Int64
		proxy.Rewrite = func(r *httputil.ProxyRequest) { r.SetURL(packagers[int(n.Add(1))%len(packagers)]) }
	case "failover":
		proxy.Rewrite = func(r *httputil.ProxyRequest) { r.SetURL(packagers[0]) }
		proxy.Transport = failover{transport, packagers}
	default:
		log.Fatalf("mode %q: allowed are roundrobin and failover", mode)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PROXY_PORT"), proxy))
}

// failover asks the next packager when one does not answer.
type failover struct {
	http.RoundTripper
	packagers []*url.URL
}

// RoundTrip implements http.RoundTripper.
func (f failover) RoundTrip(r *http.Request) (res *http.Response, err error) {
	for _, p := range f.packagers {
		r.URL.Host = p.Host
		if res, err = f.RoundTripper.RoundTrip(r); err == nil || r.Context().Err() != nil {
			break
		}
	}
	return res, err
}
