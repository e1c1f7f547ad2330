package fault

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"livestream-tui/procs/drill/poll"
	"livestream-tui/procs/platform"
)

// undoWithin bounds what undoes a fault, which a cancelled drill does too.
const undoWithin = 5 * time.Second

// attempt is one fault that is being injected into one target.
type attempt struct {
	target Target
	active string // the packager that served players before the fault
	victim string
	deaths []Span
	// onDeath is called with each death as it is added; nil is allowed.
	onDeath func(Span)
	undone  []undoing
}

// undoing undoes something.
type undoing struct {
	do func(context.Context) error
	// switched is the process whose fault switch it sets back; empty for anything else.
	switched string
}

// died notes that the proxy is being killed.
func (a *attempt) died(at Span) {
	a.deaths = append(a.deaths, at)
	if a.onDeath != nil {
		a.onDeath(at)
	}
}

// undo adds a function that undoes something. The last one added runs first.
func (a *attempt) undo(do func(context.Context) error) { a.undone = append(a.undone, undoing{do: do}) }

func (a *attempt) takeBack(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
	defer cancel()
	var errs []error
	for _, u := range slices.Backward(a.undone) {
		errs = append(errs, u.do(ctx))
	}
	a.undone = nil
	return errors.Join(errs...)
}

// kill kills a process. Its fault switch dies with it: there is nothing to set back, and the
// platform would refuse that.
func (a *attempt) kill(ctx context.Context, process string) error {
	if err := a.target.command(ctx, process, platform.Kill); err != nil {
		return err
	}
	a.undone = slices.DeleteFunc(a.undone, func(u undoing) bool { return u.switched == process })
	return nil
}

// setSwitch sets a process's fault switch until the fault is undone. An incarnation that
// has ended meanwhile took its fault with it.
func (a *attempt) setSwitch(ctx context.Context, process string, f platform.Fault) error {
	p, err := a.target.process(ctx, process)
	if err != nil {
		return err
	}
	set := func(ctx context.Context, f platform.Fault) error {
		return a.target.Platform.Command(ctx, platform.Command{Process: process, Action: platform.SetFault, Fault: f, By: byDrill()})
	}
	if err := set(ctx, f); err != nil {
		return err
	}
	a.undone = append(a.undone, undoing{switched: process, do: func(ctx context.Context) error {
		// The platform may not know yet of a process that has ended just now.
		return poll.Until(ctx, undoWithin/2, func() error {
			now, err := a.target.process(ctx, process)
			if err != nil || now.Incarnation != p.Incarnation || now.Socket == "" || now.State == platform.Stopping {
				return err
			}
			return set(ctx, platform.Fault{Mode: platform.NoFault})
		})
	}})
	return nil
}

// slowDown makes a packager send at a multiple of the speed at which its signal plays.
func (a *attempt) slowDown(ctx context.Context, process string, speed float64) error {
	bits := cmp.Or(a.target.Bitrate, 1_000_000)
	return a.setSwitch(ctx, process, platform.Fault{Mode: "slow", BytesPerSecond: int64(speed * float64(bits) / 8)})
}
