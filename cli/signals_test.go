package cli

import (
	"syscall"
	"testing"
	"time"
)

const patience = 30 * time.Second

// raise sends a signal to this process, which the code under test must be catching.
func raise(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(syscall.Getpid(), s); err != nil {
		t.Fatal(err)
	}
}

func await(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("no %s after %s", what, patience)
	}
}

func TestSecondInterruptHurries(t *testing.T) {
	a, _, _ := newTestApp(t, nil)
	hurried := make(chan struct{})
	ctx, release := a.untilSignal(func() { close(hurried) })
	defer release()
	raise(t, syscall.SIGINT)
	await(t, "end of the context", ctx.Done())
	if !a.interrupted.Load() {
		t.Error("an interrupt is not remembered for the exit status")
	}
	select {
	case <-hurried:
		t.Error("the first interrupt hurries")
	default:
	}
	raise(t, syscall.SIGINT)
	await(t, "hurry after the second interrupt", hurried)
}

func TestTerminationIsNotAnInterrupt(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		t.Run(s.String(), func(t *testing.T) {
			a, _, _ := newTestApp(t, nil)
			ctx, release := a.untilSignal(func() { t.Error("it hurries") })
			defer release()
			raise(t, s)
			await(t, "end of the context", ctx.Done())
			if a.interrupted.Load() {
				t.Error("it has the exit status of an interrupt")
			}
		})
	}
}
