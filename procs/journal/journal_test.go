package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

// deadline is how long a test waits for something that must happen.
const deadline = 30 * time.Second

// now is when the tests begin, without the monotonic clock, which the file does not carry.
var now = time.Now().UTC().Truncate(time.Millisecond)

// command is the n-th event of a test.
func command(n int) platform.Event {
	return platform.Event{Time: now.Add(time.Duration(n) * time.Millisecond), Process: "server1", What: platform.Commanded{
		Action: platform.Kill, Process: "server1", By: platform.Actor{Via: platform.ViaCtl, PID: n, User: "op"},
	}}
}

// record writes events to the journal in folder, as one run of a platform does.
func record(t *testing.T, folder string, change func(j *Journal), events ...platform.Event) {
	t.Helper()
	j := Open(Options{Folder: folder})
	if change != nil {
		change(j)
	}
	for _, e := range events {
		j.Add(e)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	j.Run(ctx)
}

func whole(t *testing.T, folder string) Past {
	t.Helper()
	past, err := Read(folder, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return past
}

func TestAJournalIsReadBack(t *testing.T) {
	folder := t.TempDir()
	started := platform.Event{Time: now, What: platform.Started{PID: 7, Layout: "default"}}
	ended := platform.Event{Time: now.Add(time.Minute), What: platform.Ended{Stopping: now.Add(time.Minute)}}
	want := []platform.Event{
		started,
		command(1),
		{Time: now.Add(2 * time.Second), Process: "proxy", What: event.Failover{Signal: "live01", From: "http://a", To: "http://b", Cause: "é \x1b[2J", GapMS: 1.5}},
		{Time: now.Add(3 * time.Second), Process: "viewer", What: event.EndedOutageOf("live01", now, now.Add(1234*time.Millisecond))},
		{Time: now.Add(4 * time.Second), Process: "worker", What: platform.Exit{Incarnation: 2, State: platform.Backoff, Reason: "exit status 1", Times: 9, Since: now}},
		{Time: now.Add(5 * time.Second), What: platform.Drilled{Name: "kill-active", Verdict: platform.DrillPassed, Seen: "no failover", By: platform.Actor{Via: platform.ViaDrill, PID: 1, User: "root"}}},
		{Time: now.Add(6 * time.Second), What: platform.Aired{Signal: "live01", State: platform.AirOn}},
		ended,
	}
	record(t, folder, nil, want...)
	past := whole(t, folder)
	if d := cmp.Diff(want, past.Events); d != "" || past.Skipped != 0 {
		t.Errorf("skipped %d, want -, got +\n%s", past.Skipped, d)
	}
	again := Open(Options{Folder: folder})
	if d := cmp.Diff(want[2:4], again.Since(now.Add(2*time.Second), 100)[:2]); d != "" {
		t.Errorf("after a restart: want -, got +\n%s", d)
	}
	if got := again.Since(time.Time{}, 3); len(got) != 3 || !got[2].Time.Equal(ended.Time) {
		t.Errorf("the newest three: got %v", got)
	}
}

func TestOnlyWhatIsWorthKnowingIsKept(t *testing.T) {
	outage := event.OutageOf("live01", now, now)
	again := outage
	again.Again = true
	refused := event.Film{File: "a.mp4", State: event.FilmRefused, Reason: "no video"}
	var k keeps
	for _, c := range []struct {
		name string
		what platform.What
		want bool
	}{
		{"the state of a process", platform.Changed{}, false},
		{"a line of log", platform.Logged{Line: event.Line{Level: event.LevelError, Module: "proxy"}}, false},
		{"a message of the platform", platform.Logged{Line: event.Line{Module: platform.Self}}, true},
		{"an outage", outage, true},
		{"the same once more", again, false},
		{"a countdown without an outage", platform.Averted{Signal: "live01"}, true},
		{"a playlist", event.Serving{}, false},
		{"a film that is refused", refused, true},
		{"the same film, tried again", event.Film{File: "a.mp4", State: event.FilmWaiting}, false},
		{"and refused again", refused, false},
		{"a film that is aired", event.Film{File: "a.mp4", State: event.FilmAired}, false},
		{"and refused later", refused, true},
	} {
		if got := k.keep(platform.Event{Time: now, What: c.what}); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}

func TestWhatIsNoEventIsSkippedAndCounted(t *testing.T) {
	folder := t.TempDir()
	record(t, folder, nil, command(1))
	f, err := os.OpenFile(Path(folder), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("no JSON\n{}\n" + `{"time":"2026-01-01T00:00:00Z","of a later version":{}}` + "\n" + strings.Repeat("x", lineMost) + "\n" + `{"time":"2026-01-0`)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if past := whole(t, folder); len(past.Events) != 1 || past.Skipped != 5 {
		t.Errorf("got %d events, %d skipped, want 1 and 5", len(past.Events), past.Skipped)
	}
	record(t, folder, nil, command(2)) // after the truncated line
	if past := whole(t, folder); len(past.Events) != 2 || past.Skipped != 4 {
		t.Errorf("after another event: got %d events, %d skipped, want 2, and 4 without the truncated one", len(past.Events), past.Skipped)
	}
}

func TestAJournalIsBounded(t *testing.T) {
	folder := t.TempDir()
	const most = 16 << 10
	lasting := platform.Event{Time: now, Process: "viewer", What: event.OutageOf("live01", now, now)}
	on := platform.Event{Time: now, What: platform.Aired{Signal: "live02", State: platform.AirOn}}
	events := []platform.Event{{Time: now, What: platform.Started{PID: 7}}, on, lasting}
	for i := range 900 {
		events = append(events, command(i))
	}
	record(t, folder, func(j *Journal) { j.store.most = most }, events...)
	var all int64
	for _, path := range []string{Path(folder), Path(folder) + older} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > most {
			t.Errorf("%s has %d bytes, want %d at most", path, info.Size(), most)
		}
		all += info.Size()
	}
	past := whole(t, folder)
	if n := len(past.Events); n < 50 || past.Skipped != 0 {
		t.Errorf("got %d events of %d bytes, %d skipped", n, all, past.Skipped)
	}
	if d := cmp.Diff(events[len(events)-50:], past.Events[len(past.Events)-50:]); d != "" {
		t.Errorf("the newest: want -, got +\n%s", d)
	}
	var s standing
	for _, e := range past.Events {
		s.take(e)
	}
	if d := cmp.Diff(events[:3], s.events()); d != "" {
		t.Errorf("what lasts, although its first file is gone: want -, got +\n%s", d)
	}
	if got := strings.Count(fmt.Sprint(past.Events), "live02"); got != 1 {
		t.Errorf("an event that both files begin with is there %d times, want once", got)
	}
}

func TestOfOldLinesOnlyWhatLastsIsReadBack(t *testing.T) {
	folder := t.TempDir()
	events := []platform.Event{{Time: now, What: platform.Started{PID: 7}}, command(1), {Time: now.Add(2 * time.Millisecond), What: platform.Aired{Signal: "live01", State: platform.AirOn}}, command(3), command(4)}
	record(t, folder, nil, events...)
	for newest, want := range []int{2, 3, 4, 4, 5, 5} {
		past, err := read(folder, time.Now(), newest)
		if err != nil || len(past.Events) != want {
			t.Errorf("the newest %d: got %d events, %v, want %d", newest, len(past.Events), err, want)
		}
	}
}

func TestOldEventsAreForgotten(t *testing.T) {
	folder := t.TempDir()
	old := command(0)
	old.Time = now.Add(-ageMost - time.Hour)
	record(t, folder, nil, old, command(1))
	if past := whole(t, folder); len(past.Events) != 1 || !past.Events[0].Time.Equal(command(1).Time) {
		t.Errorf("got %v, want the younger one", past.Events)
	}
	record(t, folder, nil, command(2)) // the file is too old: this begins another
	if _, err := os.Stat(Path(folder) + older); err != nil {
		t.Errorf("the file with the old event: %v", err)
	}
	past := time.Now().Add(-ageMost - time.Hour)
	if err := os.Chtimes(Path(folder)+older, past, past); err != nil {
		t.Fatal(err)
	}
	record(t, folder, nil, command(3))
	if _, err := os.Stat(Path(folder) + older); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file whose events are all too old: got %v, want it removed", err)
	}
}

func TestAPlatformThatWasKilledHasAnEnd(t *testing.T) {
	folder := t.TempDir()
	record(t, folder, nil, platform.Event{Time: now.Add(-time.Hour), What: platform.Started{PID: 7}})
	seen := now.Add(-time.Minute).Truncate(time.Second)
	if err := os.Chtimes(Path(folder), seen, seen); err != nil {
		t.Fatal(err)
	}
	record(t, folder, nil, platform.Event{Time: now, What: platform.Started{PID: 8}})
	want := platform.Ended{Stopping: seen, Killed: true}
	got := whole(t, folder).Events
	if len(got) != 3 {
		t.Fatalf("got %v, want three events", got)
	}
	if end, is := got[1].What.(platform.Ended); !is || !end.Killed || !end.Stopping.Equal(want.Stopping) {
		t.Errorf("got %+v, want %+v between the two", got[1], want)
	}
}

func TestOnePlatformWritesAtATime(t *testing.T) {
	folder := t.TempDir()
	first := newStore(folder)
	defer first.close()
	if err := first.append(command(1), now); err != nil {
		t.Fatal(err)
	}
	second := newStore(folder)
	if err := second.append(command(2), now); !errors.Is(err, errLocked) {
		t.Errorf("got %v, want %v", err, errLocked)
	}
	first.close()
	if err := second.append(command(2), now); err != nil {
		t.Errorf("once the first has ended: got %v", err)
	}
	second.close()
	if got := whole(t, folder).Events; len(got) != 2 {
		t.Errorf("got %v, want two events", got)
	}
}

func TestAFileThatIsRemovedIsMadeAgain(t *testing.T) {
	folder := t.TempDir()
	s := newStore(folder)
	defer s.close()
	for i := range 2 {
		if err := s.append(command(i), now); err != nil {
			t.Fatal(err)
		}
		if got := whole(t, folder).Events; len(got) != 1 {
			t.Errorf("got %v, want one event", got)
		}
		if err := os.Remove(Path(folder)); err != nil {
			t.Fatal(err)
		}
	}
}

// fullDisk is a file on a disk that has room for some bytes.
type fullDisk struct {
	disk
	room *room
}

type room struct {
	mu    sync.Mutex
	bytes int   // guarded by mu
	tries int64 // how often there was none; guarded by mu
}

func (f fullDisk) Write(b []byte) (int, error) {
	f.room.mu.Lock()
	defer f.room.mu.Unlock()
	n, err := f.disk.Write(b[:min(len(b), f.room.bytes)])
	if f.room.bytes -= n; err == nil && n < len(b) {
		f.room.tries++
		err = syscall.ENOSPC
	}
	return n, err
}

func TestAFullDiskDelaysTheJournalAndNothingElse(t *testing.T) {
	folder := t.TempDir()
	space := &room{bytes: 700}
	j := Open(Options{Folder: folder})
	j.retry = time.Millisecond
	j.store.open = func(path string) (disk, error) {
		d, err := openFile(path)
		return fullDisk{d, space}, err
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); j.Run(ctx) }()
	const events = queueMost + 200
	for i := range events {
		j.Add(command(i)) // never blocks
	}
	if got := j.Since(time.Time{}, 10*events); len(got) != events {
		t.Errorf("in memory: got %d events, want all %d", len(got), events)
	}
	for end := time.Now().Add(deadline); ; {
		space.mu.Lock()
		tries := space.tries
		space.mu.Unlock()
		if tries >= 3 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the journal did not try again")
		}
		time.Sleep(time.Millisecond) // before the next look at the condition
	}
	if past := whole(t, folder); past.Skipped > 1 || len(past.Events) == 0 {
		t.Errorf("on the full disk: got %d events, %d skipped, want those that had room", len(past.Events), past.Skipped)
	}
	space.mu.Lock()
	space.bytes = 10 << 20
	space.mu.Unlock()
	j.Add(command(events)) // which finds room in the queue or does not: the rest is written
	cancel()
	<-done
	past := whole(t, folder)
	dropped := 0
	for _, e := range past.Events {
		dropped += e.Dropped
	}
	if n := len(past.Events); past.Skipped != 0 || n < queueMost || n > queueMost+10 {
		t.Errorf("got %d events, %d dropped, %d skipped, want what had waited, and nothing torn", n, dropped, past.Skipped)
	}
}

func TestAHookIsGivenEachEvent(t *testing.T) {
	out := t.TempDir() + "/out"
	h := NewHook("cat >> "+out, hclog.NewNullLogger())
	for i := range 3 {
		h.Take(command(i))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.Run(ctx) // what waits is still handled
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var got []platform.Event
	for line := range bytes.Lines(b) {
		var e platform.Event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	if d := cmp.Diff([]platform.Event{command(0), command(1), command(2)}, got); d != "" {
		t.Errorf("want -, got +\n%s", d)
	}
}

func TestAHookIsNeverInTheWay(t *testing.T) {
	h := NewHook("sleep 1000 & sleep 1000", hclog.NewNullLogger())
	h.most, h.grace = 10*time.Millisecond, 50*time.Millisecond
	for i := range hookQueue + 7 {
		h.Take(command(i)) // never blocks
	}
	if got := h.dropped.Load(); got != 7 {
		t.Errorf("dropped: got %d, want 7", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	h.Run(ctx)
	if took := time.Since(began); took > deadline {
		t.Errorf("it took %s to end", took)
	}
	h.Take(command(0))
	if got := h.dropped.Load(); got != 0 {
		t.Errorf("dropped: got %d, want the event to tell of them", got)
	}
}
