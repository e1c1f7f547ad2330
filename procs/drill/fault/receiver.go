package fault

import (
	"context"
	"fmt"
	"time"

	"livestream-tui/layouts"
)

const receiverCase = "The receiver dies or hangs"

// receiverPaused is how long the receiver is stopped. Players have more than that in their
// buffers, wherever they stand.
const receiverPaused = time.Second

var (
	killReceiver = Fault{Name: "kill-receiver", Live: true, hits: theFirst(layouts.Receiver), Hold: ComeBack, NoSource: ComeBack, inject: kill, Proves: receiverCase,
		About: "the receiver is killed: its next incarnation shows the slate until encoders are back"}
	restartReceiver = Fault{Name: "restart-receiver", Live: true, hits: theFirst(layouts.Receiver), Hold: ComeBack, NoSource: ComeBack, inject: renew, Proves: receiverCase,
		About: "the receiver is restarted in good order: the next one takes over, and encoders connect again"}
	pauseReceiver = Fault{Name: "pause-receiver", Live: true, hits: theFirst(layouts.Receiver), Hold: receiverPaused, NoSource: receiverPaused, inject: pause, Proves: receiverCase,
		About: "the receiver is stopped (SIGSTOP) for a second"}
	killReceiverChildren = Fault{Name: "kill-receiver-children", Live: true, hits: theFirst(layouts.Receiver), inject: killChildren, Proves: "A program that receives for the receiver dies",
		About: "the programs that take inputs for the receiver (SRT) are killed"}

	randomKillReceiver         = Random{Name: "kill", About: "is killed (SIGKILL)", Roles: []layouts.Role{layouts.Receiver}, inject: kill}
	randomRestartReceiver      = Random{Name: "restart", About: "is restarted in good order", Roles: []layouts.Role{layouts.Receiver}, inject: renew}
	randomPauseReceiver        = Random{Name: "pause", About: "is stopped (SIGSTOP)", Roles: []layouts.Role{layouts.Receiver}, Least: 200 * time.Millisecond, Most: receiverPaused, inject: pause}
	randomKillReceiverChildren = Random{Name: "kill-children", About: "loses the programs that take inputs for it", Roles: []layouts.Role{layouts.Receiver}, inject: killChildren}
)

// killChildren kills the children of a process once, and waits until it has others.
func killChildren(ctx context.Context, a *attempt, process string) error {
	p, err := a.target.process(ctx, process)
	if err != nil {
		return err
	}
	if p.PID == 0 {
		return fmt.Errorf("%s does not run", process)
	}
	list, err := childrenOf(p.PID)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return &UnavailableError{process + " has started no program"}
	}
	a.victim = process + "'s programs"
	return a.target.killChildOf(ctx, process)
}
