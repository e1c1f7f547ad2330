package tail

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

// predecessor is what the file's predecessor holds.
func (x *tailed) predecessor() []byte {
	x.Helper()
	b, err := os.ReadFile(predecessor(x.tail.path))
	if err != nil {
		x.Fatal(err)
	}
	return b
}

// fill writes and reads as much as a log may hold, each line with the word.
func (x *tailed) fill(word string) (all string) {
	x.Helper()
	for n := range FileMost >> 20 {
		block := strings.Repeat(fmt.Sprintf("%-1023s\n", fmt.Sprint(word, n)), 1024)
		all += block
		x.write(block)
		x.tail.read()
	}
	x.lines = nil
	if x.size() != 0 {
		x.Fatalf("not truncated: %d bytes", x.size())
	}
	return all
}

func TestATruncatedLogHasAPredecessor(t *testing.T) {
	x := newTailed(t)
	first := x.fill("first")
	if got := x.predecessor(); string(got) != first {
		t.Errorf("got %d bytes, %.80q, want the %d that were there", len(got), got, len(first))
	}
	x.write("between\n")
	x.tail.read()
	x.reads("between")
	if second, got := x.fill("second"), x.predecessor(); string(got) != "between\n"+second {
		t.Errorf("got %d bytes, %.80q, want the second log", len(got), got)
	}
}

func TestInAFloodThePredecessorIsItsEnd(t *testing.T) {
	x := newTailed(t)
	line := strings.Repeat("x", 1023) + "\n"
	x.write(strings.Repeat(line, 40<<10) + "the last\n") // 40 MiB, not one read
	x.tail.read()
	if got := x.predecessor(); len(got) > keptMost || !bytes.HasSuffix(got, []byte("the last\n")) {
		t.Errorf("got %d bytes that end in %q, want the last %d at most", len(got), got[max(len(got)-20, 0):], keptMost)
	}
	if x.size() > FileMost {
		t.Errorf("the file has %d bytes, want at most %d", x.size(), FileMost)
	}
}

// TestALogThatWasMovedAwayKeepsWhatItHad floods it through a writer that still has it open: the file
// neither grows without a limit nor loses what was in it when it was moved.
func TestALogThatWasMovedAwayKeepsWhatItHad(t *testing.T) {
	x := newTailed(t)
	x.write("what was said before\n")
	x.tail.read()
	moved := x.tail.path + ".moved"
	if err := os.Rename(x.tail.path, moved); err != nil {
		t.Fatal(err)
	}
	x.tail.read()
	x.write(strings.Repeat(strings.Repeat("x", 1023)+"\n", FileMost>>10))
	x.tail.read()
	if b, err := os.ReadFile(moved); err != nil || string(b) != "what was said before\n" {
		t.Errorf("the moved one: got %d bytes, %v, want what was said before", len(b), err)
	}
	x.lines = nil
	x.write("and after\n")
	x.tail.read()
	x.reads("and after")
}

func TestAPredecessorThatCannotBeKeptDoesNotLetTheLogGrow(t *testing.T) {
	x := newTailed(t)
	if err := os.MkdirAll(predecessor(x.tail.path)+"/full", 0o755); err != nil {
		t.Fatal(err)
	}
	x.fill("x")
	if _, err := os.Stat(predecessor(x.tail.path) + ".new"); !os.IsNotExist(err) {
		t.Errorf("what could not be kept is left: %v", err)
	}
}

// TestWhatIsWrittenWhileALogIsKeptIsHandedOn writes as if another did between the last look at
// the file and the truncation.
func TestWhatIsWrittenWhileALogIsKeptIsHandedOn(t *testing.T) {
	x := newTailed(t)
	x.write("one\n")
	x.tail.read()
	x.reads("one")
	size := x.size()
	x.write("two\nthr")
	x.tail.truncate(x.tail.home, size, x.tail.to, func() {})
	x.reads("two")
	x.write("ee\n")
	x.tail.read()
	x.reads("three")
	if lost := x.tail.Lost(); lost != 0 {
		t.Errorf("got %d bytes lost, want none", lost)
	}
	if got := string(x.predecessor()); got != "one\ntwo\nthr" {
		t.Errorf("the predecessor has %q, want all of it", got)
	}
}
