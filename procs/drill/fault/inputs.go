package fault

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/drill/encoder"
	"livestream-tui/procs/drill/poll"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/signals"
)

const (
	// inputAway is how long an encoder stays away, frozenFor how long it is stopped, and
	// oddFor how long it sends what is out of the ordinary once that is on air.
	inputAway = 4 * time.Second
	frozenFor = 4 * time.Second
	oddFor    = 4 * time.Second
	// bothAway is how long every encoder stays away.
	bothAway = 20 * time.Second
	// keyFrame is how long a switch may wait for the key frame of the next input: nothing new
	// comes for as long.
	keyFrame = 2 * time.Second
	// oddAfter is when an encoder becomes odd, from its start: it is on air again then.
	oddAfter = 16 * time.Second
	// shownWithin is how long an input may take until it is on air.
	shownWithin = 25 * time.Second
	// otherSize is another than that of the drill's encoders.
	otherSize = "480x270"
)

// inputs is one fault of live inputs.
type inputs struct {
	name, about, proves string
	hold, noSource      time.Duration
	more                bool
	// two says that it needs a backup.
	two    bool
	inject inputAct
}

// inputAct injects a fault into the encoders of a signal; the first is the one on air.
type inputAct func(ctx context.Context, a *attempt, list []*encoder.Encoder) error

// ofInputs are the faults of live inputs. Only a drill whose own encoders feed them can
// inject one.
func ofInputs() []Fault {
	var list []Fault
	for _, in := range []inputs{
		{name: "kill-input", hold: inputAway, noSource: keyFrame, two: true, inject: leave, proves: "An encoder dies", about: "the encoder on air is killed (SIGKILL) and comes back after four seconds"},
		{name: "freeze-input", hold: frozenFor, two: true, noSource: keyFrame, inject: freeze, proves: "An encoder hangs", about: "the encoder on air is stopped (SIGSTOP), then sends at once what it has missed"},
		{name: "slow-input", hold: 8 * time.Second, two: true, noSource: TargetDuration, inject: showUntilOdd(encoder.Feed{SlowAfter: oddAfter}), proves: "An encoder is too slow", about: "the encoder on air sends half of real time"},
		{name: "black-input", noSource: keyFrame, inject: black, proves: "An encoder sends nothing worth showing", about: "the encoder on air sends black pictures"},
		{name: "silent-input", noSource: keyFrame, inject: silent, proves: "An encoder sends nothing worth showing", about: "the encoder on air sends silence"},
		{name: "reconnect-input", hold: inputAway, noSource: keyFrame, inject: reconnect, proves: "An encoder connects again", about: "the encoder on air freezes, and another one connects in its place, with timestamps from 0"},
		{name: "jump-input", hold: oddFor, inject: showUntilOdd(encoder.Feed{LeapAfter: oddAfter}), proves: "An encoder's timestamps jump", about: "the timestamps of the encoder on air jump a day ahead"},
		{name: "b-frames-input", hold: oddFor, noSource: keyFrame, inject: show(encoder.Feed{BFrames: 2}), proves: formatCase, about: "the encoder on air starts again with B-frames"},
		{name: "resize-input", hold: oddFor, noSource: keyFrame, inject: show(encoder.Feed{Size: otherSize}), proves: formatCase, about: "the encoder on air starts again with another picture size"},
		{name: "foreign-backup", hold: inputAway, noSource: keyFrame, two: true, inject: foreign, proves: formatCase, about: "the encoder on air is killed while the backup has another picture size"},
		{name: "drift-input", hold: 20 * time.Second, noSource: keyFrame, more: true, inject: show(encoder.Feed{Pace: 1 + 200e-6}), proves: "An encoder's clock drifts", about: "the clock of the encoder on air is 200 ppm fast"},
		{name: "inputs-gone", hold: bothAway, inject: leaveAll, proves: "Every encoder is gone", about: "every encoder is killed and comes back after 20 seconds"},
	} {
		list = append(list, Fault{Name: in.name, About: in.about, Proves: in.proves, Hold: in.hold, NoSource: in.noSource, More: in.more, Own: true, Live: true,
			hits: theInputs, prepare: in.available, inject: in.act})
	}
	return list
}

const formatCase = "An encoder's format is another"

var (
	randomKillInput   = randomOfInput("kill-input", "loses the encoder on air", time.Second, 8*time.Second, inputs{two: true, inject: leave})
	randomFreezeInput = randomOfInput("freeze-input", "has its encoder on air stopped (SIGSTOP)", time.Second, 6*time.Second, inputs{two: true, inject: freeze})
	randomInputsGone  = randomOfInput("inputs-gone", "loses every encoder", time.Second, 8*time.Second, inputs{inject: leaveAll})
	randomReconnect   = randomOfInput("reconnect-input", "has its encoder on air replaced by another one", time.Second, 4*time.Second, inputs{inject: reconnect})
)

func randomOfInput(name, about string, least, most time.Duration, in inputs) Random {
	return Random{Name: name, About: about, Roles: []layouts.Role{layouts.Receiver}, Least: least, Most: most, inject: func(ctx context.Context, a *attempt, process string) error {
		if err := in.available(ctx, a); err != nil {
			return err
		}
		return in.act(ctx, a, process)
	}}
}

// theInputs are the encoders of the signal that players watch.
func theInputs(platform.Snapshot, string) (string, []string, error) {
	return "the encoders", []string{""}, nil
}

// available says why the fault cannot be injected: without encoders of the drill's own, or
// too few of them.
func (in inputs) available(_ context.Context, a *attempt) error {
	list := a.encoders()
	if len(list) == 0 {
		return &UnavailableError{"the drill has no encoder of its own that sends to " + a.target.Signal}
	}
	if in.two && len(list) < 2 {
		return &UnavailableError{a.target.Signal + " has no backup"}
	}
	a.victim = list[0].Input
	return nil
}

func (in inputs) act(ctx context.Context, a *attempt, _ string) error {
	return in.inject(ctx, a, a.encoders())
}

// encoders are those of the signal that players watch, the first for the input on air.
func (a *attempt) encoders() []*encoder.Encoder { return a.target.Crew.Of(a.target.Signal) }

// leave kills the encoder on air and keeps it away until the fault is undone.
func leave(_ context.Context, a *attempt, list []*encoder.Encoder) error {
	a.undo(func(context.Context) error { list[0].Return(); return nil })
	return list[0].Leave()
}

// leaveAll does the same to every encoder.
func leaveAll(ctx context.Context, a *attempt, list []*encoder.Encoder) error {
	a.victim = "every encoder"
	for i := range list {
		if err := leave(ctx, a, list[i:]); err != nil {
			return err
		}
	}
	return nil
}

// freeze stops the encoder on air until the fault is undone. One that has ended meanwhile,
// because the receiver has closed its connection, needs nothing.
func freeze(_ context.Context, a *attempt, list []*encoder.Encoder) error {
	a.undo(func(context.Context) error { _ = list[0].Thaw(); return nil })
	return list[0].Freeze()
}

// reconnect starts another encoder in the place of the one on air, whose connection stays.
func reconnect(_ context.Context, a *attempt, list []*encoder.Encoder) error {
	a.undo(func(context.Context) error { return list[0].DropOld() })
	return list[0].Supersede()
}

// send makes an encoder send another feed until the fault is undone.
func (a *attempt) send(ctx context.Context, e *encoder.Encoder, f encoder.Feed) error {
	a.undo(func(ctx context.Context) error { return e.Send(ctx, encoder.Feed{}) })
	return e.Send(ctx, f)
}

// show makes the encoder on air start again with another feed, and waits until that is on
// air.
func show(f encoder.Feed) inputAct {
	return func(ctx context.Context, a *attempt, list []*encoder.Encoder) error {
		began := time.Now()
		if err := a.send(ctx, list[0], f); err != nil {
			return err
		}
		return a.awaitShown(ctx, list[0].Input, began)
	}
}

// showUntilOdd does the same with a feed that becomes odd after oddAfter, and waits until it
// has been so for a while.
func showUntilOdd(f encoder.Feed) inputAct {
	return func(ctx context.Context, a *attempt, list []*encoder.Encoder) error {
		began := time.Now()
		if err := show(f)(ctx, a, list); err != nil {
			return err
		}
		return poll.Sleep(ctx, time.Until(began.Add(oddAfter)))
	}
}

// foreign gives the backup another format, and kills the encoder on air once the backup is
// good again.
func foreign(ctx context.Context, a *attempt, list []*encoder.Encoder) error {
	if err := a.send(ctx, list[1], encoder.Feed{Size: otherSize}); err != nil {
		return err
	}
	err := a.awaitSignal(ctx, func(s signals.Status) error {
		i := slices.IndexFunc(s.Inputs, func(in signals.InputStatus) bool {
			return in.Name == list[1].Input && in.State == signals.Good && strings.HasSuffix(in.Video, " "+otherSize)
		})
		if i < 0 {
			return fmt.Errorf("%s does not send %s yet", list[1].Input, otherSize)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return leave(ctx, a, list)
}

// black makes the encoder on air send black pictures.
func black(ctx context.Context, a *attempt, list []*encoder.Encoder) error {
	s, _ := a.target.Crew.Signal(a.target.Signal) // it has encoders, so it is there
	return a.sendWorthless(ctx, list, encoder.Feed{Black: true}, s.BlackAfter)
}

// silent makes it send silence.
func silent(ctx context.Context, a *attempt, list []*encoder.Encoder) error {
	s, _ := a.target.Crew.Signal(a.target.Signal)
	return a.sendWorthless(ctx, list, encoder.Feed{Silent: true}, s.SilentAfter)
}

// sendWorthless makes the encoder on air send what is not worth showing. A signal that is to
// leave such an input after a time must then show something else, others go on with it.
func (a *attempt) sendWorthless(ctx context.Context, list []*encoder.Encoder, f encoder.Feed, leftAfter time.Duration) error {
	if leftAfter == 0 {
		if err := show(f)(ctx, a, list); err != nil {
			return err
		}
		return poll.Sleep(ctx, oddFor)
	}
	if err := a.send(ctx, list[0], f); err != nil {
		return err
	}
	input := list[0].Input
	return a.awaitSignal(ctx, func(s signals.Status) error {
		i := slices.IndexFunc(s.Inputs, func(in signals.InputStatus) bool { return in.Name == input })
		if i < 0 || s.Inputs[i].State != signals.Black && s.Inputs[i].State != signals.Silent || s.Source == input {
			return fmt.Errorf("%s shows %s, and has not found that %s is not worth showing", s.Name, s.Source, input)
		}
		return nil
	})
}

// awaitShown waits until an input is on air that began to be so after a time.
func (a *attempt) awaitShown(ctx context.Context, input string, since time.Time) error {
	return a.awaitSignal(ctx, func(s signals.Status) error {
		if s.Source != input || s.Since == nil || s.Since.Before(since) {
			return fmt.Errorf("%s is not back on air", input)
		}
		return nil
	})
}

// awaitSignal waits until look is content with the signal that players watch.
func (a *attempt) awaitSignal(ctx context.Context, look func(signals.Status) error) error {
	return poll.Until(ctx, shownWithin, func() error {
		now, err := a.target.Platform.Snapshot(ctx)
		if err != nil {
			return err
		}
		s, found := now.LiveSignal(a.target.Signal)
		if !found {
			return fmt.Errorf("the receiver says nothing of %s", a.target.Signal)
		}
		return look(s)
	})
}
