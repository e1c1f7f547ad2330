package procs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/guardian"
	"livestream-tui/procs/tail"
	"livestream-tui/services/kit/handover"
	"livestream-tui/services/kit/service"
)

// TestMain lets this binary be the children, the guardian and the killed
// supervisor of its own tests.
func TestMain(m *testing.M) {
	switch mode := os.Getenv(modeOf); {
	case len(os.Args) > 2 && os.Args[1] == guardian.Command:
		signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
		note := filepath.Join(filepath.Dir(os.Args[2]), "guardian.pid")
		if os.WriteFile(note+".new", fmt.Append(nil, os.Getpid()), 0o600) != nil || os.Rename(note+".new", note) != nil {
			os.Exit(1)
		}
		if _, err := guardian.Guard(os.Stdin, os.Args[2]); err != nil {
			os.Exit(1)
		}
	case mode == "supervisor":
		os.Exit(supervise())
	case mode != "":
		os.Exit(behave(mode))
	default:
		os.Exit(m.Run())
	}
}

// behave is a child of a test: what mode it begins with, then health, then TERM.
func behave(mode string) int {
	terms := make(chan os.Signal, 1)
	signal.Notify(terms, syscall.SIGTERM)
	if status, over := begin(mode, terms); over {
		return status
	}
	unready, end, err := readiness(mode)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	if err := answerHealth(mode, unready); err != nil {
		fmt.Println(err)
		return 1
	}
	<-terms
	if mode == "lingering" {
		time.Sleep(300 * time.Millisecond) // long enough for all of its level to be reported
	}
	end()
	fmt.Println("ended well")
	return 0
}

// begin does what a mode does first; over: the child ends with status.
func begin(mode string, terms <-chan os.Signal) (status int, over bool) {
	switch mode {
	case "bad":
		return 78, true
	case "last-words":
		fmt.Print("panic: last words, without an end")
		return 1, true
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
	case "member":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("member", os.Getpid())
		select {}
	case "slow-member":
		fmt.Println("member", os.Getpid())
		<-terms
		time.Sleep(400 * time.Millisecond) // what takes a group longer than its leader
		fmt.Println("member ended well")
		return 0, true
	case "orphan", "slow-orphan":
		member := &exec.Cmd{Path: os.Args[0], Args: os.Args[:1], Stdout: os.Stdout, Env: append(os.Environ(), modeOf+"=member")}
		if mode == "slow-orphan" {
			member.Env = append(member.Env, modeOf+"=slow-member")
		}
		if member.Start() != nil {
			return 1, true
		}
	case "stdin":
		b, err := io.ReadAll(os.Stdin)
		fmt.Printf("stdin: %q %v\n", b, err)
	case "long-line":
		fmt.Println(strings.Repeat("x", 5*tail.LineMost))
		fmt.Println("after the long line")
	case "flood":
		line := append(bytes.Repeat([]byte("x"), 1023), '\n')
		for range floodSize / len(line) {
			if _, err := os.Stdout.Write(line); err != nil {
				return 1, true
			}
		}
	}
	return 0, false
}

// readiness is why a mode is not ready, empty when it is, and what ends its answers on a
// held socket.
func readiness(mode string) (unready string, end func(), err error) {
	end = func() {}
	switch mode {
	case "unready":
		unready = "no film\nand more"
	case "held-once": // the first is ready, the next never
		if f, err := os.OpenFile(filepath.Join(os.Getenv(argOf), "once"), os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			unready = "not twice"
		} else {
			f.Close()
		}
		if !strings.Contains(strings.Join(os.Environ(), "\n"), readyWait) != (unready == "") {
			return "", end, errors.New("only a child that starts beside another is to wait")
		}
	}
	if mode == "held" || mode == "held-once" && unready == "" {
		end, err = answerHeld()
	}
	return unready, end, err
}

// answerHealth serves /healthz and /readyz until the process ends.
func answerHealth(mode, unready string) error {
	l, err := service.Connections(service.OSEnvironment())
	if mode == "by-path" { // as an earlier version does
		_ = os.Remove(os.Getenv(handover.SocketVariable)) // the supervisor's
		l, err = net.Listen("unix", os.Getenv(handover.SocketVariable))
	}
	if err != nil || l == nil {
		return fmt.Errorf("no connections to serve: %w", err)
	}
	go func() {
		_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // ends with the process
			ready := "ready"
			if unready != "" && r.URL.Path == "/readyz" {
				w.WriteHeader(http.StatusServiceUnavailable)
				ready = unready
			}
			_, _ = io.WriteString(w, ready)
		}))
	}()
	return nil
}

// supervise is a supervisor to be killed: it prints its statuses once all are
// ready and its guardian is there.
func supervise() int {
	run := os.Getenv(argOf)
	path, err := os.Executable()
	if err != nil {
		return 1
	}
	var specs []Spec
	for _, mode := range []string{"ready", "stubborn", "orphan"} {
		specs = append(specs, Spec{Name: mode, Argv: []string{path}, Env: []string{modeOf + "=" + mode, hasty}})
	}
	s, err := New(Options{Specs: specs, RunPath: run, LogPath: filepath.Join(run, "logs"), Self: path})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go func() {
		for {
			list := s.Statuses()
			_, err := os.Stat(filepath.Join(run, "guardian.pid"))
			if err == nil && !slices.ContainsFunc(list, func(s Status) bool { return s.State != Ready }) {
				_ = json.NewEncoder(os.Stdout).Encode(list) // the test misses it
				return
			}
			time.Sleep(10 * time.Millisecond) // between two looks
		}
	}()
	if err := s.Run(context.Background()); err != nil {
		return 1
	}
	return 0
}
