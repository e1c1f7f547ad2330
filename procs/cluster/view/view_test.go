package view

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/platformtest"
	"livestream-tui/services/cluster"
	"livestream-tui/services/kit/event"
)

func TestProcessesOfAnotherMachineAreShownUnderItsName(t *testing.T) {
	const ahead = 130 * time.Millisecond
	a, b := pair(t, ahead)
	at := time.Now().Round(0)
	b.OnStatus(platform.Status{Name: "server1", State: platform.Ready, PID: 7, Incarnation: 3, Started: at})
	p := a.awaitProcess(t, "b/server1", "is ready", isReady)
	if p.Machine != "b" || p.PID != 7 || !p.Started.Equal(at.Add(-ahead)) {
		t.Errorf("got %+v, want machine b, pid 7, started at %s", p, at.Add(-ahead))
	}
	s := a.seen(t)
	if own, known := s.Process("server1"); !known || own.Machine != "a" || own.PID == 7 {
		t.Errorf("the own one: got %+v", own)
	}
	if n := len(b.Now().Processes); len(s.Processes) != 2*n {
		t.Errorf("got %d processes, want %d", len(s.Processes), 2*n)
	}
	before := s.Version
	b.OnStatus(platform.Status{Name: "server1", State: platform.Exited, Incarnation: 3})
	a.awaitProcess(t, "b/server1", "has exited", func(p platform.Process) bool { return p.State == platform.Exited })
	if after := a.seen(t).Version; after <= before {
		t.Errorf("the version: got %d after %d, want a later one", after, before)
	}
}

func TestWhatAnotherMachinesViewerSeesCounts(t *testing.T) {
	a, b := pair(t, 0)
	plays := func(m *machine) {
		m.OnLine("viewer", []byte(`{"@level":"info","@message":"v","event":"viewing","signal":"live01","state":"playing","msn":1}`))
	}
	plays(a)
	plays(b)
	b.OnLine("viewer", []byte(`{"@level":"info","@message":"v","event":"viewing","signal":"live01","state":"stalled","stalled_for_ms":900,"msn":1}`))
	platformtest.Await(t, "the signal is off air", func() bool { return a.seen(t).OnAir.State == platform.AirOff })
	if o := b.Now().OnAir; o.State != platform.AirOff {
		t.Fatalf("on b: got %+v", o)
	}
	a.hears("b", platform.MachineUnknown)
	platformtest.Await(t, "what an unheard machine's viewer said does not count", func() bool {
		plays(a)
		return a.seen(t).OnAir.State == platform.AirOn
	})
}

func TestAMachineThatIsNotHeardIsUnknown(t *testing.T) {
	a, b := pair(t, 0)
	b.OnStatus(platform.Status{Name: "server1", State: platform.Ready, PID: 7, Incarnation: 3})
	a.awaitProcess(t, "b/server1", "is ready", isReady)
	b.link.Cut()
	a.hears("b", platform.MachineUnknown)
	a.awaitProcess(t, "b/server1", "is unheard", func(p platform.Process) bool { return p.Unheard && p.PID == 7 && p.State == platform.Ready })
	began := time.Now()
	err := a.view.Command(t.Context(), platform.Command{Process: "b/server1", Action: platform.Kill})
	if err == nil || !strings.Contains(err.Error(), "machine b is unknown: it has not been heard for 1") || !strings.Contains(err.Error(), "Nothing was done") {
		t.Errorf("a command: got %v", err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it was refused after %s", took)
	}
	if _, err := a.view.Machine(t.Context(), "b"); err == nil {
		t.Error("its platform: got no error")
	}
	b.link.Heal()
	a.hears("b", platform.MachineUp)
	a.awaitProcess(t, "b/server1", "is heard again", isReady)
}

// TestACommandOnAMachineThatHasJustGoneIsRefusedSoon cuts a machine off before that is
// known.
func TestACommandOnAMachineThatHasJustGoneIsRefusedSoon(t *testing.T) {
	a, b := pair(t, 0)
	b.link.Cut()
	ctx, cancel := context.WithTimeout(t.Context(), platformtest.Deadline)
	defer cancel()
	if err := a.view.Command(ctx, platform.Command{Process: "b/server1", Action: platform.Kill}); err == nil || ctx.Err() != nil {
		t.Errorf("got %v, want a refusal", err)
	}
	silent := cluster.SubjectPlatform + "c" // a machine that takes requests, and answers none
	if err := a.bus.Subscribe(t.Context(), silent, func(cluster.Msg) {}); err != nil {
		t.Fatal(err)
	}
	a.hears("c", platform.MachineUp)
	if err := a.view.Command(ctx, platform.Command{Process: "c/server1", Action: platform.Kill}); err == nil || err.Error() != "machine c has not answered: whether it has done it is not known" {
		t.Errorf("one that is silent: got %v", err)
	}
}

func TestACommandIsDoneOnTheMachineOfItsProcess(t *testing.T) {
	a, b := pair(t, 0)
	b.OnStatus(platform.Status{Name: "server1", State: platform.Ready, Incarnation: 3})
	a.awaitProcess(t, "b/server1", "is ready", isReady)
	by := platform.Actor{Via: platform.ViaAttach, Key: "K", PID: 12, User: "ann"}
	for _, c := range []platform.Command{
		{Process: "b/server1", Action: platform.Kill, By: by, Incarnation: 3}, {Process: "b/server1", Action: platform.Restart, By: by},
		{Process: "server2", Action: platform.Stop, By: by}, {Process: "a/server2", Action: platform.Start, By: by},
	} {
		if err := a.view.Command(t.Context(), c); err != nil {
			t.Errorf("%s %s: %v", c.Action, c.Process, err)
		}
	}
	if got, want := b.commands.all(), []string{"kill server1", "restart server1"}; !slices.Equal(got, want) {
		t.Errorf("on b: got %v, want %v", got, want)
	}
	if got, want := a.commands.all(), []string{"stop server2", "start server2"}; !slices.Equal(got, want) {
		t.Errorf("on a: got %v, want %v", got, want)
	}
	err := a.view.Command(t.Context(), platform.Command{Process: "b/server1", Action: platform.Kill, Incarnation: 2})
	if err == nil || !strings.Contains(err.Error(), "has been started anew in the meantime (incarnation 3, not 2): nothing was done") {
		t.Errorf("on an earlier incarnation: got %v", err)
	}
	if err := a.view.Command(t.Context(), platform.Command{Process: "x/server1", Action: platform.Kill}); err == nil || err.Error() != `machine "x": allowed are a, b` {
		t.Errorf("on no machine: got %v", err)
	}
	if got := b.commands.all(); len(got) != 2 {
		t.Errorf("on b: got %v after refusals", got)
	}
}

func TestTheJournalsOfAllMachinesAreOneStory(t *testing.T) {
	const ahead = 5 * time.Second
	a, b := pair(t, ahead)
	out := func(m *machine, at time.Time, signal string) {
		m.Update(func(now *model.Model) {
			now.ApplyLine("viewer", event.Line{Time: at}, event.Outage{Signal: signal, Since: at})
		})
	}
	began := time.Now().Round(0)
	out(a, began, "first")
	out(b, began.Add(ahead+time.Second), "second") // by its own clock
	out(a, began.Add(2*time.Second), "third")
	story := func() (told []string, first platform.Event) {
		for _, e := range a.events(t) {
			if o, is := e.What.(event.Outage); is {
				told = append(told, e.Process+" "+o.Signal)
				if o.Signal == "second" {
					first = e
				}
			}
		}
		return told, first
	}
	want := []string{"viewer first", "b/viewer second", "viewer third"}
	platformtest.Await(t, "all are told", func() bool { told, _ := story(); return len(told) >= len(want) })
	told, second := story()
	if !slices.Equal(told, want) {
		t.Errorf("got %v, want %v", told, want)
	}
	if !second.Time.Equal(began.Add(time.Second)) || second.Machine != "b" || !second.What.(event.Outage).Since.Equal(began.Add(time.Second)) {
		t.Errorf("got %+v, want it at %s", second, began.Add(time.Second))
	}
	// It is cut off, and comes back: what it did meanwhile is told once, and nothing twice.
	b.link.Cut()
	a.hears("b", platform.MachineUnknown)
	out(b, began.Add(ahead+3*time.Second), "meanwhile")
	a.seen(t)
	b.link.Heal()
	a.hears("b", platform.MachineUp)
	want = append(want, "b/viewer meanwhile")
	platformtest.Await(t, "what it did meanwhile is told", func() bool { told, _ := story(); return len(told) >= len(want) })
	if told, _ := story(); !slices.Equal(told, want) {
		t.Errorf("got %v, want %v", told, want)
	}
}

func TestASubscriberIsToldOfOtherMachinesEventsOnce(t *testing.T) {
	a, b := pair(t, 0)
	ctx, cancel := context.WithTimeout(t.Context(), platformtest.Deadline)
	defer cancel()
	snapshot, events, err := a.view.Subscribe(ctx)
	if err != nil || len(snapshot.Processes) != 2*len(b.Now().Processes) {
		t.Fatalf("got %d processes, %v", len(snapshot.Processes), err)
	}
	a.events(t) // b's journal is known
	for _, signal := range []string{"one", "two"} {
		b.OnLine("viewer", []byte(`{"@level":"warn","@message":"o","event":"outage","signal":"`+signal+`","since":"2024-04-05T11:23:45.678Z"}`))
	}
	a.OnStatus(platform.Status{Name: "proxy", State: platform.Ready})
	var told []string
	for len(told) < 3 {
		e, open := <-events
		if !open {
			t.Fatalf("the subscription ended after %v", told)
		}
		switch what := e.What.(type) {
		case event.Outage:
			told = append(told, e.Process+" "+what.Signal)
		case platform.Changed:
			told = append(told, e.Process)
		}
	}
	slices.Sort(told)
	if want := []string{"b/viewer one", "b/viewer two", "proxy"}; !slices.Equal(told, want) {
		t.Errorf("got %v, want %v", told, want)
	}
	cancel()
	for range events { // until it is closed
	}
}

func TestLogsOfAllMachinesAreNumberedTogether(t *testing.T) {
	a, b := pair(t, 0)
	var known uint64
	var got []string
	poll := func() {
		if a.seen(t).LogSeq <= known {
			return
		}
		list, err := a.view.Logs(t.Context(), known, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range list {
			if l.Seq <= known {
				t.Fatalf("line %d after %d", l.Seq, known)
			}
			known = l.Seq
			got = append(got, l.Process+" "+l.Message)
		}
	}
	var want []string
	for _, message := range []string{"1", "2", "3"} {
		a.OnLine("proxy", []byte(`{"@level":"info","@message":"`+message+`"}`))
		b.OnLine("proxy", []byte(`{"@level":"info","@message":"`+message+`"}`))
		want = append(want, "b/proxy "+message, "proxy "+message)
		platformtest.Await(t, "line "+message+" of both", func() bool { poll(); return len(got) >= len(want) })
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNothingIsAskedWhileNoClientAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t, 0)
		b.OnStatus(platform.Status{Name: "server1", State: platform.Ready})
		a.awaitProcess(t, "b/server1", "is ready", isReady)
		if a.bus.requests.Load() == 0 {
			t.Fatal("nothing was asked")
		}
		time.Sleep(interest + 2*period)
		asked := a.bus.requests.Load()
		time.Sleep(time.Hour)
		if n := a.bus.requests.Load() - asked; n > 0 {
			t.Errorf("%d requests in an hour in which no client asked", n)
		}
		b.OnStatus(platform.Status{Name: "server1", State: platform.Exited})
		if p, _ := a.seen(t).Process("b/server1"); p.State != platform.Exited || p.Unheard {
			t.Errorf("the first answer after that: got %+v, want it as it is now", p)
		}
	})
}
