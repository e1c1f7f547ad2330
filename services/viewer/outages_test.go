package viewer

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
)

func TestOutages(t *testing.T) {
	const s = time.Second
	type step struct {
		at time.Duration
		do string // append, skip, finish or look
		d  time.Duration
	}
	since := func(from, to time.Duration) Outage { return Outage{epoch.Add(from), epoch.Add(to)} }
	for _, c := range []struct {
		name    string
		start   time.Duration
		steps   []step
		want    []Outage
		lasting time.Duration // since when one lasts; 0 for none
		ended   time.Duration // when all was played; 0 for not
	}{
		{"none before the first media", 0, []step{{5 * s, "look", 0}}, nil, 0, 0},
		{"from the moment that the buffer runs out, whenever it is looked at", 0,
			[]step{{0, "append", 2 * s}, {5 * s, "append", 2 * s}}, []Outage{since(2*s, 5*s)}, 0, 0},
		{"one that lasts", 0, []step{{0, "append", 2 * s}, {9 * s, "look", 0}}, nil, 2 * s, 0},
		{"until it plays again, not until the first byte of media", 3 * s,
			[]step{{0, "append", 4 * s}, {5 * s, "append", 2 * s}, {6 * s, "append", 2 * s}}, []Outage{since(4*s, 6*s)}, 0, 0},
		{"a gap that is declared late excuses a stall, and brings no media", 0,
			[]step{{0, "append", 2 * s}, {3 * s, "look", 0}, {4 * s, "skip", 6 * s}, {5 * s, "append", 2 * s}}, []Outage{since(2*s, 5*s)}, 0, 0},
		{"a gap that is shorter than the outage moves its beginning by nothing", 0,
			[]step{{0, "append", 2 * s}, {7 * s, "skip", 2 * s}, {8 * s, "append", 2 * s}}, []Outage{since(2*s, 8*s)}, 0, 0},
		{"a gap that runs out as well is the same outage", 0,
			[]step{{0, "append", 2 * s}, {3 * s, "skip", 2 * s}, {9 * s, "append", 2 * s}}, []Outage{since(2*s, 9*s)}, 0, 0},
		{"two of them", 0,
			[]step{{0, "append", 2 * s}, {3 * s, "append", 2 * s}, {7 * s, "append", 2 * s}}, []Outage{since(2*s, 3*s), since(5*s, 7*s)}, 0, 0},
		{"played to its end is none", 0, []step{{0, "append", 2 * s}, {1 * s, "finish", 0}, {9 * s, "look", 0}}, nil, 0, 2 * s},
		{"an end that is told late ends it", 0,
			[]step{{0, "append", 2 * s}, {3 * s, "finish", 0}, {9 * s, "look", 0}}, []Outage{since(2*s, 3*s)}, 0, 3 * s},
		{"an end that was none", 0,
			[]step{{0, "append", 2 * s}, {1 * s, "finish", 0}, {5 * s, "append", 2 * s}, {9 * s, "look", 0}}, nil, 7 * s, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, o := Buffer{Start: c.start}, outages{ended: ring[Outage]{limit: 10}}
			for _, step := range c.steps {
				now := epoch.Add(step.at)
				o.see(&b, now)
				switch step.do {
				case "append":
					b.Append(step.d, now)
				case "skip":
					b.Skip(step.d, now)
				case "finish":
					b.Finish(now)
				}
				o.see(&b, now)
			}
			if diff := cmp.Diff(c.want, o.after(0)); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
			var total time.Duration
			for _, x := range c.want {
				total += x.Until.Sub(x.Since)
			}
			if o.count != len(c.want) || o.total != total {
				t.Errorf("got %d of %s in all, want %d of %s", o.count, o.total, len(c.want), total)
			}
			if lasts := c.lasting > 0; lasts != !o.lasting.IsZero() || lasts && !o.lasting.Equal(epoch.Add(c.lasting)) {
				t.Errorf("got one that lasts since %s, want since %s after the beginning", o.lasting, c.lasting)
			}
			if ended := c.ended > 0; ended != !b.Ended().IsZero() || ended && !b.Ended().Equal(epoch.Add(c.ended)) {
				t.Errorf("got the end %s, want it %s after the beginning", b.Ended(), c.ended)
			}
		})
	}
}

// outages are those that the viewer has told of.
func (j *journal) outages(t *testing.T) (list []event.Outage) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, l := range j.lines {
		e, ok, err := event.EventOf(l)
		if err != nil {
			t.Fatal(err)
		}
		if o, is := e.(event.Outage); ok && is {
			list = append(list, o)
		}
	}
	return list
}

func TestAnOutageHasOneLengthWhoeverTellsIt(t *testing.T) {
	s := newStation()
	s.onRequest = func(http.ResponseWriter, *http.Request, int64) bool {
		if s.newest() >= 120 && s.newest() < 146 {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	inPlatform(t, nil, s, func(t *testing.T, p *platform) {
		s.began = time.Now()
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
		p.journal.mu.Lock()
		defer p.journal.mu.Unlock()
		for _, l := range p.journal.lines {
			if l.Message == "a request failed" {
				failed++
			}
		}
		if failed < 2 || failed > 4 || word.FailedRequests < 5 {
			t.Errorf("got %d lines on %d failed requests, want one each ten seconds", failed, word.FailedRequests)
		}
		if last := p.journal.lines[len(p.journal.lines)-1]; last.Time.IsZero() || !slices.ContainsFunc(p.journal.lines, func(l event.Line) bool {
			return strings.HasPrefix(l.Message, "a request failed: EOF (no more: ")
		}) {
			t.Error("got no word that requests fail no more")
		}
	})
}

func TestAnOutageIsNotShortenedByADeclaredGap(t *testing.T) {
	s := newStation()
	const first, last, declared = 135, 142, 146
	s.window = 30
	s.onRequest = func(_ http.ResponseWriter, _ *http.Request, msn int64) bool {
		if msn >= first && msn <= last {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	s.onList = func(p *m3u8.MediaPlaylist, newest int64) {
		for i := range p.Segments {
			msn := p.MediaSequence + int64(i)
			p.Segments[i].Gap = newest >= declared && msn >= first && msn <= last
		}
	}
	inPlatform(t, nil, s, func(t *testing.T, p *platform) {
		s.began = time.Now()
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
			s := newStation()
			var end atomic.Int64 // the last segment there is; 0 for none
			var ends atomic.Pointer[time.Time]
			s.onList = func(p *m3u8.MediaPlaylist, _ int64) {
				if n := end.Load(); n > 0 {
					*p = *s.playlist(n)
					p.EndList = time.Now().After(*ends.Load())
				}
			}
			s.onRequest = func(w http.ResponseWriter, r *http.Request, msn int64) bool {
				if at := ends.Load(); at != nil && time.Since(*at) > 20*time.Second && strings.HasPrefix(r.URL.Path, "/live02/") {
					http.NotFound(w, r)
					return true
				}
				return false
			}
			inPlatform(t, nil, s, func(t *testing.T, p *platform) {
				s.began = time.Now()
				p.origin.name("live02")
				time.Sleep(10 * time.Second)
				at := time.Now().Add(c.late)
				ends.Store(&at)
				end.Store(s.newest())
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
	s := newStation()
	end := once(115)
	s.onList = func(p *m3u8.MediaPlaylist, newest int64) { p.EndList = end(newest) }
	inPlatform(t, nil, s, func(t *testing.T, p *platform) {
		s.began = time.Now()
		p.origin.name("live01")
		time.Sleep(30 * time.Second)
		if st := p.statuses()[0]; st.State != event.ViewPlaying || st.Violated != 1 || st.Broken(RuleEnd) != 1 {
			t.Errorf("got %+v, want one end that was none", st)
		}
	})
}

func TestAnOriginThatNamesNothingEndsNothing(t *testing.T) {
	s := newStation()
	s.onRequest = func(http.ResponseWriter, *http.Request, int64) bool {
		if s.newest() >= 115 {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	inPlatform(t, service.Environment{"VIEWER_FORGET": "5s"}, s, func(t *testing.T, p *platform) {
		s.began = time.Now()
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
	s := newStation()
	s.onRequest = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
		missing := strings.HasPrefix(r.URL.Path, "/live02/")
		if missing {
			http.NotFound(w, r)
		}
		return missing
	}
	inPlatform(t, service.Environment{"VIEWER_FORGET": "5s"}, s, func(t *testing.T, p *platform) {
		s.began = time.Now()
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
