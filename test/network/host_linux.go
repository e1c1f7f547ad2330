package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"livestream-tui/services/viewer/player"
	"livestream-tui/test/harness"
)

// Put makes a command that has not been started run on the host.
func (h *Host) Put(cmd *exec.Cmd) *exec.Cmd {
	cmd.Args = append([]string{"ip", "netns", "exec", h.space(), cmd.Path}, cmd.Args[1:]...)
	cmd.Path = harness.Tool("ip")
	return cmd
}

// PIDs are the processes on the host.
func (h *Host) PIDs() ([]int, error) {
	out, err := exec.Command(harness.Tool("ip"), "netns", "pids", h.space()).Output()
	if err != nil {
		return nil, fmt.Errorf("ip netns pids: %w", err)
	}
	var pids []int
	for word := range strings.FieldsSeq(string(out)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("ip netns pids says %q", word)
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

// Signal sends a signal to every process on the host, at each turn to those that the turns
// before did not reach: a process may have started another one meanwhile. It returns once
// there is none that was not reached.
func (h *Host) Signal(s syscall.Signal) error {
	reached := map[int]bool{}
	for {
		pids, err := h.PIDs()
		if err != nil {
			return err
		}
		fresh := false
		for _, pid := range pids {
			if !reached[pid] {
				reached[pid], fresh = true, true
				_ = syscall.Kill(pid, s) // it may have ended
			}
		}
		if !fresh {
			return nil
		}
	}
}

// Dialer makes dial connect from the host: a socket belongs to the namespace that its thread
// is in when it is made.
func (h *Host) Dialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (c net.Conn, err error) {
		within := h.within(func() { c, err = dial(ctx, network, address) })
		return c, errors.Join(within, err)
	}
}

// within calls do on a thread that is in the host's namespace.
func (h *Host) within(do func()) error { return within(filepath.Join("/run/netns", h.space()), do) }

func within(space string, do func()) error {
	here, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer here.Close()
	there, err := os.Open(space)
	if err != nil {
		return err
	}
	defer there.Close()
	runtime.LockOSThread()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return err
	}
	do()
	if err := unix.Setns(int(here.Fd()), unix.CLONE_NEWNET); err != nil {
		return err // the thread stays locked and ends with its goroutine
	}
	runtime.UnlockOSThread()
	return nil
}

// Client is that of a player on the host.
func (h *Host) Client() *http.Client {
	c := player.NewClient(true)
	transport := c.Transport.(*http.Transport)
	transport.DialContext = h.Dialer(transport.DialContext)
	return c
}
