package guardian

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Command is the hidden command that runs Guard.
const Command = "guardian"

// Guard is the guardian's whole life: it reads r, whose other end the supervisor
// holds, until the supervisor's death closes it, and then kills every group that the
// supervisor has named there last. A line is a JSON array of records; path is the
// file that holds the same, for a supervisor of an earlier version that writes no
// lines. orphaned: the supervisor has not ended as it should. The caller must have
// ignored INT, TERM, HUP and QUIT.
func Guard(r io.Reader, path string) (orphaned bool, err error) {
	last, err := lastLine(r)
	switch {
	case err != nil:
		return false, fmt.Errorf("guardian: %w", err)
	case last == nil:
		_, err = os.Stat(path) // a supervisor that stops everything removes it
		orphaned = err == nil
		_, err = sweep(path)
		return orphaned, err
	}
	var list *[]record
	if err := json.Unmarshal(last, &list); err != nil {
		return true, fmt.Errorf("guardian: %w", err)
	}
	if list == nil { // allEnded, and the file was removed with the last group
		return false, nil
	}
	if _, err := killGroups(*list); err != nil {
		return true, err
	}
	return true, remove(path)
}

// lastLine reads r to its end and returns the last line that is terminated; nil when
// there is no such line.
func lastLine(r io.Reader) ([]byte, error) {
	in := bufio.NewReader(r)
	var last []byte
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return last, nil // the rest is of a supervisor that died while writing it
		}
		if err != nil {
			return last, err
		}
		last = bytes.TrimSuffix(line, []byte("\n"))
	}
}
