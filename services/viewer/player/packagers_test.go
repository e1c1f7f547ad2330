package player

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/viewer/rules"
	"livestream-tui/services/viewer/stationtest"
)

func TestDiffer(t *testing.T) {
	holds := func(body, tag string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", tag)
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			if r.Method == http.MethodGet {
				_, _ = w.Write([]byte(body))
			}
		}
	}
	fails := http.NotFound
	stopped := func(_ http.ResponseWriter, r *http.Request) { stationtest.Hang(r, time.Hour) }
	breaks := func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			stationtest.Cut(w, []byte("abcdef"))
		}
	}
	for _, c := range []struct {
		name     string
		one, two http.HandlerFunc // nil is a dead one
		differs  bool
	}{
		{"the same validator", holds("-", `"t"`), holds("other", `"o"`), false},
		{"another validator, the same bytes", holds("played", `"o"`), holds("played", `"p"`), false},
		{"no validator, the same bytes on the second", holds("other", ""), holds("played", ""), false},
		{"a weak validator says nothing", holds("other", `W/"t"`), holds("other", ""), true},
		{"other bytes on both", holds("other", `"o"`), holds("another", `"p"`), true},
		{"other bytes on one, the other one is dead", holds("other", `"o"`), nil, false},
		{"other bytes on one, the other one stands", holds("other", `"o"`), stopped, false},
		{"other bytes on one, the other one has it not", holds("other", `"o"`), fails, false},
		{"other bytes on one, the other one breaks off", holds("other", `"o"`), breaks, false},
		{"both are dead", nil, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := stationtest.NewWire()
				for i, h := range []http.HandlerFunc{c.one, c.two} {
					if h != nil {
						defer n.Serve("packager"+strconv.Itoa(i), h)()
					}
				}
				client := n.Client()
				defer client.CloseIdleConnections()
				p := Packagers{Front: "http://proxy", URLs: []string{"http://packager0", "http://packager1"}, Client: client}
				task := task{url: "http://proxy/live01/1.m4s", sum: sumOf([]byte("played")), tag: `"t"`}
				if c.name == "a weak validator says nothing" {
					task.tag = `W/"t"`
				}
				if got := p.differ(t.Context(), task); (got != "") != c.differs {
					t.Errorf("got %q, want a difference: %t", got, c.differs)
				}
				task.url = "http://elsewhere/live01/1.m4s"
				if got := p.differ(t.Context(), task); got != "" {
					t.Errorf("elsewhere: got %q, want nothing to be said", got)
				}
			})
		})
	}
}

func TestAPlaylistIsStaleOnlyWhileAPackagerHasMore(t *testing.T) {
	for _, c := range []struct {
		name   string
		behind func(*stationtest.Station) // changes the packagers; nil is dead ones
		want   int
	}{
		{"the packagers go on", func(*stationtest.Station) {}, 1},
		{"the packagers stand still as well", func(s *stationtest.Station) { s.OnList = standing(s) }, 0},
		{"the packagers fail", func(s *stationtest.Station) {
			s.OnRequest = func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
				w.WriteHeader(http.StatusBadGateway)
				return true
			}
		}, 0},
		{"the packagers are gone", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := stationtest.NewWire()
				front := stationtest.New()
				front.Window, front.Began = 8, time.Now()
				front.OnList = standing(front)
				defer n.Serve("proxy", front)()
				behind := stationtest.New()
				behind.Window, behind.Began = front.Window, front.Began
				if c.behind != nil {
					c.behind(behind)
					defer n.Serve("packager", behind)()
				}
				client := n.Client()
				defer client.CloseIdleConnections()
				o := Options{Packagers: &Packagers{Front: "http://proxy", URLs: []string{"http://packager"}, Client: client}}
				r := play(t, n, o, func(*Player) { time.Sleep(30 * time.Second) })
				if r.Broken(rules.Window) != c.want || r.Violated != c.want {
					t.Errorf("got %v, want %d", r.Violations, c.want)
				}
				if r.Standstill < 2*time.Second {
					t.Errorf("got a standstill of %s, want it to be told in any case", r.Standstill)
				}
			})
		})
	}
}

// standing is a playlist that stands still for 4 s.
func standing(s *stationtest.Station) func(*m3u8.MediaPlaylist, int64) {
	return func(p *m3u8.MediaPlaylist, newest int64) {
		if newest > 115 && newest < 120 {
			*p = *s.Playlist(115)
		}
	}
}
