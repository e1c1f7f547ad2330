package viewer

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/viewer/stationtest"
)

func TestSignals(t *testing.T) {
	for _, c := range []struct {
		name, first, second string // bodies; empty is dead
		want, err           string
	}{
		{"the first answers", `["a"]`, `["b"]`, "a", ""},
		{"the second answers", ``, `["b"]`, "b", ""},
		{"the first answers nonsense", `{"a":1}`, `["b"]`, "b", ""},
		{"none answers", ``, ``, "", "http://origin0: "},
		{"not a list", `7`, `7`, "", "bad list of signals"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := stationtest.NewWire()
				for i, body := range []string{c.first, c.second} {
					if body != "" {
						defer n.Serve("origin"+strconv.Itoa(i), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))()
					}
				}
				client := n.Client()
				defer client.CloseIdleConnections()
				got, err := signals(t.Context(), client, []string{"http://origin0", "http://origin1"})
				if strings.Join(got, ",") != c.want || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, %v, want %q, %q", got, err, c.want, c.err)
				}
			})
		})
	}
}

func FuzzSignals(f *testing.F) {
	f.Add([]byte(`["live01"]`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, b []byte) {
		names, err := parseSignals(b)
		if err != nil {
			return
		}
		r := newRoster(nil, time.Minute)
		r.heard(names, func(string) bool { return false }, time.Now())
		if got := r.names(); len(got) > len(names) {
			t.Errorf("got %q of %q", got, names)
		}
	})
}
