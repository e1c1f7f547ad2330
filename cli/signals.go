package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"livestream-tui/procs/platform"
)

// untilSignal returns a context that INT, TERM, HUP or QUIT cancels; a second INT
// calls atOnce. release gives the signals back.
func (a *app) untilSignal(atOnce func()) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancel(context.Background())
	stop := onSignals(8, func(s os.Signal) {
		if s == syscall.SIGINT && a.interrupted.Swap(true) {
			atOnce()
		}
		cancel()
	}, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	return ctx, func() {
		stop()
		cancel()
	}
}

// upgradeOnSignal requests an upgrade at each USR2, until release is called. The
// platform logs the result.
func upgradeOnSignal(p platform.Platform) (release func()) {
	return onSignals(1, func(os.Signal) {
		_ = p.Command(context.Background(), platform.Command{Action: platform.Upgrade, By: platform.Actor{Via: platform.ViaSignal}}) // a refusal is logged
	}, syscall.SIGUSR2)
}

// onSignals calls handle for each of the signals, one at a time, until release is
// called; release waits for a call that has begun. Up to pending signals wait while
// handle runs; further ones are dropped.
func onSignals(pending int, handle func(os.Signal), list ...os.Signal) (release func()) {
	signals := make(chan os.Signal, pending)
	signal.Notify(signals, list...)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case s := <-signals:
				handle(s)
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
		<-ended
	}
}
