package tui

import (
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// A shell stops and continues the dashboard like any of its jobs: SIGTSTP gives the
// terminal back first, SIGCONT takes it again. The platform's processes are in process
// groups of their own and go on.

// The messages of a job.
type (
	// stopAsked says that SIGTSTP came.
	stopAsked struct{}
	// continued says that SIGCONT came without a SIGTSTP before.
	continued struct{}
	// retaken says that the terminal is ours again.
	retaken struct{ err error }
)

// pause is what happens between giving the terminal back and taking it again.
type pause struct{ do func() error }

var _ tea.ExecCommand = pause{}

// Run implements tea.ExecCommand.
func (p pause) Run() error {
	defer time.Sleep(rendererGrace)
	return p.do()
}

func (pause) SetStdin(io.Reader)  {}
func (pause) SetStdout(io.Writer) {}
func (pause) SetStderr(io.Writer) {}

// rendererGrace is what bubbletea's renderer needs to end before it is started again. One
// that ends late stops the ticker of the next, and the screen stands still for good.
const rendererGrace = 100 * time.Millisecond

// stopWait is how long to wait for SIGCONT. It limits the wait of a process that cannot
// be stopped, such as a container's first one.
const stopWait = time.Second

// stopSelf stops this process and returns when it was continued. It uses SIGSTOP because
// SIGTSTP does nothing when no shell waits for the process.
func stopSelf() error {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
		return err
	}
	select { // the process may stop a moment after kill has returned
	case <-continued:
	case <-time.After(stopWait):
	}
	return nil
}

// followJob passes the signals to the program until release is called.
func followJob(p *tea.Program) (release func()) {
	signals := make(chan os.Signal, 4) // both may come while the program takes a message
	signal.Notify(signals, syscall.SIGTSTP, syscall.SIGCONT)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		asked := false // SIGCONT ends what SIGTSTP began, which takes the terminal again by itself
		for {
			select {
			case <-done:
				return
			case s := <-signals:
				switch {
				case s == syscall.SIGTSTP:
					asked = true
					p.Send(stopAsked{})
				case asked:
					asked = false
				default:
					p.Send(continued{})
				}
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
		<-ended
	}
}

// updateJob takes a message of a job; false means that it is another message.
func (m *model) updateJob(msg tea.Msg) (tea.Cmd, bool) {
	taken := func(err error) tea.Msg { return retaken{err} }
	switch msg := msg.(type) {
	case stopAsked:
		return tea.Exec(pause{stopSelf}, taken), true
	case continued:
		// Another program may have left the terminal in any state.
		return tea.Exec(pause{func() error { return nil }}, taken), true
	case retaken:
		if msg.err != nil {
			m.notify("the terminal could not be taken over again: "+msg.err.Error(), true)
		}
		if m.mouse {
			return tea.EnableMouseCellMotion, true
		}
		return nil, true
	}
	return nil, false
}
