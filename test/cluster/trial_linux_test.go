package cluster

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/viewer/player"
	"livestream-tui/test/harness"
)

const (
	// engineWithin is how long engines may take until one leads again, tableWithin how long
	// the tables of all machines may take after that. Both are for a busy machine: the times
	// that were measured are in the table.
	engineWithin = 2 * time.Minute
	tableWithin  = time.Minute
	storyWithin  = time.Minute
	// starvedMost is how long a player may not get to run in a trial, before its stalls are
	// those of a machine that is too busy for the trial.
	starvedMost = time.Second
)

// result is what became of one fault.
type result struct {
	fault   string
	clean   bool
	players int
	// silence is how much longer than a segment there was nothing new for a player.
	silence time.Duration
	// starved is how long a player did not get to run.
	starved time.Duration
	// writes and bus are the longest times in which the Store took no write, and nothing came
	// over the Bus, at machines that were not hit; zero where that was not measured.
	writes, bus time.Duration
	// engine is how long after the fault's end all engines and machines were well, table how
	// much longer the ingest tables took.
	engine, table time.Duration
}

// try injects a fault, and judges what the players saw until all is well again.
func (r *rig) try(t *testing.T, f fault, a *audience) result {
	r.own(t)
	r.await(engineWithin, "all is well", r.well)
	a.awaitSteady(r.machines)
	var stop func([]*machine) (writes, bus time.Duration)
	if r.probed {
		stop = r.startProbe()
		time.Sleep(time.Second) // before the fault all is well
	}
	began := a.now()
	hit, undo, err := f.inject(r)
	if undo == nil {
		t.Fatal(err)
	}
	if err == nil {
		r.last(t, f, r.sound(hit))
		if f.check != nil {
			if err := f.check(r); err != nil {
				t.Error(err)
			}
		}
	}
	if undone := undo(); err != nil || undone != nil {
		t.Fatal(err, undone)
	}
	over := time.Now()
	res := result{fault: f.name}
	if r.engine {
		r.await(engineWithin, "engines and machines are well", r.engines)
		res.engine = time.Since(over)
	}
	again := time.Now()
	r.await(tableWithin, "the ingest table of each machine is right", func() error { return r.tables(r.machines, r.packagers()) })
	res.table = time.Since(again)
	if r.engine {
		var differs error
		since := began.at
		if f.wholeStory {
			since = r.began
		}
		if !harness.Within(storyWithin, func() bool { differs = r.oneStory(since); return differs == nil }) {
			t.Errorf("the journals do not tell one story: %v", differs)
		}
	}
	if f.after != nil {
		if err := f.after(r); err != nil {
			t.Error(err)
		}
	}
	if stop != nil {
		res.writes, res.bus = stop(r.sound(hit))
	}
	judged := r.machines
	if !f.everywhere {
		judged = r.sound(hit)
	}
	reports := a.seen(judged, began)
	sum := player.Summarize(reports)
	res.silence, res.players, res.clean, res.starved = silence(reports), len(reports), sum.Clean(), sum.Starved
	if sum.Starved >= starvedMost && sum.Violated+sum.Failed+sum.GaveUp == 0 {
		t.Logf("%s: %s, which is not judged: players themselves did not get to run for %s", f.name, sum, sum.Starved)
	} else if !res.clean {
		list := complaints(reports, began.at)
		t.Errorf("%s: players saw something: %s (a player did not get to run for %s)\n%s", f.name, sum, sum.Starved, strings.Join(list[:min(len(list), 40)], "\n"))
	}
	if err := r.alike(); err != nil {
		t.Error(err)
	}
	t.Log(res)
	return res
}

// last lets a fault last.
func (r *rig) last(t *testing.T, f fault, sound []*machine) {
	over := time.Now().Add(f.hold)
	for f.watch != nil && time.Now().Before(over) {
		if err := f.watch(r, sound); err != nil {
			t.Errorf("%.1f s before its end: %v", time.Until(over).Seconds(), err)
			break
		}
		time.Sleep(200 * time.Millisecond) // between two looks
	}
	time.Sleep(time.Until(over)) // as long as the fault lasts
}

func (r result) String() string {
	return fmt.Sprintf("%s: %d players, clean %t, silence %.1f s, writes %.1f s, bus %.2f s, engine back after %.1f s, table %.1f s later",
		r.fault, r.players, r.clean, r.silence.Seconds(), r.writes.Seconds(), r.bus.Seconds(), r.engine.Seconds(), r.table.Seconds())
}

// alike is nil when every packager and every proxy has the same bytes for each segment that
// two of them list.
func (r *rig) alike() error {
	type body struct{ from, bytes string }
	seen := map[string]body{}
	bases := r.packagers()
	for _, m := range r.machines {
		bases = append(bases, m.proxy())
	}
	for _, base := range bases {
		list, err := r.playlist(base)
		if err != nil {
			return err
		}
		for _, s := range list.Segments[2:] { // the first ones leave
			if s.Gap {
				continue
			}
			_, b, err := harness.Fetch(r.client, base+"/"+film+"/"+s.URI)
			if err != nil {
				return err
			}
			if was, known := seen[s.URI]; known && was.bytes != string(b) {
				return fmt.Errorf("%s: %s has other bytes than %s", s.URI, base, was.from)
			}
			seen[s.URI] = body{base, string(b)}
		}
	}
	return nil
}
