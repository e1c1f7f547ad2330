package tail

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// tailed is a tail whose lines are kept and whose file a test writes to.
type tailed struct {
	*testing.T
	tail  *Tail
	out   *os.File
	ended func() // of the incarnation that writes
	lines []string
}

func newTailed(t *testing.T) *tailed {
	t.Helper()
	x := &tailed{T: t}
	var err error
	x.tail, err = New(filepath.Join(t.TempDir(), "x.log"), func(line []byte) { x.lines = append(x.lines, string(line)) }, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.tail.Close)
	x.reopen()
	return x
}

// reopen is what the next incarnation writes to.
func (x *tailed) reopen() {
	x.Helper()
	if x.ended != nil {
		x.ended()
	}
	x.out, x.ended = x.tail.Open()
}

func (x *tailed) write(s string) {
	x.Helper()
	if _, err := x.out.WriteString(s); err != nil {
		x.Fatal(err)
	}
}

// reads checks the lines since the last call.
func (x *tailed) reads(want ...string) {
	x.Helper()
	if !slices.Equal(x.lines, want) {
		x.Errorf("got %.300q, want %.300q", x.lines, want)
	}
	x.lines = nil
}

func (x *tailed) size() int64 {
	x.Helper()
	info, err := os.Stat(x.tail.path)
	if err != nil {
		x.Fatal(err)
	}
	return info.Size()
}

func TestALineIsToldWhenItIsComplete(t *testing.T) {
	x := newTailed(t)
	x.write("one\ntw")
	x.tail.read()
	x.reads("one")
	x.write("o")
	x.tail.read()
	x.reads()
	x.write("\n\nthree\n")
	x.tail.read()
	x.reads("two", "", "three")
}

func TestTheLastWordsNeedNoEnd(t *testing.T) {
	x := newTailed(t)
	x.write("panic: no")
	x.tail.finish()
	x.reads("panic: no")
	x.tail.finish()
	x.reads()
	x.write("next\n") // of the next incarnation
	x.tail.read()
	x.reads("next")
}

func TestAnOverlongLineIsCutAndCounted(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces []int // lengths that are written and read
		read   int
		lost   int64
	}{
		{"the longest", []int{LineMost}, LineMost, 0},
		{"one more", []int{LineMost + 1}, LineMost, 1},
		{"in pieces", []int{LineMost - 1, 1, 1, 7}, LineMost, 8},
		{"longer than the buffer", []int{3 * bufferSize}, LineMost, 3*bufferSize - LineMost},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newTailed(t)
			for _, n := range c.pieces {
				x.write(strings.Repeat("x", n))
				x.tail.read()
			}
			x.write("\nnext\n")
			x.tail.read()
			x.reads(strings.Repeat("x", c.read), "next")
			if got := x.tail.Lost(); got != c.lost {
				t.Errorf("lost: got %d, want %d", got, c.lost)
			}
		})
	}
}

func TestAnUnfinishedOverlongLineDoesNotSwallowTheNext(t *testing.T) {
	x := newTailed(t)
	x.write(strings.Repeat("x", LineMost+5))
	x.tail.finish()
	x.reads(strings.Repeat("x", LineMost))
	x.write("next\n")
	x.tail.read()
	x.reads("next")
}

func TestAFileThatWasReadIsTruncatedWithoutLoss(t *testing.T) {
	x := newTailed(t)
	block := strings.Repeat(strings.Repeat("x", 1023)+"\n", 1024)
	lines := 0
	for range FileMost >> 20 {
		x.write(block)
		x.tail.read()
		lines += len(x.lines)
		x.lines = nil
	}
	if lines != FileMost>>10 {
		t.Errorf("got %d lines, want %d", lines, FileMost>>10)
	}
	if x.size() != 0 || x.tail.Lost() != 0 {
		t.Errorf("got %d bytes, %d lost, want an empty file and none lost", x.size(), x.tail.Lost())
	}
	x.write("after\n")
	x.tail.read()
	x.reads("after")
}

func TestALineThatATruncationCutsIsWhole(t *testing.T) {
	x := newTailed(t)
	x.write(strings.Repeat(strings.Repeat("x", 1023)+"\n", FileMost>>10) + "begin")
	x.tail.read()
	if x.size() != 0 {
		t.Fatalf("not truncated: %d bytes", x.size())
	}
	x.lines = nil
	x.write(" and end\n")
	x.tail.read()
	x.reads("begin and end")
}

func TestAFloodIsCutAndCounted(t *testing.T) {
	x := newTailed(t)
	line := strings.Repeat("x", 1023) + "\n"
	x.write(strings.Repeat(line, 40<<10)) // 40 MiB, not one read
	x.write("a piece of a li")
	x.tail.read()
	read := 0
	for _, l := range x.lines {
		read += len(l) + 1
	}
	x.lines = nil
	if lost := x.tail.Lost(); lost < FileMost || int64(read)+lost < 40<<20 {
		t.Errorf("read %d, lost %d: want them to be all of 40 MiB, and at least 16 MiB lost", read, lost)
	}
	if x.size() > FileMost {
		t.Errorf("the file has %d bytes, want at most %d", x.size(), FileMost)
	}
	x.write("ne\nwhole\n") // the rest of what was lost is no line
	x.tail.read()
	x.reads("whole")
}

func TestWhatAnEarlierRunLeftIsNotTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	if err := os.WriteFile(path, []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := &tailed{T: t}
	var err error
	if x.tail, err = New(path, func(l []byte) { x.lines = append(x.lines, string(l)) }, nil); err != nil {
		t.Fatal(err)
	}
	defer x.tail.Close()
	x.reopen()
	x.write("new\n")
	x.tail.read()
	x.reads("new")
	if b, err := os.ReadFile(path); err != nil || string(b) != "old\nnew\n" {
		t.Errorf("got %q, %v, want the old kept", b, err)
	}
}

func TestAnOperatorMayEmptyOrMoveTheFile(t *testing.T) {
	x := newTailed(t)
	x.write("before, and long enough to be noticed\n")
	x.tail.read()
	x.reads("before, and long enough to be noticed")
	if err := os.Truncate(x.tail.path, 0); err != nil {
		t.Fatal(err)
	}
	x.tail.read()
	x.write("emptied\n")
	x.tail.read()
	x.reads("emptied")

	if err := os.Rename(x.tail.path, x.tail.path+".1"); err != nil {
		t.Fatal(err)
	}
	x.write("to the old one\n")
	x.tail.read() // as often as there is something to be read
	x.reopen()
	x.write("to the new one\n")
	x.tail.read()
	x.reads("to the old one", "to the new one")
}

// TestAFileThatIsGoneIsMadeAgain has a writer that goes on with the old file.
func TestAFileThatIsGoneIsMadeAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		remove func(path string) error
	}{
		{"removed", os.Remove},
		{"moved", func(path string) error { return os.Rename(path, path+".1") }},
		{"with its folder", func(path string) error { return os.RemoveAll(filepath.Dir(path)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newTailed(t)
			x.write("before\n")
			x.tail.read()
			x.reads("before")
			for n := range 3 {
				if err := c.remove(x.tail.path); err != nil {
					t.Fatal(err)
				}
				x.write(fmt.Sprintf("after %d\nand be", n))
				x.tail.read()
				x.reads(fmt.Sprintf("after %d", n))
				x.write("fore the next\n")
				x.tail.read()
				x.reads("and before the next")
				b, err := os.ReadFile(x.tail.path)
				if want := fmt.Sprintf("after %d\nand before the next\n", n); err != nil || string(b) != want {
					t.Errorf("the file: got %q, %v, want %q", b, err, want)
				}
			}
			x.reopen()
			x.write("of the next\n")
			x.tail.read()
			x.reads("of the next")
			if n := len(x.tail.old); n != 0 {
				t.Errorf("%d old files are open, want none: they have no writer", n)
			}
		})
	}
}

func TestWhereNoFileCanBeMadeTheOldOneIsGoneOnWith(t *testing.T) {
	x := newTailed(t)
	folder := filepath.Dir(x.tail.path)
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder, nil, 0o600); err != nil { // where the folder was
		t.Fatal(err)
	}
	x.write("the one that runs\n")
	x.reopen()
	x.write("the next\n")
	x.tail.read()
	x.reads("the one that runs", "the next")
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	x.write("again\n")
	x.tail.read()
	x.reads("again")
	if b, err := os.ReadFile(x.tail.path); err != nil || string(b) != "again\n" {
		t.Errorf("the file: got %q, %v, want it made again", b, err)
	}
}

func TestDrainTellsAllBeforeItReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so that a busy machine does not use up drainMost
		read := make(chan string, 10)
		tl, err := New(filepath.Join(t.TempDir(), "x.log"), func(l []byte) { read <- string(l) }, nil)
		if err != nil {
			t.Fatal(err)
		}
		out, ended := tl.Open()
		defer ended()
		ctx, cancel := context.WithCancel(t.Context())
		followed := make(chan struct{})
		go func() { defer close(followed); tl.Follow(ctx) }()
		for i := range 5 {
			fmt.Fprintf(out, "last words %d", i)
			tl.Drain()
			select {
			case got := <-read:
				if want := fmt.Sprintf("last words %d", i); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			default:
				t.Errorf("drain %d returned before the last words were handed on", i)
			}
		}
		fmt.Fprint(out, "at the very end")
		cancel()
		<-followed
		if got := <-read; got != "at the very end" {
			t.Errorf("got %q", got)
		}
		began := time.Now()
		tl.Drain() // after the end: not for ever
		if took := time.Since(began); took != drainMost {
			t.Errorf("drain took %s, want %s", took, drainMost)
		}
	})
}

func TestDrainWaitsForNobodyWhoNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTailed(t)
		go func() { <-x.tail.drains }() // as follow does, whose line then blocks
		began := time.Now()
		x.tail.Drain()
		if took := time.Since(began); took != drainMost {
			t.Errorf("drain took %s, want %s", took, drainMost)
		}
	})
}
