package control

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/procs"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// noon is when the lights of these tests are looked at.
var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.Local)

// happening is something that a platform is told, a while before noon.
type happening func(l *Local)

func view(signal string, state event.ViewState, since time.Duration) happening {
	return func(l *Local) {
		l.viewing(ViewingAt{Time: noon.Add(-time.Second), Process: "viewer", Viewing: event.Viewing{Signal: signal, State: state, Since: noon.Add(-since)}})
	}
}

func outage(signal string, since time.Duration) happening {
	return func(l *Local) {
		l.outage(OutageAt{noon.Add(-time.Second), "viewer", event.OutageOf(signal, noon.Add(-since), noon.Add(-time.Second))})
	}
}

func film(signal string, state event.FilmState) happening {
	return func(l *Local) {
		l.film(FilmAt{noon.Add(-time.Minute), "worker", event.Film{File: signal + ".mp4", Signal: signal, State: state, Reason: "because"}})
	}
}

// table is the ingest table.
func table(signals ...string) happening {
	return func(l *Local) {
		var a answers
		for _, name := range signals {
			a.Details = append(a.Details, report.SignalStatus{Signal: name, Packagers: []report.PackagerStatus{{State: report.Up}, {State: report.Up}}})
			a.Live = append(a.Live, report.Live{Signal: name, Server: "http://a/" + name + "/playlist.m3u8"})
		}
		l.polled(a)
		for i := range l.now.Dropped {
			l.now.Dropped[i].Time = noon.Add(-droppedAfter)
		}
	}
}

func process(name string, state procs.State) happening {
	return func(l *Local) { l.onStatus(Status{Name: name, State: state, PID: 9}) }
}

func allReady(l *Local) {
	for _, p := range l.now.Processes {
		process(p.Name, procs.Ready)(l)
	}
}

func TestEachSignalHasItsOwnLight(t *testing.T) {
	const playing, stalled, starting, ended = event.ViewPlaying, event.ViewStalled, event.ViewStarting, event.ViewEnded
	const s = time.Second
	for _, c := range []struct {
		name   string
		happen []happening
		want   AirState
		says   string // in the platform's reason
		lights string // signal, state and whether it is due, of each
	}{
		{"all play", []happening{table("a", "b"), view("a", playing, 9*s), view("b", playing, 9*s)}, AirOn, "", "a on air due, b on air due"},
		{"one stands still, the other's light is as it was", []happening{table("a", "b"), view("a", playing, 9*s), outage("b", 3*s), view("b", stalled, 3*s)},
			AirOff, "b has stood still since 11:59:57", "a on air due, b off air due"},
		{"one that was removed before it was ever shown", []happening{table("a", "b"), view("a", playing, 9*s), view("b", starting, 9*s), film("a", event.FilmAired), film("b", event.FilmGone)},
			AirOn, "", "a on air due, b starting"},
		{"one that was refused before it was ever shown", []happening{table("a"), view("a", playing, 9*s), view("b", starting, 9*s), film("a", event.FilmAired), film("b", event.FilmRefused)},
			AirOn, "", "a on air due, b starting"},
		{"what a film has left that nobody knows any more", []happening{table("a", "b"), view("a", playing, 9*s), view("b", starting, 9*s), film("a", event.FilmAired)},
			AirOn, "", "a on air due, b starting"},
		{"one that was shown and refused then is missed", []happening{table("a", "b"), view("a", playing, 9*s), view("b", playing, 9*s), view("b", stalled, 2*s), film("a", event.FilmAired), film("b", event.FilmRefused)},
			AirOff, "b has stood still", "a on air due, b off air due"},
		{"one that was shown and has gone from the ingest table", []happening{allReady, table("a", "b"), view("a", playing, 9*s), view("b", stalled, 2*s), table("a")},
			AirOn, "", "a on air due, b off air"},
		{"one that its worker airs is due, table or not", []happening{allReady, table("a", "b"), view("a", playing, 9*s), view("b", stalled, 2*s), film("b", event.FilmAired), table("a")},
			AirOff, "b has stood still", "a on air due, b off air due"},
		{"a table that nobody fills is no word", []happening{allReady, table("a"), view("a", stalled, 2*s), process("discovery", procs.Backoff), table()},
			AirOff, "a has stood still", "a off air due"},
		{"a table that names it again", []happening{allReady, table("a"), view("a", stalled, 2*s), table(), table("a")},
			AirOff, "a has stood still", "a off air due"},
		{"a table that names it no more just now", []happening{allReady, table("a"), view("a", stalled, 2*s), table(), func(l *Local) { l.now.Dropped[0].Time = noon.Add(-s) }},
			AirOff, "a has stood still", "a off air due"},
		{"one that plays is due whatever the table says", []happening{allReady, table("a"), view("a", playing, 9*s), table()}, AirOn, "", "a on air due"},
		{"one that has ended", []happening{table("a", "b"), view("a", playing, 9*s), view("b", ended, 2*s)}, AirOn, "", "a on air due, b ended"},
		{"all have ended", []happening{view("a", ended, 9*s)}, AirEnded, "every signal has ended", "a ended"},
		{"a film that is made keeps nobody waiting", []happening{table("a"), view("a", playing, 9*s), film("a", event.FilmAired), film("b", event.FilmWaiting)},
			AirOn, "", "a on air due, b starting"},
		{"nothing but films that are made", []happening{allReady, film("a", event.FilmWaiting), film("b", event.FilmWaiting)},
			AirStarting, "a: it is waiting: because", "a starting, b starting"},
		{"one that is reported and not shown", []happening{table("a", "b"), view("a", playing, 9*s)}, AirStarting, "no viewer has shown b yet", "a on air due, b starting due"},
		{"the viewer has begun anew in an outage", []happening{table("a"), view("a", playing, 60*s), outage("a", 40*s), view("a", stalled, 40*s), view("a", starting, 2*s)},
			AirOff, "a has stood still since 11:59:20", "a off air due"},
		{"the viewer has begun anew in an outage, and plays what was there before", []happening{table("a"), view("a", playing, 60*s), func(l *Local) {
			o := event.OutageOf("a", noon.Add(-40*s), noon.Add(-s))
			o.MSN = 7
			l.outage(OutageAt{noon.Add(-s), "viewer", o})
		}, view("a", playing, 2*s)}, AirOff, "a has stood still since 11:59:20", "a off air due"},
		{"the viewer has begun anew", []happening{table("a"), view("a", playing, 60*s), view("a", starting, 2*s)},
			AirUnknown, "viewer has begun anew and has not shown a yet", "a unknown due"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := platformOf(t, fakeSupervisor{})
			for _, happen := range c.happen {
				happen(l)
			}
			snapshot := l.Snapshot()
			snapshot.At = noon
			o := snapshot.OnAir()
			var lights []string
			for _, l := range o.Signals {
				lights = append(lights, l.Signal+" "+l.State.String()+map[bool]string{true: " due"}[l.Due])
			}
			if got := strings.Join(lights, ", "); got != c.lights {
				t.Errorf("lights: got %s, want %s", got, c.lights)
			}
			if o.State != c.want || !strings.Contains(o.Reason, c.says) || c.says == "" && o.Reason != "" {
				t.Errorf("the platform's: got %s, %q, want %s, %q", o.State, o.Reason, c.want, c.says)
			}
		})
	}
}

func TestNoMovingNumberStandsInAReason(t *testing.T) {
	for name, happen := range map[string][]happening{
		"an outage":          {table("a"), outage("a", 3*time.Second), view("a", event.ViewStalled, 3*time.Second)},
		"a viewer's silence": {table("a"), func(l *Local) { l.viewing(ViewingAt{Time: noon.Add(-time.Hour), Process: "viewer"}) }},
		"starting":           {table("a"), view("a", event.ViewStarting, 3*time.Second)},
		"a film":             {film("a", event.FilmWaiting)},
	} {
		l := platformOf(t, fakeSupervisor{})
		for _, h := range happen {
			h(l)
		}
		s := l.Snapshot()
		s.At = noon
		first := s.OnAir()
		s.At = noon.Add(1700 * time.Millisecond)
		if diff := cmp.Diff(first, s.OnAir()); diff != "" {
			t.Errorf("%s: 1.7 s later the light is another:\n%s", name, diff)
		}
	}
}

func TestAnOutageGoesOnFromItsFirstMoment(t *testing.T) {
	at := func(d time.Duration) time.Time { return noon.Add(d).UTC() }
	tell := func(l *Local, since, now time.Duration) {
		l.outage(OutageAt{at(now), "viewer", event.OutageOf("a", at(since), at(now))})
	}
	tellMSN := func(l *Local, since, now time.Duration, msn int64) {
		o := event.OutageOf("a", at(since), at(now))
		o.MSN = msn
		l.outage(OutageAt{at(now), "viewer", o})
	}
	plays := func(l *Local, since, now time.Duration, msn int64, msnAt time.Duration) {
		l.viewing(ViewingAt{Time: at(now), Process: "viewer", Viewing: event.Viewing{Signal: "a", State: event.ViewPlaying, Since: at(since), MSN: msn, MSNAt: at(msnAt)}})
	}
	says := func(l *Local, state event.ViewState, since, now time.Duration) {
		l.viewing(ViewingAt{Time: at(now), Process: "viewer", Viewing: event.Viewing{Signal: "a", State: state, Since: at(since)}})
	}
	const s = time.Second
	for _, c := range []struct {
		name   string
		do     func(l *Local)
		length time.Duration
		lasts  bool
		until  time.Duration
	}{
		{"it lasts", func(l *Local) { tell(l, 0, s); tell(l, 0, 10*s) }, 60 * s, true, 0},
		{"its viewer tells the end", func(l *Local) {
			tell(l, 0, s)
			l.outage(OutageAt{at(9 * s), "viewer", event.EndedOutageOf("a", at(0), at(9*s))})
			says(l, event.ViewPlaying, 9*s, 9*s)
		}, 9 * s, false, 9 * s},
		{"its viewer begins anew, and plays", func(l *Local) {
			tell(l, 0, s)
			says(l, event.ViewStarting, 5*s, 5*s)
			says(l, event.ViewPlaying, 12*s, 13*s)
		}, 12 * s, false, 12 * s},
		{"its viewer begins anew, plays unseen, and tells of another", func(l *Local) {
			tell(l, 0, s)
			says(l, event.ViewStarting, 5*s, 5*s)
			tell(l, 8*s, 9*s)
			l.outage(OutageAt{at(12 * s), "viewer", event.EndedOutageOf("a", at(8*s), at(12*s))})
		}, 12 * s, false, 12 * s},
		{"its signal has ended", func(l *Local) { tell(l, 0, s); says(l, event.ViewEnded, 7*s, 8*s) }, 7 * s, false, 7 * s},
		{"its signal is dropped and not watched any more", func(l *Local) {
			allReady(l)
			table("a")(l)
			tell(l, 0, s)
			says(l, event.ViewStalled, 0, 6*s)
			table()(l)
			l.settleOutages(at(6*s + silence))
			l.settleOutages(at(7*s + silence))
		}, 6 * s, false, 6 * s},
		{"its viewer begins anew, and plays what was there before", func(l *Local) {
			tellMSN(l, 0, s, 7)
			plays(l, 5*s, 6*s, 7, 5*s)
		}, 60 * s, true, 0},
		{"its viewer begins anew, plays what was there before, and then what is new", func(l *Local) {
			tellMSN(l, 0, s, 7)
			plays(l, 5*s, 6*s, 7, 5*s)
			plays(l, 5*s, 9*s, 8, 8*s)
		}, 8 * s, false, 8 * s},
		{"its viewer begins anew, plays what was there before, and lacks media again", func(l *Local) {
			tellMSN(l, 0, s, 7)
			plays(l, 5*s, 6*s, 7, 5*s)
			tellMSN(l, 11*s, 12*s, 7)
			l.outage(OutageAt{at(15 * s), "viewer", event.EndedOutageOf("a", at(11*s), at(15*s))})
		}, 15 * s, false, 15 * s},
		{"the numbers have begun anew", func(l *Local) {
			tellMSN(l, 0, s, 7)
			plays(l, 5*s, 6*s, 1, 5*s)
			plays(l, 5*s, 36*s, 5, 35*s)
		}, 5 * s, false, 5 * s},
		{"a word that it plays, from before", func(l *Local) { tell(l, 0, s); says(l, event.ViewPlaying, -20*s, s) }, 60 * s, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := platformOf(t, fakeSupervisor{})
			c.do(l)
			snapshot := l.Snapshot()
			if len(snapshot.Outages) != 1 {
				t.Fatalf("got %+v, want one outage", snapshot.Outages)
			}
			o := snapshot.Outages[0]
			if !o.Since.Equal(noon) || o.Lasts() != c.lasts || o.Length(at(time.Minute)) != c.length || !c.lasts && !o.Until.Equal(at(c.until)) {
				t.Errorf("got %+v of %s, want one from noon of %s, lasting %t", o, o.Length(at(time.Minute)), c.length, c.lasts)
			}
			if (snapshot.Outage("a") != nil) != c.lasts {
				t.Errorf("got the one that lasts %+v, want one %t", snapshot.Outage("a"), c.lasts)
			}
		})
	}
}

func TestOutagesAreBoundedAndThoseThatLastStay(t *testing.T) {
	var list []OutageAt
	lasting := OutageAt{noon, "viewer", event.OutageOf("first", noon, noon)}
	list, _ = withOutage(list, lasting)
	for i := range 3 * outagesMost {
		list, _ = withOutage(list, OutageAt{noon, "viewer", event.EndedOutageOf(fmt.Sprint(i), noon, noon.Add(time.Second))})
	}
	if len(list) != outagesMost+1 || list[0].Signal != "first" || list[1].Signal != fmt.Sprint(2*outagesMost) {
		t.Errorf("got %d, from %+v on, want the one that lasts and the newest %d", len(list), list[:2], outagesMost)
	}
}

func TestEveryFileHasALine(t *testing.T) {
	l := platformOf(t, fakeSupervisor{})
	_, events := l.Subscribe(t.Context())
	tell := func(process, file string, state event.FilmState, at time.Duration) {
		l.mu.Lock() // the events are read meanwhile
		defer l.mu.Unlock()
		l.film(FilmAt{noon.Add(at), process, event.Film{File: file, Signal: strings.TrimSuffix(file, ".mp4"), State: state}})
	}
	lines := func() string {
		var list []string
		for _, f := range l.Snapshot().FilmList() {
			list = append(list, f.File+" "+string(f.State))
		}
		return strings.Join(list, ", ")
	}
	want := func(what, want string) {
		t.Helper()
		if got := lines(); got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}
	tell("worker", "b.mp4", event.FilmWaiting, 0)
	tell("worker", "a.mp4", event.FilmAired, 0)
	tell("worker", "notes.txt", event.FilmPassed, 0)
	want("told", "a.mp4 aired, b.mp4 waiting, notes.txt passed over")
	tell("worker", "b.mp4", event.FilmAired, 0)
	tell("worker2", "b.mp4", event.FilmWaiting, 0)
	want("two workers", "a.mp4 aired, b.mp4 aired, notes.txt passed over")
	table("a", "b")(l)
	tell("worker", "b.mp4", event.FilmGone, 0)
	tell("worker2", "b.mp4", event.FilmGone, 0)
	table("a", "b")(l)
	want("gone, and its signal is there", "a.mp4 aired, b.mp4 gone, notes.txt passed over")
	table("a")(l)
	want("gone", "a.mp4 aired, notes.txt passed over")
	tell("worker", "a.mp4", event.FilmAired, 2*time.Second)
	l.onStatus(Status{Name: "worker", State: procs.Ready, PID: 9, Started: noon.Add(time.Second)})
	want("what an earlier worker told", "a.mp4 aired")
	told := 0
	for len(events) > 0 || told < 9 {
		e := <-events
		told++
		if e.Status != nil {
			break
		}
		if e.Film == nil {
			t.Errorf("got %+v, want a film", e)
		}
	}
	if told != 8 {
		t.Errorf("got %d events, want 7 films that are news and a state", told)
	}
	for i := range 2 * filmsMost {
		tell("worker", fmt.Sprintf("%05d.txt", i), event.FilmPassed, 2*time.Second)
	}
	if got := l.Snapshot().Films; len(got) != filmsMost || got[len(got)-1].File != "a.mp4" {
		t.Errorf("got %d, the last %+v, want %d and the film among them", len(got), got[len(got)-1], filmsMost)
	}
}

func TestStatusShowsLightsOutagesAndFilms(t *testing.T) {
	l := platformOf(t, fakeSupervisor{})
	for _, happen := range []happening{
		table("a", "b"), view("a", event.ViewPlaying, time.Hour), outage("b", 2500*time.Millisecond), view("b", event.ViewStalled, 2500*time.Millisecond),
		film("a", event.FilmAired), film("b", event.FilmAired), film("c", event.FilmRefused),
	} {
		happen(l)
	}
	l.outage(OutageAt{noon, "viewer", event.EndedOutageOf("a", noon.Add(-2*time.Hour), noon.Add(-2*time.Hour).Add(1234*time.Millisecond))})
	s := l.Snapshot()
	s.At = noon
	var out strings.Builder
	if err := WriteStatus(&out, s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"OFF AIR   1 of 2 signals on air: b has stood still since 11:59:57\n",
		"\na       on air   2026-01-01 11:00:00  -\nb       off air  2026-01-01 11:59:57  -     b has stood still since 11:59:57\n",
		"\nb       2026-01-01 11:59:57.500  it lasts      2.5s\na       2026-01-01 10:00:00.000  10:00:01.234  1.234s\n",
		"\nFILM   SIGNAL  STATE    REASON\na.mp4  a       aired    because\nb.mp4  b       aired    because\nc.mp4  c       refused  because\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the status lacks %q:\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := WriteStatusJSON(&out, s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"state": "off air",`, `"length_ms": 1234`, `"file": "c.mp4",`, `"due": true`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the document lacks %s:\n%s", want, out.String())
		}
	}
}
