package fakenet

import (
	"fmt"
	"net/http"
	"sync/atomic"

	"livestream-tui/services/proxy/upstream"
)

// Servers are packagers on a network of their own, named server1, server2 and so on.
type Servers struct {
	Net       *Net
	Upstreams []*upstream.Upstream
	Asked     []atomic.Int64 // requests, by server
	ends      []func()
}

// NewServers starts a server for each handler; a server with a nil handler is down.
func NewServers(handlers ...http.HandlerFunc) *Servers {
	s := &Servers{Net: NewNet(), Asked: make([]atomic.Int64, len(handlers))}
	for i, h := range handlers {
		name := fmt.Sprintf("server%d", i+1)
		s.Upstreams = append(s.Upstreams, upstream.New("http://"+name, upstream.Options{Dial: s.Net.Dial}))
		if h != nil {
			s.AtEnd(s.Net.Serve(name, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				s.Asked[i].Add(1)
				h(w, r)
			})))
		}
	}
	return s
}

// AtEnd adds a function for End to call.
func (s *Servers) AtEnd(f func()) { s.ends = append(s.ends, f) }

// End closes all connections and kills the servers.
func (s *Servers) End() {
	for _, u := range s.Upstreams {
		u.Close()
	}
	for _, end := range s.ends {
		end()
	}
}

// Sources are all servers, in their order.
func (s *Servers) Sources(target string) []upstream.Source {
	var list []upstream.Source
	for _, u := range s.Upstreams {
		list = append(list, upstream.Source{From: u, Target: target})
	}
	return list
}
