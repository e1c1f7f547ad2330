package proxy

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/proxy/cmcd"
	"livestream-tui/services/proxy/fakenet"
)

// audienceOf is the audience as operators get it.
func audienceOf(t *testing.T, p *platform) (a cmcd.Shown) {
	t.Helper()
	if err := json.Unmarshal(p.get("/audience").Body.Bytes(), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestReportsAreNoPartOfWhatIsAskedFor(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		newest := p.packagers[0].media(p.packagers[0].enc.newest())
		want := p.get(live).Body.String()
		segment := p.get("/live01/" + newest).Body.String()
		synctest.Wait() // the following of both packagers has asked by itself
		before := [...]int{p.packagers[0].asked(""), p.packagers[1].asked("")}
		playlists := p.service.streams.All()
		for _, query := range []string{"?CMCD=sid%3D%22a%22%2Cbl%3D100", "?%43MCD=sid%3D%22b%22", "?CMCD=%%%", "?CMCD", "?CMCD=bs"} {
			for _, c := range []struct{ path, want string }{{live, want}, {"/live01/" + newest, segment}} {
				if w := p.get(c.path + query); w.Code != 200 || w.Body.String() != c.want {
					t.Errorf("%s%s: got %d and other bytes", c.path, query, w.Code)
				}
				if res := p.service.Answer([]byte(c.path + query)); res == nil || string(res.Body()) != c.want {
					t.Errorf("%s%s: got %v on the short way", c.path, query, res)
				}
			}
		}
		synctest.Wait()
		if after := [...]int{p.packagers[0].asked(""), p.packagers[1].asked("")}; after != before {
			t.Errorf("packagers were asked: %v, after %v", after, before)
		}
		if got := p.service.streams.All(); len(got) != len(playlists) {
			t.Errorf("got %d playlists, want %d", len(got), len(playlists))
		}
		if a := audienceOf(t, p); a.Sessions != 2 || a.Renditions[0].Signal != "live01" || a.Renditions[0].Rendition != "playlist" {
			t.Errorf("got %+v, want two sessions of live01", a)
		}
	})
}

// TestAReportCostsNoMemory asks for the same playlist many times, as players do, with a
// report each time.
func TestAReportCostsNoMemory(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, p *platform) {
		_ = p.get(live)
		plain, query, stall := []byte(live), []byte(live+"?CMCD=bl%3D100%2Csid%3D%22a%22"), []byte(live+"?CMCD=bl%3D100%2Csid%3D%22a%22%2Cbs")
		fields := [][]byte{[]byte("bl=100"), []byte(`cid="live01",sid="b"`)}
		for name, ask := range map[string]func(){
			"in the query":                          func() { p.service.Answer(query) },
			"in the header":                         func() { p.service.Hear(plain, fields) },
			"in the query, of a player that stalls": func() { p.service.Answer(stall) },
		} {
			if n := testing.AllocsPerRun(100, ask); n > 0 {
				t.Errorf("%s: got %v allocations", name, n)
			}
		}
		if a := audienceOf(t, p); a.Sessions != 2 || a.Renditions[0].Stalls != 101 {
			t.Errorf("got %+v, want two sessions and 101 stalls", a)
		}
	})
}

// Anybody can ask for anything: only what packagers have makes an audience.
func TestReportsOfNothingAreNotHeard(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.everyPackager(func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasPrefix(r.URL.Path, "/live01/") {
				return false
			}
			http.NotFound(w, r)
			return true
		})
		for i := range 50 {
			_ = p.get(fmt.Sprintf("/made%d/playlist.m3u8?CMCD=sid%%3D%%22%d%%22", i, i))
			_ = p.get(fmt.Sprintf("/live01/made%d.ts?CMCD=sid%%3D%%22%d%%22", i, i))
		}
		_ = p.get(live + "?CMCD=sid%3D%22a%22")
		if a := audienceOf(t, p); a.Sessions != 1 {
			t.Errorf("got %+v, want one session", a)
		}
	})
}

func TestEventsOfPlayersAreTaken(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		_ = p.get(master + "?CMCD=sid%3D%22a%22")
		post := func(body string) int {
			w := httptest.NewRecorder()
			p.handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/cmcd", strings.NewReader(body)))
			return w.Code
		}
		if got := post(`[{"sid":"a","sta":"r","ltc":3100},{"sid":"b","cid":"live01"},{"sid":"c","cid":"live02"}]`); got != http.StatusNoContent {
			t.Errorf("got %d, want 204", got)
		}
		a := audienceOf(t, p)
		if a.Sessions != 2 || len(a.Renditions) != 1 || a.Renditions[0].Stalls != 1 || a.Renditions[0].LatencyMS != 3100 {
			t.Errorf("got %+v, want two sessions and one stall", a)
		}
		time.Sleep(35 * time.Second)
		if a := audienceOf(t, p); a.Sessions != 0 {
			t.Errorf("later: got %+v, want nobody", a)
		}
	})
}

// onSockets is a proxy on real sockets, in front of one packager whose requests are
// counted.
func onSockets(t *testing.T) (address string, s *Service, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	list := "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2,\n7.ts\n#EXTINF:2,\n8.ts\n"
	address, s = socketed(t, 1, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == live:
			_, _ = io.WriteString(w, list)
		case strings.HasSuffix(r.URL.Path, ".ts"):
			asked.Add(1)
			_, _ = w.Write(fakenet.Packets(7, 100))
		default:
			http.NotFound(w, r)
		}
	})
	return address, s, asked
}

// Players report in the query or in the header, on the short way and on the long one, and
// each is counted once.
func TestAThousandPlayersAreCountedToThePlayer(t *testing.T) {
	address, s, asked := onSockets(t)
	ask := func(c net.Conn, in *bufio.Reader, target, header string) error {
		if _, err := io.WriteString(c, "GET "+target+" HTTP/1.1\r\nHost: x\r\n"+header+"\r\n"); err != nil {
			return err
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return err
		}
		if _, err = io.Copy(io.Discard, res.Body); err == nil && res.StatusCode != http.StatusOK {
			err = fmt.Errorf("status %d", res.StatusCode)
		}
		return err
	}
	const players, at = 1000, 50
	var all sync.WaitGroup
	for g := range at {
		all.Go(func() {
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			in := bufio.NewReader(c)
			for i := g; i < players; i += at {
				report := fmt.Sprintf("bl=%d,bs,sid=\"%d\"", i, i)
				for _, target := range []string{live, "/live01/8.ts"} {
					header := "CMCD-Session: " + report + "\r\n"
					if i%2 == 0 {
						target, header = target+"?CMCD="+url.QueryEscape(report), ""
					}
					if i%3 == 0 {
						header += "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT\r\n" // the long way
					}
					if err := ask(c, in, target, header); err != nil {
						t.Errorf("player %d, %s: %v", i, target, err)
					}
				}
			}
		})
	}
	all.Wait()
	if a := s.audience.Shown(); a.Sessions != players || len(a.Renditions) != 1 || a.Renditions[0].Stalled != players || a.Renditions[0].Stalls != 2*players {
		t.Errorf("got %+v, want %d players with two stalls each", a, players)
	}
	if n := asked.Load(); n > 4 {
		t.Errorf("the packager was asked for segments %d times", n)
	}
}
