package terminal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/unix"
)

// readerGrace is how long a program that shows a file may take to end when it is asked to.
const readerGrace = time.Second

// read shows a file on the terminal with $PAGER or $EDITOR, or what there is without them,
// and returns when that has ended. It is ended when ctx is cancelled.
func read(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	program := reader(os.Getenv, exec.LookPath)
	if program == "" {
		return errors.New("PAGER and EDITOR are not set, and there is no less, more or vi")
	}
	//nolint:noctx // its whole group is ended, by end
	cmd := exec.Command("/bin/sh", "-c", program+` "$1"`, "sh", path)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "LESS="+cmp.Or(os.Getenv("LESS"), "+G")) // from the end
	return inForeground(ctx, cmd, os.Stdin)
}

// reader returns the command that shows a file; empty without one.
func reader(env func(string) string, find func(string) (string, error)) string {
	if set := cmp.Or(env("PAGER"), env("EDITOR")); set != "" {
		return set
	}
	for _, name := range []string{"less", "more", "vi"} {
		if _, err := find(name); err == nil {
			return name
		}
	}
	return ""
}

// inForeground runs a command in a group of its own, which has the terminal meanwhile: what
// ctrl+c and ctrl+z send must not reach this process. Without a terminal it only runs it.
func inForeground(ctx context.Context, cmd *exec.Cmd, tty *os.File) (failed error) {
	fd := int(tty.Fd())
	before, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	state, stateErr := term.GetState(tty.Fd())
	isTerminal := err == nil && stateErr == nil
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Foreground: isTerminal, Ctty: fd}
	if err := cmd.Start(); err != nil {
		return err
	}
	if isTerminal {
		// This process is in the background now, where it takes the terminal back, as it was:
		// a program that was killed leaves it in any state.
		signal.Ignore(syscall.SIGTTOU)
		defer signal.Reset(syscall.SIGTTOU)
		defer func() {
			failed = errors.Join(failed, unix.IoctlSetPointerInt(fd, unix.TIOCSPGRP, before), term.Restore(tty.Fd(), state))
		}()
	}
	pid := cmd.Process.Pid
	ended := make(chan struct{})
	defer close(ended)
	defer context.AfterFunc(ctx, func() { end(pid, ended) })()
	status, err := waited(pid)
	_ = cmd.Process.Release() // it has been waited for
	switch {
	case err != nil || ctx.Err() != nil:
		return err
	case status.ExitStatus() == 127 || status.ExitStatus() == 126:
		return fmt.Errorf("cannot run %q: see PAGER and EDITOR", cmd.Args[2])
	}
	return nil
}

// waited waits until a child has ended. A child that stops goes on at once: there is no
// shell that could let it go on later.
func waited(pid int) (syscall.WaitStatus, error) {
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return status, fmt.Errorf("cannot wait for the program that showed the log: %w", err)
		case status.Stopped():
			if err := syscall.Kill(-pid, syscall.SIGCONT); err != nil {
				return status, err
			}
		default:
			return status, nil
		}
	}
}

// end ends a group: it asks, and after the grace it kills.
func end(pid int, ended <-chan struct{}) {
	_ = syscall.Kill(-pid, syscall.SIGTERM) // it may have ended by itself
	select {
	case <-ended:
	case <-time.After(readerGrace):
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}
