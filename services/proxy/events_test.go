package proxy

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/proxy/events"
)

func TestAFailoverTellsWhatPlayersSaw(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.get(live) // a playlist that nobody plays
		time.Sleep(5 * time.Second)
		p.packagers[0].die()
		time.Sleep(5 * time.Second)
		list := p.failovers()
		if len(list) != 1 || list[0].GapMS != -1 || list[0].Signal != "live01" || list[0].Saved != 0 || !strings.Contains(list[0].Cause, "connection refused") {
			t.Fatalf("nobody waited: got %+v, want one with gap -1", list)
		}
		p.packagers[0].start()
		time.Sleep(5 * time.Second)
		// Each segment takes 150 ms, and the packager dies while a player waits for one.
		for _, one := range p.packagers {
			one.change(func(o *packager) {
				o.answers = slowly(".ts", 150*time.Millisecond)
			})
		}
		v := p.watch()
		time.Sleep(10 * time.Second)
		p.service.streams.Cache().Drop("/live01/" + p.packagers[0].media(p.stream().Shown().Last))
		go func() {
			time.Sleep(100 * time.Millisecond)
			p.packagers[1].die()
		}()
		p.expect("/live01/"+p.packagers[0].media(p.stream().Shown().Last), 200)
		time.Sleep(6 * time.Second)
		list = p.failovers()
		if len(list) != 2 || list[1].GapMS < 200 || list[1].GapMS > 400 || list[1].Saved < 1 || list[1].MSNAfter <= list[1].MSNBefore {
			t.Errorf("a player waited 250 ms: got %+v, want a second one that says so", list)
		}
		expected := fmt.Sprintf(`
# HELP proxy_saved_requests_total Requests that a peer answered instead of this packager.
# TYPE proxy_saved_requests_total counter
proxy_saved_requests_total{packager=%q} %d
`, list[1].From, list[1].Saved)
		if err := testutil.GatherAndCompare(p.metrics, strings.NewReader(expected), "proxy_saved_requests_total"); err != nil {
			t.Error(err)
		}
		v.end()
	})
}

func TestAFailoverIsToldAtOnceWhileAPlayerStillWaits(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.get(live)
		time.Sleep(5 * time.Second)
		wanted := p.packagers[0].media(p.stream().Shown().Last)
		for _, one := range p.packagers {
			one.change(func(o *packager) {
				o.answers = slowly(wanted, 4*time.Second)
			})
		}
		p.service.streams.Cache().Drop("/live01/" + wanted)
		go func() {
			time.Sleep(100 * time.Millisecond)
			p.packagers[0].die()
		}()
		p.expect("/live01/"+wanted, 200)
		time.Sleep(15 * time.Second)
		synctest.Wait() // nothing is logged meanwhile
		log, list := p.log.String(), p.failovers()
		if len(list) != 1 || list[0].GapMS < 3000 || list[0].Pending {
			t.Errorf("got %+v, want one with its gap", list)
		}
		at := strings.Index(log, "pending=true")
		if strings.Count(log, "pending=true") != 1 || at > strings.Index(log, "the longest wait of a player") || strings.Count(log, "event=failover") != 2 {
			t.Errorf("while the player waited: got no line, or one after the gap was known:\n%s", log)
		}
	})
}

func TestEvents(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		if got := p.get("/events").Body.String(); got != "[]\n" {
			t.Errorf("none: got %s, want []", got)
		}
		client, kill := p.player()
		defer kill()
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://proxy/events", nil)
		r.Header.Set("Accept", "text/event-stream")
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		p.service.events.Add(event.Failover{Signal: "live01", From: one, To: two, Cause: "a reason", GapMS: 3.5}, time.Now())
		lines := bufio.NewScanner(res.Body)
		var got []string
		for lines.Scan() && lines.Text() != "" {
			got = append(got, lines.Text())
		}
		if len(got) != 3 || got[0] != "id: 1" || got[1] != "event: failover" || !strings.Contains(got[2], `"gap_ms":3.5`) {
			t.Errorf("server-sent event: got %q", got)
		}
		for range 2 * events.Most {
			p.service.events.Add(event.Failover{Signal: "live01"}, time.Now())
		}
		list := p.failovers()
		if len(list) != events.Most || list[0].ID != events.Most+2 {
			t.Errorf("events: got %d from %d, want the last %d", len(list), list[0].ID, events.Most)
		}
		w := httptest.NewRecorder()
		again := httptest.NewRequest(http.MethodHead, "/events", nil)
		again.Header.Set("Accept", "text/event-stream")
		p.handler.ServeHTTP(w, again) // must return
	})
}
