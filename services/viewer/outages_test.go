package viewer

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/viewer/rules"
	"livestream-tui/services/viewer/stationtest"
)

func TestAnOutageHasOneLengthWhoeverTellsIt(t *testing.T) {
	s := stationtest.New()
	s.OnRequest = func(http.ResponseWriter, *http.Request, int64) bool {
		if s.Newest() >= 120 && s.Newest() < 146 {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	inPlatform(t, nil, s, func(t *testing.T, p *platform) {
		s.Began = time.Now()
		p.origin.name("live01")
		time.Sleep(60 * time.Second)
		told := p.journal.outages(t)
		if len(told) != 4 {
			t.Fatalf("got %+v, want its beginning, a word each ten seconds, and its end", told)
		}
		for i, o := range told {
			last := i == len(told)-1
			if o.Signal != "live01" || !o.Since.Equal(told[0].Since) || o.Lasts() == last || o.Again != (i > 0 && !last) || (o.Reason == "EOF") == last {
				t.Errorf("got the telling %d %+v, want one of the same outage, and why while it lasts", i, o)
			}
			if most := int64(i)*10_000 + look.Milliseconds(); !last && (o.LengthMS < most-look.Milliseconds() || o.LengthMS > most) {
				t.Errorf("got the telling %d after %d ms, want one each ten seconds", i, o.LengthMS)
			}
		}
		words := p.journal.said(t, time.Time{})
		end, word := told[len(told)-1], words[len(words)-1]
		if end.LengthMS < 20_000 || word.StalledMS != end.LengthMS || word.LongestStallMS != end.LengthMS || word.Stalls != 1 || !word.Since.Equal(end.Until) {
			t.Errorf("got the outage %+v and the word %+v, want one length", end, word)
		}
		for _, v := range words {
			if v.State == event.ViewStalled && (!v.Since.Equal(end.Since) || v.Trouble != "EOF") {
				t.Errorf("got the word %+v, want it stalled since %s, and why", v, end.Since)
			}
		}
		failed := 0
		for _, l := range p.journal.Lines() {
			if l.Message == "a request failed" {
				failed++
			}
		}
		if failed < 2 || failed > 4 || word.FailedRequests < 5 {
			t.Errorf("got %d lines on %d failed requests, want one each ten seconds", failed, word.FailedRequests)
		}
		if last := p.journal.Lines()[len(p.journal.Lines())-1]; last.Time.IsZero() || !slices.ContainsFunc(p.journal.Lines(), func(l event.Line) bool {
			return strings.HasPrefix(l.Message, "a request failed: EOF (stopped after ")
		}) {
			t.Error("got no line that requests have stopped failing")
		}
	})
}

func TestAnOutageIsNotShortenedByADeclaredGap(t *testing.T) {
	s := stationtest.New()
	const first, last, declared = 135, 142, 146
	s.Window = 30
	s.OnRequest = func(_ http.ResponseWriter, _ *http.Request, msn int64) bool {
		if msn >= first && msn <= last {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	s.OnList = func(p *m3u8.MediaPlaylist, newest int64) {
		for i := range p.Segments {
			msn := p.MediaSequence + int64(i)
			p.Segments[i].Gap = newest >= declared && msn >= first && msn <= last
		}
	}
	inPlatform(t, nil, s, func(t *testing.T, p *platform) {
		s.Began = time.Now()
		p.origin.name("live01")
		time.Sleep(40 * time.Second)
		st := p.statuses()[0]
		told := p.journal.outages(t)
		end := told[len(told)-1]
		if end.Lasts() || end.LengthMS != st.Lacked.Milliseconds() || !end.Since.Equal(told[0].Since) || told[0].Reason != "EOF" || st.Outages != 1 || st.Lacked < 3*time.Second {
			t.Errorf("got %+v and %d outages of %s, want one", told, st.Outages, st.Lacked)
		}
		if st.StallCount != 0 && st.Stalled >= st.Lacked {
			t.Errorf("got %d stalls of %s, want the gap to excuse them", st.StallCount, st.Stalled)
		}
		w := httptest.NewRecorder()
		service.Handler(p.Service, p.kit).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if want := `viewer_stalls_total{signal="live01"} 1`; !strings.Contains(w.Body.String(), want) {
			t.Errorf("got no %s", want)
		}
	})
}

func TestASignalThatIsPlayedToItsEndIsNoFailureAndIsForgotten(t *testing.T) {
	for _, c := range []struct {
		name string
		late time.Duration // until the list says ENDLIST
		told int           // tellings of an outage
	}{{"the list ends in time", 0, 0}, {"the list ends when nothing is left to play", 8 * time.Second, 2}} {
		t.Run(c.name, func(t *testing.T) {
			s := stationtest.New()
			var end atomic.Int64 // the last segment there is; 0 for none
			var ends atomic.Pointer[time.Time]
			s.OnList = func(p *m3u8.MediaPlaylist, _ int64) {
				if n := end.Load(); n > 0 {
					*p = *s.Playlist(n)
					p.EndList = time.Now().After(*ends.Load())
				}
			}
			s.OnRequest = func(w http.ResponseWriter, r *http.Request, msn int64) bool {
				if at := ends.Load(); at != nil && time.Since(*at) > 20*time.Second && strings.HasPrefix(r.URL.Path, "/live02/") {
					http.NotFound(w, r)
					return true
				}
				return false
			}
			inPlatform(t, nil, s, func(t *testing.T, p *platform) {
				s.Began = time.Now()
				p.origin.name("live02")
				time.Sleep(10 * time.Second)
				at := time.Now().Add(c.late)
				ends.Store(&at)
				end.Store(s.Newest())
				time.Sleep(c.late + 10*time.Second)
				if st := p.statuses(); len(st) != 1 || st[0].State != event.ViewEnded || st[0].Outages != c.told/2 {
					t.Errorf("got %+v, want it played to its end", st)
				}
				if ok, reason := p.Ready(); !ok {
					t.Errorf("ready: got %q, want it to be: nothing is missing", reason)
				}
				p.origin.name()
				time.Sleep(5 * time.Second)
				if st := p.statuses(); len(st) != 0 {
					t.Errorf("got %+v, want it forgotten at once", st)
				}
				time.Sleep(30 * time.Second)
				words := p.journal.said(t, time.Time{})
				if last := words[len(words)-1]; last.State != event.ViewEnded || last.Violations+last.FailedRequests != 0 {
					t.Errorf("got the last word %+v, want that it has ended well", last)
				}
				for _, v := range words {
					if v.State == event.ViewStalled && c.told == 0 {
						t.Errorf("got the word %+v, want none that it stands still", v)
					}
				}
				if told := p.journal.outages(t); len(told) != c.told {
					t.Errorf("got the outages %+v, want %d tellings", told, c.told)
				}
			})
		})
	}
}

func TestAnEndThatIsNoneIsARuleBroken(t *testing.T) {
	s := stationtest.New()
	end := stationtest.Once(115)
	s.OnList = func(p *m3u8.MediaPlaylist, newest int64) { p.EndList = end(newest) }
	inPlatform(t, nil, s, func(t *testing.T, p *platform) {
		s.Began = time.Now()
		p.origin.name("live01")
		time.Sleep(30 * time.Second)
		if st := p.statuses()[0]; st.State != event.ViewPlaying || st.Violated != 1 || st.Broken(rules.End) != 1 {
			t.Errorf("got %+v, want one end that was none", st)
		}
	})
}

func TestAnOriginThatNamesNothingEndsNothing(t *testing.T) {
	s := stationtest.New()
	s.OnRequest = func(http.ResponseWriter, *http.Request, int64) bool {
		if s.Newest() >= 115 {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	inPlatform(t, service.Environment{"VIEWER_FORGET": "5s"}, s, func(t *testing.T, p *platform) {
		s.Began = time.Now()
		p.origin.name("live01")
		time.Sleep(5 * time.Second)
		p.origin.name() // it has forgotten everything, as when all that could tell it is dead
		time.Sleep(40 * time.Second)
		if st := p.statuses(); len(st) != 0 {
			t.Fatalf("got %+v, want it watched no more", st)
		}
		words, told := p.journal.said(t, time.Time{}), p.journal.outages(t)
		if last := words[len(words)-1]; last.State != event.ViewStalled {
			t.Errorf("got the last word %+v, want that it stands still", last)
		}
		if last := told[len(told)-1]; !last.Lasts() {
			t.Errorf("got the outage %+v, want it to last", last)
		}
	})
}

func TestOneSignalThatHasNotBeenShownKeepsNobodyWaiting(t *testing.T) {
	s := stationtest.New()
	s.OnRequest = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
		missing := strings.HasPrefix(r.URL.Path, "/live02/")
		if missing {
			http.NotFound(w, r)
		}
		return missing
	}
	inPlatform(t, service.Environment{"VIEWER_FORGET": "5s"}, s, func(t *testing.T, p *platform) {
		s.Began = time.Now()
		p.origin.name("live02")
		time.Sleep(5 * time.Second)
		if ok, reason := p.Ready(); ok || reason != "live02 is starting: status 404 Not Found" {
			t.Errorf("ready: got %t, %q, want not yet: nothing plays", ok, reason)
		}
		p.origin.name("live01", "live02")
		time.Sleep(5 * time.Second)
		if ok, reason := p.Ready(); !ok {
			t.Errorf("ready: got %q, want it to be: one plays", reason)
		}
		p.origin.name("live01")
		time.Sleep(10 * time.Second)
		last := event.Viewing{}
		for _, v := range p.journal.said(t, time.Time{}) {
			if v.Signal == "live02" {
				last = v
			}
		}
		if last.State != event.ViewEnded {
			t.Errorf("got the last word %+v on what nobody watches any more, want that it has ended", last)
		}
	})
}
