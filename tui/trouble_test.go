package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/trouble"
)

// inTrouble is a bad state, and what the page says first about it.
type inTrouble struct {
	state string // to begin with
	by    func(s *platform.Snapshot)
	what  string // empty means that nothing is wrong
	means string // part of it
	// mend is part of what mends it, key the shown key; presses is the command that comes of
	// the key, or nil.
	mend, key string
	presses   *platform.Command
}

func troubleTable() map[string]inTrouble {
	stopped := func(names ...string) func(*platform.Snapshot) {
		return func(s *platform.Snapshot) {
			for _, name := range names {
				gone(s, name, platform.Exited, "stopped")
				status(s, name, func(p *platform.Process) { p.Wanted = false })
				for i, packager := range []string{"server1", "server2"} {
					if packager == name {
						s.Details[0].Packagers[i].State, s.Details[0].Packagers[i].Reason = report.Down, "connection refused"
					}
				}
			}
		}
	}
	command := func(name string, a platform.Action) *platform.Command {
		return &platform.Command{Process: name, Action: a}
	}
	stale := func(s *platform.Snapshot) {
		s.Films = []platform.FilmAt{{Time: noon, Process: "worker", Film: event.Film{File: "live01.mp4", Signal: "live01", State: event.FilmAired}}}
		s.Viewings = []platform.ViewingAt{viewing(noon, 4*time.Second)}
		for i := range s.Details[0].Packagers {
			s.Details[0].Packagers[i].State, s.Details[0].Packagers[i].Reason = report.Stale, "no new segment for 9.2s"
		}
	}
	film := func(state event.FilmState, cause event.FilmCause, reason string) func(s *platform.Snapshot) {
		return func(s *platform.Snapshot) {
			s.Films = []platform.FilmAt{
				{Time: noon, Process: "worker", Film: event.Film{File: "live01.mp4", Signal: "live01", State: event.FilmAired}},
				{Time: noon, Process: "worker", Film: event.Film{File: "broken.mp4", Signal: "broken", State: state, Reason: reason, Cause: cause}},
			}
		}
	}
	return map[string]inTrouble{
		"nothing":             {by: func(*platform.Snapshot) {}},
		"starting":            {state: "starting", by: func(*platform.Snapshot) {}},
		"both packagers down": {by: stopped("server1", "server2"), what: "server1 and server2 stopped", means: "No packager is left", mend: "starts server1", key: "s", presses: command("server1", platform.Start)},
		"the worker is dead":  {by: stopped("worker"), what: "worker stopped", means: "No new pictures come", mend: "starts worker", key: "s", presses: command("worker", platform.Start)},
		"the worker restarts": {by: func(s *platform.Snapshot) { gone(s, "worker", platform.Backoff, "exit status 1, restarting in 1.6s") }, what: "worker backoff, exit status 1, restarting in 1.6s", means: "No new pictures", mend: "restarts worker at once; it also comes back by itself", key: "r", presses: command("worker", platform.Restart)},
		"one signal is stale": {by: stale, what: "live01 is stale at every packager", means: "Its worker gives no new segment", mend: "restarts worker", key: "r"},
		"the disk is full": {by: func(s *platform.Snapshot) {
			status(s, "worker", func(p *platform.Process) { p.State, p.Reason = platform.Degraded, "live01: no space left on device" })
			film(event.FilmWaiting, event.FilmDiskFull, "out/broken: no space left on device")(s)
		}, what: "disk full: broken waits", means: "no room for new segments", mend: "it goes on by itself", key: "e"},
		"the disk is full, and its room is known": {by: func(s *platform.Snapshot) {
			film(event.FilmWaiting, event.FilmDiskFull, "out/broken: no space left on device")(s)
			s.Films[1].Folder = "out/broken"
			s.Disks = []platform.Disk{{Folder: "STATE_PATH", Path: "/var", Device: 1, FreeBytes: 5 << 30}, {Folder: "OUTPUT_STREAM_PATH", Path: "out", Device: 2, FreeBytes: 12 << 10, Low: true}}
		}, what: "disk full in ./out/broken, 12 KiB free: broken waits", means: "no room for new segments", mend: "it goes on by itself", key: "e"},
		"a disk is low, and two folders are on it": {by: func(s *platform.Snapshot) {
			s.Disks = []platform.Disk{{Folder: "OUTPUT_STREAM_PATH", Path: "/srv/out", Device: 2, FreeBytes: 800 << 20, Low: true}, {Folder: "STATE_PATH", Path: "/srv/state", Device: 2, FreeBytes: 800 << 20, Low: true}}
		}, what: "disk low: 800 MiB free in /srv/out (OUTPUT_STREAM_PATH)", means: "Less than DISK_LOW_BYTES is free", mend: "Make room there: films no longer on air"},
		"a disk has room": {by: func(s *platform.Snapshot) {
			s.Disks = []platform.Disk{{Folder: "OUTPUT_STREAM_PATH", Path: "/srv/out", FreeBytes: 800 << 20}}
		}},
		"a worker is degraded": {by: func(s *platform.Snapshot) {
			status(s, "worker", func(p *platform.Process) { p.State, p.Reason = platform.Degraded, "no new segment of live01" })
		}, what: "worker degraded, no new segment of live01", means: "for the reason that it names", mend: "It goes on by itself once the cause has gone", key: "e"},
		"it flaps":             {by: flaps, what: "server1 ended 3 times in 4s: exit status 1", means: "If the other one fails, players stop", mend: "shows its logs: they say why. Once that is mended, r restarts it", key: "l"},
		"the proxy is stopped": {by: stopped("proxy"), what: "proxy stopped", means: "Players get nothing", mend: "starts proxy", key: "s", presses: command("proxy", platform.Start)},
		"the proxy is paused":  {by: func(s *platform.Snapshot) { status(s, "proxy", func(p *platform.Process) { p.Paused = true }) }, what: "proxy paused", means: "Players get nothing", mend: "resumes proxy", key: "p", presses: command("proxy", platform.Resume)},
		"a film is refused":    {by: film(event.FilmRefused, event.FilmNoVideo, "no video"), what: "broken.mp4 is refused: no video", means: "It is not on air", mend: "Copy a film with a picture into the input folder"},
		"a film is being made": {by: film(event.FilmWaiting, event.FilmMaking, "its mezzanine is to be made")},
		"no spare":             {by: stopped("server2"), what: "no spare: server2 stopped", means: "If the other packager fails", mend: "starts server2", key: "s", presses: command("server2", platform.Start)},
		"no spare, it is stale": {by: func(s *platform.Snapshot) {
			s.Details[0].Packagers[1].State, s.Details[0].Packagers[1].Reason = report.Stale, "no new segment for 9s"
		}, what: "no spare: server2 is stale for live01: no new segment for 9s", means: "If the other packager fails", mend: "restarts server2", key: "r", presses: command("server2", platform.Restart)},
		"the origin has failed": {state: "failed", by: func(*platform.Snapshot) {}, what: "origin failed, ended 5 times in 30s, tried again in 60s", means: "and f and h do nothing", mend: "restarts origin", key: "r", presses: command("origin", platform.Restart)},
		"nobody watches":        {by: stopped("viewer"), what: "viewer stopped", means: "Nobody watches", mend: "starts viewer", key: "s", presses: command("viewer", platform.Start)},
		"a failover would show": {state: "passed through", by: func(*platform.Snapshot) {}, what: "/live01/playlist.m3u8 is passed through: low latency: its parts are its packager's", means: "players notice a failover", mend: "No key mends it"},
	}
}

// flaps has server1 end again and again.
func flaps(s *platform.Snapshot) {
	gone(s, "server1", platform.Backoff, "exit status 1, restarting in 0.4s")
	status(s, "server1", func(p *platform.Process) {
		for i := range 3 {
			p.Exits = append(p.Exits, platform.Ending{Time: noon.Add(time.Duration(2*i-6) * time.Second), Incarnation: i, How: "exit status 1"})
		}
	})
}

func TestEachBadStateIsExplainedWithTheKeyThatMendsIt(t *testing.T) {
	for name, c := range troubleTable() {
		t.Run(name, func(t *testing.T) {
			state := c.state
			if state == "" {
				state = "on air"
			}
			m, f := newTestModel(t, state, 120, 36, colour)
			s := f.snapshot
			s.Version++
			s.Details = slices.Clone(s.Details)
			c.by(&s)
			m.take(polled{s.At, completed(s), nil})
			list := m.troubles
			if c.what == "" {
				if len(list) > 0 {
					t.Fatalf("got %+v, want nothing wrong", list)
				}
				typed(m, "!")
				wantShown(t, m, "NOTHING IS WRONG")
				return
			}
			if len(list) == 0 || list[0].What != c.what || !strings.Contains(trouble.Placed(list[0].Means, "", m.keyNamed), c.means) || !strings.Contains(list[0].Words(false, m.keyNamed), c.mend) {
				t.Fatalf("got %+v, want %q, %q and %q first", list, c.what, c.means, c.mend)
			}
			for _, text := range []string{trouble.Placed(list[0].Means, "", m.keyNamed), c.key + " " + list[0].Words(false, m.keyNamed)} {
				if len(text) > 74-3 {
					t.Errorf("%q does not fit on a line of a screen of 80x24", text)
				}
			}
			wantShown(t, m, "! what is wrong")
			typed(m, "!")
			wantShown(t, m, strings.TrimSpace(canvas.Shortened(list[0].What, 55, "")), strings.TrimSpace(c.key+" "+list[0].Words(false, m.keyNamed)))
			if c.presses != nil {
				typed(m, c.key)
				if got := f.asked(); len(got) != 1 || got[0] != *c.presses {
					t.Errorf("%s: got %v, want %v", c.key, got, *c.presses)
				}
			}
			checkFrame(t, m, 120, 36, name)
		})
	}
}

func TestThePageOfTroublesFitsEverySize(t *testing.T) {
	withoutDetector(t)
	for _, size := range [][2]int{{120, 36}, {80, 24}, {60, 16}, {40, 10}} {
		m, f := newTestModel(t, "a hundred signals", size[0], size[1], colour)
		s := f.snapshot
		s.Version++
		flaps(&s)
		gone(&s, "worker", platform.Failed, "ended 5 times in 30s, tried again in 60s")
		m.take(polled{s.At, completed(s), nil})
		typed(m, "!")
		for range 8 {
			checkFrame(t, m, size[0], size[1], ansi.Strip(m.View()))
			typed(m, "down")
		}
		typed(m, "enter")
		if m.dialog != nil {
			t.Errorf("at %v: enter leaves %T open", size, m.dialog)
		}
	}
}

func TestADiskOfSeveralFoldersIsOneTrouble(t *testing.T) {
	m, f := newTestModel(t, "on air", 120, 36, colour)
	s := f.snapshot
	s.Version++
	for i, folder := range []string{"OUTPUT_STREAM_PATH", "STATE_PATH", "CACHE_PATH"} {
		s.Disks = append(s.Disks, platform.Disk{Folder: folder, Path: "/srv", Device: uint64(i / 2), Low: true})
	}
	m.take(polled{s.At, completed(s), nil})
	if m.scene.Selected != "server1" {
		t.Errorf("the cursor is on %s, want it to stay on the active packager", m.scene.Selected)
	}
	if got := len(m.troubles); got != 2 {
		t.Errorf("got %d troubles, want one for each of two disks: %+v", got, m.troubles)
	}
}
