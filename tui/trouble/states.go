package trouble

import (
	"slices"

	"livestream-tui/layouts"
	"livestream-tui/services/kit/event"
)

// States returns the table of bad states, the worst first.
func States() []State {
	return slices.Concat(withoutMedia(), withoutSpare(), ofSources(), ofWatchers(), withSpares())
}

// withoutMedia are the states in which players get no new media.
func withoutMedia() []State {
	return []State{
		{
			Name:  "no proxy works",
			Means: "Players get nothing: they play what they hold, then stand still.",
			Costs: "players get nothing", Remedy: revival,
			Stops: true,
			find:  allDown(layouts.Proxy),
		},
		{
			Name:  "no packager works",
			Means: "No packager is left: players play what they hold, then stand still.",
			Costs: "players get nothing new", Remedy: revival,
			Stops: true,
			find:  allDown(layouts.Packager),
		},
		{
			Name:  "no worker works",
			Means: "No new pictures come: players play what they hold, then stand still.",
			Costs: "no new pictures come", Remedy: revival,
			Stops: true,
			find:  allDown(layouts.Worker),
		},
		{
			Name:  "no receiver works",
			Means: "No live input comes: players play what they hold, then stand still.",
			Costs: "no live pictures come", Remedy: revival,
			find: noReceiver,
		},
		{
			Name:  "the disk is full",
			Means: "Its worker has no room for new segments: players stand still.",
			Costs: "no new pictures come",
			Remedy: Remedy{
				Key: "details", Short: "make room there: {details} shows the folders",
				Does: "shows the folders. Make room there: it goes on by itself",
			},
			Stops: true,
			find:  fullDisks,
		},
		{
			Name:  "a signal is stale",
			Means: "Its worker gives no new segment: players play what they hold, and stop.",
			Costs: "its picture stops", Remedy: restartWorker,
			Stops: true,
			find:  staleSignals,
		},
		{
			Name:  "segments do not reach the viewer",
			Means: "The packagers have new segments, and they do not reach the viewer.",
			Costs: "its picture stops", Remedy: Remedy{Key: "restart", Does: "restarts {it}; its logs say why ({logs})", Short: "restarts {it}"},
			Stops: true,
			find:  unreached,
		},
		{
			Name:  "a slate is on air",
			Means: "No input of a live signal gives anything: players see its slate.",
			Costs: "players see no program",
			Remedy: Remedy{
				Does:  "Have an encoder send again: the panel INPUTS shows where, {open} why.",
				Short: "start an encoder: INPUTS shows where",
			},
			Stops: true,
			find:  slates,
		},
	}
}

// lastOne is what it costs that only one is left.
const lastOne = "one more failure stops the picture"

// withoutSpare are the states in which the next failure may be seen.
func withoutSpare() []State {
	return []State{
		{
			Name:  "a process ends again and again",
			Means: "It ends soon after each start, and waits longer before the next.",
			Costs: "it does no work", Remedy: seeLogs,
			find: flapping,
		},
		{
			Name:  "a process has a bad configuration",
			Means: "It has ended with exit status 78, and is not started again by itself.",
			Costs: "it does no work", Remedy: seeConfiguration,
			find: misconfigured,
		},
		{
			Name:  "no spare: a packager is down",
			Means: "If the other packager fails, too, players stand still.",
			Costs: lastOne, Remedy: revival,
			find: packagersDown(false),
		},
		{
			Name:  "no spare: a packager is not usable",
			Means: "If the other packager fails, too, players stand still.",
			Costs: lastOne, Remedy: Remedy{Key: "restart", Does: "restarts {it}"},
			find: unusable(false),
		},
		{
			Name:  "no spare: a worker is down",
			Means: "The other worker goes on: there is no spare if it fails, too.",
			Costs: lastOne, Remedy: revival,
			find: workersDown,
		},
		{
			Name:  "no spare: a proxy is down",
			Means: "Another proxy serves players: those of this one have to come again.",
			Costs: "its players have to come again", Remedy: revival,
			find: oneDown(layouts.Proxy),
		},
		{
			Name:  "a machine is not heard",
			Means: "It has failed or is cut off: what it does is unknown. The others go on.",
			Costs: "the others go on without it",
			Remedy: Remedy{
				Key: "machines", Short: "shows all machines",
				Does: "shows all machines. Look there by livestream-tui attach --ssh HOST",
			},
			find: unheardMachines,
		},
		{
			Name:  "a machine is stopped",
			Means: "It was stopped in order. The others go on.",
			Costs: "the others go on without it",
			Remedy: Remedy{
				Key: "machines", Short: "start it there: {machines} shows all machines",
				Does: "shows all machines. Start it there, or livestream-tui remove NAME",
			},
			find: stoppedMachines,
		},
	}
}

// ofSources are the states in which a signal lacks something, and the others go on.
func ofSources() []State {
	return []State{
		{
			Name:  "a process is degraded",
			Means: "It runs, and cannot do all its work for the reason that it names.",
			Costs: "it cannot do all its work",
			Remedy: Remedy{
				Key: "details", Short: "shows its folders and settings",
				Does: "shows its folders. It goes on by itself once the cause has gone",
			},
			find: degraded,
		},
		{
			Name:  "a disk is low",
			Means: "Less than DISK_LOW_BYTES is free. Once it is full, the picture stops.",
			Costs: "a full disk stops the picture",
			Remedy: Remedy{
				Does:  "Make room there: films no longer on air, livestream-tui cache clear.",
				Short: "make room there",
			},
			find: lowDisks,
		},
		{
			Name:   "FFmpeg does not work",
			Means:  "No film can be made. Those that are made already go on, if they can.",
			Costs:  "no film can be made",
			Remedy: Remedy{Does: "Run livestream-tui doctor: it says what is missing, and how to get it.", Short: "run livestream-tui doctor"},
			find:   withoutFFmpeg,
		},
		{
			Name:  "a film is interrupted",
			Means: "Its worker cannot air it now, and tries again by itself.",
			Costs: "its signal is not on air", Remedy: Remedy{Key: "logs", Does: "shows the worker's logs, which say why"},
			find: interrupted,
		},
		{
			Name:  "a film is refused",
			Means: "It is not on air, and will not be as it is. The other signals go on.",
			Costs: "it is not on air", Remedy: anotherVersion,
			find: refusedFilms,
		},
		{
			Name:   "key frames are too far apart",
			Means:  "An encoder sends a key frame too seldom: segments are long, or encoded.",
			Costs:  "more delay, or more work",
			Remedy: Remedy{Does: "Set 2 s in OBS: Settings, Output, Keyframe Interval. Then stream anew.", Short: "set a key frame interval of 2 s"},
			find:   rareKeyFrames,
		},
	}
}

// ofWatchers are the states in which players play on, and less is known or decided.
func ofWatchers() []State {
	return []State{
		{
			Name:  "no viewer works",
			Means: "Nobody watches: the light cannot say what players see.",
			Costs: "nobody checks the picture", Remedy: revival,
			find: allDown(layouts.Viewer),
		},
		{
			Name:  "no origin works",
			Means: "Nobody prefers a packager, and {fail-over} and {hold} do nothing.",
			Costs: "players play on", Remedy: revival,
			find: allDown(layouts.Origin),
		},
		{
			Name:  "no reporter works",
			Means: "Nobody knows which packagers are usable. Players play on.",
			Costs: "players play on", Remedy: revival,
			find: allDown(layouts.Reporter),
		},
		{
			Name:  "no discovery works",
			Means: "Nobody asks the packagers how they are. Players play on.",
			Costs: "players play on", Remedy: revival,
			find: allDown(layouts.Discovery),
		},
		{
			Name:  "no engine works",
			Means: "Machines do not hear each other, and changes wait. Players play on.",
			Costs: "changes wait, players play on", Remedy: revival,
			find: allDown(layouts.Engine),
		},
		{
			Name:  "the engine has no quorum",
			Means: "Operators' changes wait until most engines are back. Players play on.",
			Costs: "changes wait, players play on",
			Remedy: Remedy{
				Key: "machines", Short: "start what is missing: {machines} shows it",
				Does: "shows which machines are missing. Start them: it goes on by itself",
			},
			find: withoutQuorum,
		},
		{
			Name:  "a clock is off",
			Means: "Its segments come early or late. Far off, its worker is stopped.",
			Costs: "far off, its worker is stopped",
			Remedy: Remedy{
				Does:  "See that chrony or systemd-timesyncd runs on that machine.",
				Short: "run chrony or systemd-timesyncd there",
			},
			find: wrongClocks,
		},
	}
}

// withSpares are the states in which others do the work, and those of which less is lost.
func withSpares() []State {
	return []State{
		{
			Name:  "one of several packagers is down",
			Means: "Others can take over at once: one more failure stops nothing.",
			Costs: "others can take over", Remedy: revival,
			find: packagersDown(true),
		},
		{
			Name:  "one of several packagers is not usable",
			Means: "Others can take over at once: one more failure stops nothing.",
			Costs: "others can take over", Remedy: Remedy{Key: "restart", Does: "restarts {it}"},
			find: unusable(true),
		},
		{
			Name:  "one of several is down",
			Means: "Another one does its work: there is no spare if that fails, too.",
			Costs: "another one does its work", Remedy: revival,
			find: oneDown(layouts.Receiver, layouts.Viewer, layouts.Origin, layouts.Reporter, layouts.Discovery, layouts.Engine),
		},
		{
			Name:  "no spare input",
			Means: "If the input on air is lost, too, players see a slate.",
			Costs: "one more failure shows a slate",
			Remedy: Remedy{
				Does:  "Have its encoder send again: the panel INPUTS shows where, {open} why.",
				Short: "have its encoder send again",
			},
			find: inputFaults,
		},
		{
			Name:  "a playlist is passed through",
			Means: "It plays, but its players notice a failover.",
			Costs: "players notice a failover", Remedy: Remedy{Does: "No key mends it: its packagers have to serve it otherwise."},
			Quiet: true,
			find:  passedThrough,
		},
	}
}

// revival is the remedy of a process that is down, for a document. A trouble has that of the
// four below that its process needs.
var revival = Remedy{Key: "stop", Does: "starts {it}; a paused one {pause} resumes, a failed one {restart} restarts"}

var (
	start   = Remedy{Key: "stop", Does: "starts {it}"}
	resume  = Remedy{Key: "pause", Does: "resumes {it}"}
	restart = Remedy{Key: "restart", Does: "restarts {it}"}
	hurry   = Remedy{Key: "restart", Does: "restarts {it} at once; it also comes back by itself", Short: "restarts {it} at once"}

	seeLogs          = Remedy{Key: "logs", Does: "shows its logs: they say why. Once that is mended, {restart} restarts it", Short: "{logs} shows its logs, {restart} tries again now", Also: "restart"}
	seeWhy           = Remedy{Key: "logs", Does: "shows its logs: they say why it ended", Short: "shows its logs: why"}
	seeConfiguration = Remedy{Key: "logs", Does: "shows its logs: they name what is bad. Then start the platform again", Short: "shows its logs: what is bad"}

	// restartWorker is for a worker that has brought no segment for long. While it may still
	// mend that by itself, leaveIt is the remedy.
	restartWorker = Remedy{Key: "restart", Does: "restarts {it}; its logs say why ({logs})", Short: "restarts {it}"}
	leaveIt       = Remedy{Does: "Wait: a worker starts FFmpeg anew when nothing has come for 6s.", Short: "the worker starts FFmpeg anew by itself"}

	// anotherVersion is the remedy of a film that is refused for no cause of its own.
	anotherVersion = Remedy{Does: "Copy another version into the input folder: it is taken at once.", Short: "replace it in FOLDER"}

	// refusals are the remedies of films that are refused, by cause. FOLDER is the input folder.
	refusals = map[event.FilmCause]Remedy{
		event.FilmNameTaken:  {Does: "Rename the file: another one, or another input, has its signal.", Short: "rename the file"},
		event.FilmNoVideo:    {Does: "Copy a film with a picture into the input folder: it is taken at once.", Short: "replace it in FOLDER"},
		event.FilmTooLong:    {Does: "Copy a shorter version into the input folder: it is taken at once.", Short: "put a shorter one in FOLDER"},
		event.FilmEmpty:      {Does: "Copy it into the input folder again: it is taken at once.", Short: "copy it to FOLDER again"},
		event.FilmUnreadable: {Does: "Copy a version that plays into the input folder: it is taken at once.", Short: "replace it in FOLDER"},
	}

	// elsewhere is the remedy of what this platform does not run.
	elsewhere = Remedy{Does: "Mend it where it runs: it is no process of this platform.", Short: "mend it where it runs"}
)
