package systemd

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// The variables of sd_notify(3) and sd_watchdog_enabled(3).
const (
	// SocketVariable is the path of the datagram socket that takes the messages; a leading @
	// stands for the abstract namespace.
	SocketVariable = "NOTIFY_SOCKET"
	// WatchdogVariable is how long the manager waits for a sign of life, in microseconds.
	WatchdogVariable = "WATCHDOG_USEC"
	// WatchdogPIDVariable is the process that the watchdog is for; when empty, the process
	// that reads it.
	WatchdogPIDVariable = "WATCHDOG_PID"
)

// Variables are those that no child is to be given: it would speak for us.
func Variables() []string { return []string{SocketVariable, WatchdogVariable, WatchdogPIDVariable} }

const (
	// sendPatience is how long a manager that reads no messages may keep us.
	sendPatience = 100 * time.Millisecond
	// feeds is how many signs of life fall into the manager's patience.
	feeds = 4
)

// State is what a manager is told.
type State struct {
	// Ready is set from the moment on at which the start has succeeded.
	Ready bool
	// Reloading is set while an upgrade is under way.
	Reloading bool
	// Stopping is set from the beginning of the shutdown on.
	Stopping bool
	// Status is the state in words, one line.
	Status string
}

// Manager is the service manager that has started this process. A nil Manager takes every
// call and does nothing. Not safe for concurrent use.
type Manager struct {
	socket string
	// watchdog is how often it wants a sign of life; zero means never.
	watchdog time.Duration
	told     State     // what it was told last
	fed      time.Time // of the last sign of life
}

// New returns the manager that env names; nil when no manager waits for messages. The error
// names a variable whose value is not allowed.
func New(env map[string]string) (*Manager, error) {
	m := &Manager{socket: env[SocketVariable]}
	if m.socket == "" {
		return nil, nil //nolint:nilnil // no manager, which is no error
	}
	if m.socket[0] != '/' && m.socket[0] != '@' {
		return nil, fmt.Errorf("%s=%q: allowed are an absolute path and @NAME", SocketVariable, m.socket)
	}
	period := env[WatchdogVariable]
	if pid := env[WatchdogPIDVariable]; period == "" || pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return m, nil
	}
	n, err := strconv.ParseInt(period, 10, 64)
	if err != nil || n <= 0 {
		return nil, fmt.Errorf("%s=%q: allowed is a number of microseconds, more than 0", WatchdogVariable, period)
	}
	m.watchdog = time.Duration(n) * time.Microsecond
	return m, nil
}

// Tell sends what has changed since the last call, and a sign of life when one is due. Call
// it several times a second. What could not be sent is sent by the next call.
func (m *Manager) Tell(s State, now time.Time) error {
	if m == nil {
		return nil
	}
	feed := m.watchdog > 0 && now.Sub(m.fed) >= m.watchdog/feeds
	lines := changes(m.told, s)
	if feed {
		lines = append(lines, "WATCHDOG=1")
	}
	if len(lines) == 0 {
		return nil
	}
	if err := m.send(strings.Join(lines, "\n")); err != nil {
		return fmt.Errorf("%s=%q: %w", SocketVariable, m.socket, err)
	}
	m.told = s
	if feed {
		m.fed = now
	}
	return nil
}

// changes returns the assignments that lead from one state to another.
func changes(old, s State) []string {
	var lines []string
	switch {
	case s.Stopping:
		if !old.Stopping {
			lines = append(lines, "STOPPING=1")
		}
	case s.Ready && s.Reloading:
		if !old.Ready {
			lines = append(lines, "READY=1")
		}
		if !old.Reloading {
			lines = append(lines, "RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", monotonic().Microseconds()))
		}
	case s.Ready && (!old.Ready || old.Reloading):
		lines = append(lines, "READY=1")
	}
	if s.Status != old.Status {
		lines = append(lines, "STATUS="+strings.ReplaceAll(s.Status, "\n", " "))
	}
	return lines
}

// send sends one message. It connects each time: a manager that has started anew has a new
// socket.
func (m *Manager) send(message string) error {
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // the message has gone by then
	if err := c.SetWriteDeadline(time.Now().Add(sendPatience)); err != nil {
		return err
	}
	_, err = c.Write([]byte(message))
	return err
}
