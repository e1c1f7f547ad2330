package proxy

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/proxy/page"
)

func withPage(p *platform) { p.config.Page = true }

func TestASignalCalledAsThePageIsPlays(t *testing.T) {
	for _, name := range []string{"watch", "embed"} {
		inBubble(t, 2, func(t *testing.T, p *platform) {
			playlist := "/" + name + "/playlist.m3u8"
			p.expect(playlist, http.StatusOK)
			time.Sleep(3 * time.Second)
			newest := p.service.streams.Find(playlist).Shown().Last
			if w := p.get("/" + name + "/" + p.packagers[0].media(newest)); w.Code != http.StatusOK || strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				t.Errorf("%s, segment: got %d %s, want media", name, w.Code, w.Header().Get("Content-Type"))
			}
			if w := p.get("/watch/" + name); w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				t.Errorf("%s, its page: got %d %s, want the page", name, w.Code, w.Header().Get("Content-Type"))
			}
		}, withPage)
	}
}

func TestThePageStandsBackForWhatPackagersList(t *testing.T) {
	const list = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n00017\n#EXT-X-ENDLIST\n"
	for _, with := range []bool{true, false} {
		inBubble(t, 1, func(t *testing.T, p *platform) {
			p.everyPackager(func(w http.ResponseWriter, r *http.Request) bool {
				switch r.URL.Path {
				case "/watch/playlist.m3u8":
					_, _ = w.Write([]byte(list))
				case "/watch/00017", "/watch/00018":
					w.Header().Set("Content-Type", "video/mp2t")
					_, _ = w.Write(withheldBytes["/film"])
				default:
					return false
				}
				return true
			})
			p.expect("/watch/playlist.m3u8", http.StatusOK)
			time.Sleep(time.Second)
			isPage := func(path string) bool {
				return strings.HasPrefix(p.get(path).Header().Get("Content-Type"), "text/html")
			}
			if isPage("/watch/00017") {
				t.Errorf("page %t: a listed segment is answered with the page", with)
			}
			if got := isPage("/watch/00018"); got != with {
				t.Errorf("page %t: what is not listed: got the page %t", with, got)
			}
			if got := isPage("/"); got != with {
				t.Errorf("page %t: the top: got the page %t", with, got)
			}
		}, func(p *platform) { p.config.Page = with })
	}
}

func TestThePageKnowsWhichPackagerServes(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.get(live)
		p.everyPackager(status(http.StatusNotFound, "/nosuch/playlist.m3u8", "", ""))
		p.expect("/nosuch/playlist.m3u8", http.StatusNotFound) // a name that anybody makes up is no signal
		time.Sleep(500 * time.Millisecond)
		if p.service.streams.Find("/nosuch/playlist.m3u8") == nil {
			t.Fatal("it is not followed, so that this shows nothing")
		}
		client, kill := p.player()
		defer kill()
		res, err := client.Get("http://proxy" + page.Folder + "events")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		told := make(chan []page.Signal, 100)
		go func() {
			defer close(told)
			dec := bufio.NewScanner(res.Body)
			for dec.Scan() {
				var facts struct{ Signals []page.Signal }
				if data, is := strings.CutPrefix(dec.Text(), "data: "); is && json.Unmarshal([]byte(data), &facts) == nil && facts.Signals != nil {
					told <- facts.Signals
				}
			}
		}()
		first := <-told
		if len(first) != 1 || !first[0].OnAir || first[0].Packager != one || first[0].MSN < 100 || len(first[0].Packagers) != 2 || first[0].Packagers[1].State != "up" {
			t.Fatalf("got %+v, want live01 from server1", first)
		}
		p.packagers[0].die()
		died := time.Now()
		for signals := range told {
			if signals[0].Packager == two {
				break
			}
		}
		if took := time.Since(died); took > time.Second {
			t.Errorf("the page is told after %s, want 1 s at most", took)
		}
		p.packagers[1].die()
		for signals := range told {
			if len(signals) == 0 {
				t.Fatal("nobody plays any more, and it was on air to the end")
			}
			if !signals[0].OnAir {
				break
			}
		}
	}, withPage)
}

func TestThePageKnowsSignalsThatNobodyPlays(t *testing.T) {
	var kill func()
	inBubble(t, 1, func(t *testing.T, p *platform) {
		defer kill()
		client, shut := p.player()
		defer shut()
		res, err := client.Get("http://proxy" + page.Folder + "events")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		for told := bufio.NewScanner(res.Body); told.Scan(); {
			if text := told.Text(); strings.Contains(text, `"signal":"live07"`) {
				if strings.Contains(text, "..") {
					t.Errorf("got %s, want signals alone", text)
				}
				return
			}
		}
		t.Error("the stream has ended")
	}, withPage, func(p *platform) {
		p.config.Origins = []string{"http://gone", "http://origin"}
		kill = p.wire.Serve("origin", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/signals" {
				_, _ = w.Write([]byte(`["live07","../up"]`))
			}
		}))
	})
}

func TestThePageKnowsWhoPlays(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, p *platform) {
		p.expect(live, http.StatusOK)
		time.Sleep(time.Second)
		for _, player := range []string{"a", "b", "a"} {
			_ = p.get(live + "?CMCD=sid%3D%22" + player + "%22%2Csta%3Dr%2Cv%3D2")
		}
		client, shut := p.player()
		defer shut()
		res, err := client.Get("http://proxy" + page.Folder + "events")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		told := bufio.NewScanner(res.Body)
		for told.Scan() {
			var facts struct{ Signals []page.Signal }
			data, is := strings.CutPrefix(told.Text(), "data: ")
			if !is || json.Unmarshal([]byte(data), &facts) != nil || len(facts.Signals) == 0 {
				continue
			}
			if got := facts.Signals[0].Audience; got == nil || *got != (page.Audience{Sessions: 2, Stalls: 2}) {
				t.Errorf("got %+v, want two players, each with a stall", got)
			}
			return
		}
		t.Error("the stream has ended")
	}, withPage)
}
