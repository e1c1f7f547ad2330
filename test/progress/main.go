package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"
)

// step is one command of the shell.
type step struct{ title, command string }

func main() {
	steps, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "progress:", err)
		os.Exit(2)
	}
	// A terminal interrupts the commands too; their results so far are still shown.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	began, sum := time.Now(), &tally{out: os.Stdout, now: time.Now}
	err = runAll(os.Stdout, steps, sum)
	sum.report(time.Since(began))
	if err != nil {
		fmt.Fprintln(os.Stderr, "progress:", err)
		os.Exit(1)
	}
}

func parse(args []string) ([]step, error) {
	if len(args) == 0 || len(args)%2 != 0 {
		return nil, fmt.Errorf("got %d arguments, want a title and a command for each step", len(args))
	}
	var steps []step
	for i := 0; i < len(args); i += 2 {
		steps = append(steps, step{args[i], args[i+1]})
	}
	return steps, nil
}

// runAll runs the steps until one fails.
func runAll(out io.Writer, steps []step, sum *tally) error {
	for i, s := range steps {
		what := s.title
		if words := strings.Fields(s.command); isTest(words) {
			count, err := countTests(words)
			if err != nil {
				return fmt.Errorf("%s: %w", s.title, err)
			}
			sum.begin(count)
			what += ": " + count.String()
		}
		fmt.Fprintf(out, "[%d/%d] %s\n", i+1, len(steps), what)
		began := time.Now()
		if err := run(s.command, sum); err != nil {
			return fmt.Errorf("step %d of %d, %s: %w", i+1, len(steps), s.title, err)
		}
		fmt.Fprintf(out, "[%d/%d] done in %s\n", i+1, len(steps), round(time.Since(began)))
	}
	return nil
}

// run runs a command of the shell and has its lines counted.
func run(command string, sum *tally) error {
	cmd := exec.Command("sh", "-c", command)
	cmd.Stdin, cmd.Stderr = os.Stdin, os.Stderr
	said, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	for lines := bufio.NewReader(said); ; {
		line, err := lines.ReadString('\n')
		if line != "" {
			sum.line(line)
		}
		if err != nil {
			break // the command has ended, with a status that says more
		}
	}
	return cmd.Wait()
}

// round is a duration to be read by people.
func round(d time.Duration) time.Duration {
	if d < time.Minute {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}
