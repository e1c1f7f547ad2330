package fastpath

import (
	"bytes"
	"slices"
	"sync"
	"testing"
)

// What a player reports in its header costs it nothing, and is told with the target.
func TestReportsInTheHeaderAreHeard(t *testing.T) {
	var mu sync.Mutex
	var heard []string
	s := serveAll(t, listen(t), func(l *Listener) {
		l.Hear(func(target []byte, values [][]byte) {
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, string(target)+" "+string(bytes.Join(values, []byte("|"))))
		})
	})
	p := s.dial()
	p.send(plainGET("/small", "CMCD-Session: sid=\"a\"", "Accept: */*", "cmcd-STATUS:  bs "))
	_, _ = p.answer()
	p.send(plainGET("/small", "CMCDx: 1", "CM: 2", "Cookies: 3"))
	_, _ = p.answer()
	p.send(plainGET("/other", "CMCD-Session: sid=\"b\"")) // the http.Server hears this one itself
	_, _ = p.answer()
	mu.Lock()
	defer mu.Unlock()
	if want := []string{`/small sid="a"|bs`}; !slices.Equal(heard, want) {
		t.Errorf("got %q, want %q", heard, want)
	}
	if n := s.byServer.Load(); n != 1 {
		t.Errorf("got %d requests at the http.Server, want 1", n)
	}
}
