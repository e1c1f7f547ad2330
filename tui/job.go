package tui

import (
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// A shell stops and continues the dashboard like any job of its own: TSTP gives the
// terminal back first, CONT takes it again. What the platform runs is in process groups
// of its own and goes on.

// The messages of that.
type (
	// stopAsked: TSTP has come.
	stopAsked struct{}
	// continued: CONT has come, also to one that was stopped without being asked.
	continued struct{}
	// retaken: the terminal is ours again.
	retaken struct{ err error }
)

// pause is what is done between giving the terminal back and taking it again.
type pause struct{ do func() error }

var _ tea.ExecCommand = pause{}

func (p pause) Run() error        { return p.do() }
func (pause) SetStdin(io.Reader)  {}
func (pause) SetStdout(io.Writer) {}
func (pause) SetStderr(io.Writer) {}

// unstopped is how long a process goes on that nothing stops, such as a container's
// first one.
const unstopped = time.Second

// stopSelf stops this process and returns once CONT has come. Not by TSTP: where no
// shell waits for a process, that does nothing.
func stopSelf() error {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
		return err
	}
	select { // the stop may be a moment later than kill's return
	case <-continued:
	case <-time.After(unstopped):
	}
	return nil
}

// followJob tells the program of the signals, until release is called.
func followJob(p *tea.Program) (release func()) {
	signals := make(chan os.Signal, 4) // both may come while the program takes one
	signal.Notify(signals, syscall.SIGTSTP, syscall.SIGCONT)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		asked := false // CONT ends what TSTP began, which takes the terminal again by itself
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

// jobMsg takes a message of the above; false where it is none.
func (m *model) jobMsg(msg tea.Msg) (tea.Cmd, bool) {
	taken := func(err error) tea.Msg { return retaken{err} }
	switch msg := msg.(type) {
	case stopAsked:
		return tea.Exec(pause{stopSelf}, taken), true
	case continued:
		// Whoever had the terminal meanwhile may have left it in any state.
		return tea.Exec(pause{func() error { return nil }}, taken), true
	case retaken:
		if msg.err != nil {
			m.tell("the terminal could not be taken again: "+msg.err.Error(), true)
		}
		if m.mouse {
			return tea.EnableMouseCellMotion, true
		}
		return nil, true
	}
	return nil, false
}
