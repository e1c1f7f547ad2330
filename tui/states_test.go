package tui

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// status changes one process's status.
func status(s *platform.Snapshot, name string, by func(p *platform.Process)) {
	s.Processes = slices.Clone(s.Processes) // earlier snapshots are still read
	for i := range s.Processes {
		if s.Processes[i].Name == name {
			by(&s.Processes[i])
		}
	}
}

// gone makes a process one that does not run.
func gone(s *platform.Snapshot, name string, state platform.State, reason string) {
	status(s, name, func(p *platform.Process) {
		p.State, p.Reason, p.PID, p.CPU, p.RSS, p.Started = state, reason, 0, 0, 0, time.Time{}
	})
}

// states are the states of the platform that an operator may see. Each is a change to a
// platform on air.
func states() map[string]func(s *platform.Snapshot) {
	const two = 1
	list := map[string]func(s *platform.Snapshot){
		"on air":     func(*platform.Snapshot) {},
		"remembered": func(*platform.Snapshot) {}, // and a journal of what was before
		"starting":   starting,
		"no spare": func(s *platform.Snapshot) {
			gone(s, "server2", platform.Exited, "stopped")
			status(s, "server2", func(p *platform.Process) { p.Wanted = false })
			s.Details[0].Packagers[two].State, s.Details[0].Packagers[two].Reason = report.Down, "connection refused"
			s.Ingests[0].Packagers = s.Ingests[0].Packagers[:1]
		},
		"passed through": passedThrough,
		"off air": func(s *platform.Snapshot) {
			gone(s, "worker", platform.Backoff, "exit status 1, restarting in 1.6s")
			for i := range s.Details[0].Packagers {
				s.Details[0].Packagers[i].State, s.Details[0].Packagers[i].Reason = report.Stale, "no new segment for 9.2s"
			}
			s.Live, s.Ingests[0].Packagers = nil, nil
			s.Outages = []platform.OutageAt{{Time: noon, Process: "viewer", Outage: event.OutageOf("live01", noon.Add(-10*time.Second), noon)}}
		},
		"off air soon": func(s *platform.Snapshot) {
			for i, name := range []string{"server1", "server2"} {
				gone(s, name, platform.Exited, "stopped")
				status(s, name, func(p *platform.Process) { p.Wanted = false })
				s.Details[0].Packagers[i].State, s.Details[0].Packagers[i].Reason = report.Down, "connection refused"
			}
			s.Live, s.Ingests[0].Packagers = nil, nil
		},
		"several signals":   severalSignals,
		"long names":        longNames,
		"a hundred signals": aHundredSignals,
		"unknown":           func(*platform.Snapshot) {},
		"paused": func(s *platform.Snapshot) {
			status(s, "server2", func(p *platform.Process) { p.Paused = true })
			s.Details[0].Packagers[two].State, s.Details[0].Packagers[two].Reason = report.Down, "nothing within 1s"
		},
		"backoff": func(s *platform.Snapshot) {
			gone(s, "server2", platform.Backoff, "signal: killed, restarting in 0.1s")
			s.Details[0].Packagers[two].State, s.Details[0].Packagers[two].Reason = report.Down, "connection refused"
		},
		"failed": func(s *platform.Snapshot) {
			gone(s, "origin", platform.Failed, "ended 5 times in 30s, tried again in 60s")
			s.Live = nil
		},
	}
	maps.Copy(list, liveStates())
	maps.Copy(list, machineStates())
	return list
}

// starting is four seconds after the start.
func starting(s *platform.Snapshot) {
	s.Started = s.At.Add(-4 * time.Second)
	s.Ingests, s.Details, s.Live, s.Failovers, s.Viewings = nil, nil, nil, nil, nil
	for i := range s.Processes {
		p := &s.Processes[i]
		p.Restarts, p.Incarnation, p.LastExit, p.Started = 0, 1, "", s.At.Add(-3*time.Second)
	}
	status(s, "worker", func(p *platform.Process) {
		p.State, p.Progress = platform.Starting, &event.Progress{Signal: "live01", Stage: "mezzanine", Percent: 45}
	})
	status(s, "server1", func(p *platform.Process) { p.State, p.Reason = platform.Running, "no signal yet" })
	status(s, "server2", func(p *platform.Process) { p.State, p.Reason = platform.Running, "no signal yet" })
	gone(s, "origin", platform.Waiting, "waiting for reporter")
	gone(s, "proxy", platform.Waiting, "waiting for origin")
	gone(s, "viewer", platform.Waiting, "waiting for proxy")
}

// passedThrough has a playlist that is passed through, and one that was forwarded before.
func passedThrough(s *platform.Snapshot) {
	const low = "low latency: its parts are its packager's"
	serves := func(ago time.Duration, playlist, mode, reason string) platform.ServingAt {
		return platform.ServingAt{Time: noon.Add(-ago), Process: "proxy", Serving: event.Serving{
			Playlist: playlist, Mode: event.ServingMode(mode), Reason: reason, Degraded: reason != "",
		}}
	}
	now := serves(42*time.Second, "/live01/playlist.m3u8", "passed through", low)
	s.Degraded = []platform.ServingAt{now}
	s.ServingChanges = []platform.ServingAt{
		serves(213*time.Second, "/sports/720p.m3u8?cdn=2", "forwarded", "it sets a cookie"), serves(127*time.Second, "/sports/720p.m3u8?cdn=2", "merged", ""), now,
	}
}

// severalSignals has six signals, one of them off air, and files that are not on air.
func severalSignals(s *platform.Snapshot) {
	addSignals(s, "live02", "live03", "live04", "live05", "live06")
	s.Outages = []platform.OutageAt{
		{Time: noon, Process: "viewer", Outage: event.EndedOutageOf("live05", noon.Add(-300*time.Second), noon.Add(-300*time.Second).Add(1234*time.Millisecond))},
		{Time: noon, Process: "viewer", Outage: event.OutageOf("live02", noon.Add(-7*time.Second), noon)},
	}
	s.Outages[1].Reason = "connection refused"
	for _, f := range []event.Film{
		{File: "My Movie (1).mp4", Signal: "my-movie-1", State: event.FilmRefused, Reason: "moov atom not found: the copy is not finished"},
		{File: "live01.mp4", Signal: "live01", State: event.FilmAired},
		{File: "live09.mp4", Signal: "live09", State: event.FilmWaiting, Reason: "it is being copied"},
		{File: "notes.txt", State: event.FilmPassed, Reason: "it is no film"},
	} {
		s.Films = append(s.Films, platform.FilmAt{Time: noon.Add(-time.Minute), Process: "worker", Film: f})
	}
}

// longNames has signals, files and reasons that no screen has room for.
func longNames(s *platform.Snapshot) {
	addSignals(s, "world-championship-final-2024-main-camera-uhd", "parliament-plenary-session-with-sign-language", "live02")
	status(s, "worker", func(p *platform.Process) {
		p.State, p.Reason = platform.Degraded, "the disk of /var/lib/livestream/output is full: 12 MB are free, and the next segments need 200 MB"
	})
	s.Details[1].Packagers[1].State, s.Details[1].Packagers[1].Reason = report.Misaligned, "its segments are not those of the other packagers: it encodes a picture of its own"
	s.Outages = []platform.OutageAt{{Time: noon, Process: "viewer", Outage: event.OutageOf("live02", noon.Add(-7*time.Second), noon)}}
	s.Outages[0].Reason = "http://localhost:8080 answers with a page of a captive portal instead of a playlist"
	s.Films = append(s.Films, platform.FilmAt{Time: noon.Add(-time.Minute), Process: "worker", Film: event.Film{
		File: "Minutes of the Board Meeting of the Third Quarter (final, corrected, approved).mp4", Signal: "minutes-of-the-board-meeting", State: event.FilmRefused,
		Reason: "it has neither pictures nor sound that can be aired: only subtitles",
	}})
	s.Failovers = append(slices.Clone(s.Failovers), platform.FailoverAt{Time: noon.Add(-50 * time.Second), Process: "proxy", Failover: event.Failover{
		Signal: "world-championship-final-2024-main-camera-uhd", From: "http://localhost:8080", To: "http://localhost:9090", MSNBefore: 11, MSNAfter: 12, GapMS: 380,
		Cause: "http://localhost:8080 answers, and has published nothing new for longer than a segment lasts",
	}})
}

// addSignals adds signals like the first one.
func addSignals(s *platform.Snapshot, names ...string) {
	const one, two = "http://localhost:8080", "http://localhost:9090"
	s.Details, s.Ingests, s.Live = slices.Clone(s.Details), slices.Clone(s.Ingests), slices.Clone(s.Live)
	for _, name := range names {
		d := s.Details[0]
		d.Signal, d.Packagers = name, slices.Clone(d.Packagers)
		s.Details = append(s.Details, d)
		s.Ingests = append(s.Ingests, report.Ingest{Signal: name, Packagers: []string{one, two}, LastReported: s.Ingests[0].LastReported})
		s.Live = append(s.Live, report.Live{Signal: name, Server: one + "/" + name + "/playlist.m3u8"})
	}
}

// aHundredSignals is severalSignals with 94 more. Of one both packagers are stale, of others one
// packager lags, is misaligned or is held, and one is orphaned.
func aHundredSignals(s *platform.Snapshot) {
	severalSignals(s)
	var names []string
	for i := 7; i <= 99; i++ {
		names = append(names, fmt.Sprintf("live%02d", i))
	}
	addSignals(s, append(names, "old-concert")...)
	set := func(signal string, packager int, state report.State, reason string, age int64) {
		for i := range s.Details {
			if s.Details[i].Signal == signal {
				p := &s.Details[i].Packagers[packager]
				p.State, p.Reason, p.AgeMS = state, reason, age
			}
		}
	}
	for packager := range 2 {
		set("live42", packager, report.Stale, "no new segment for 9.2s", 9200)
		set("old-concert", packager, report.Stale, "no new segment for 1h", 3_600_000)
	}
	s.Films = append(s.Films, platform.FilmAt{Time: noon.Add(-time.Minute), Process: "worker", Film: event.Film{File: "live42.mp4", Signal: "live42", State: event.FilmAired}})
	set("live77", 1, report.Lagging, "one segment behind", 4100)
	set("live88", 0, report.Misaligned, "its segments are not those of server2", 600)
	s.Preferences = append(slices.Clone(s.Preferences), report.Preference{Signal: "live77", Active: "http://localhost:8080", Held: true})
}
