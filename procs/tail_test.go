package procs

import (
	"bytes"
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
	tail  *tail
	out   *os.File
	ended func() // of the incarnation that writes
	lines []string
}

func newTailed(t *testing.T) *tailed {
	t.Helper()
	x := &tailed{T: t}
	var err error
	x.tail, err = newTail(filepath.Join(t.TempDir(), "x.log"), func(line []byte) { x.lines = append(x.lines, string(line)) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.tail.close)
	x.reopen()
	return x
}

// reopen is what the next incarnation writes to.
func (x *tailed) reopen() {
	x.Helper()
	if x.ended != nil {
		x.ended()
	}
	x.out, x.ended = x.tail.open()
}

func (x *tailed) write(s string) {
	x.Helper()
	if _, err := x.out.WriteString(s); err != nil {
		x.Fatal(err)
	}
}

// told checks the lines since the last call.
func (x *tailed) told(want ...string) {
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
	x.told("one")
	x.write("o")
	x.tail.read()
	x.told()
	x.write("\n\nthree\n")
	x.tail.read()
	x.told("two", "", "three")
}

func TestTheLastWordsNeedNoEnd(t *testing.T) {
	x := newTailed(t)
	x.write("panic: no")
	x.tail.finish()
	x.told("panic: no")
	x.tail.finish()
	x.told()
	x.write("next\n") // of the next incarnation
	x.tail.read()
	x.told("next")
}

func TestAnOverlongLineIsCutAndCounted(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces []int // lengths that are written and read
		told   int
		lost   int64
	}{
		{"the longest", []int{lineMost}, lineMost, 0},
		{"one more", []int{lineMost + 1}, lineMost, 1},
		{"in pieces", []int{lineMost - 1, 1, 1, 7}, lineMost, 8},
		{"longer than the buffer", []int{3 * tailBuffer}, lineMost, 3*tailBuffer - lineMost},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newTailed(t)
			for _, n := range c.pieces {
				x.write(strings.Repeat("x", n))
				x.tail.read()
			}
			x.write("\nnext\n")
			x.tail.read()
			x.told(strings.Repeat("x", c.told), "next")
			if got := x.tail.Lost(); got != c.lost {
				t.Errorf("lost: got %d, want %d", got, c.lost)
			}
		})
	}
}

func TestAnUnfinishedOverlongLineDoesNotSwallowTheNext(t *testing.T) {
	x := newTailed(t)
	x.write(strings.Repeat("x", lineMost+5))
	x.tail.finish()
	x.told(strings.Repeat("x", lineMost))
	x.write("next\n")
	x.tail.read()
	x.told("next")
}

func TestAFileThatWasReadIsTruncatedWithoutLoss(t *testing.T) {
	x := newTailed(t)
	block := strings.Repeat(strings.Repeat("x", 1023)+"\n", 1024)
	lines := 0
	for range logMost >> 20 {
		x.write(block)
		x.tail.read()
		lines += len(x.lines)
		x.lines = nil
	}
	if lines != logMost>>10 {
		t.Errorf("got %d lines, want %d", lines, logMost>>10)
	}
	if x.size() != 0 || x.tail.Lost() != 0 {
		t.Errorf("got %d bytes, %d lost, want an empty file and none lost", x.size(), x.tail.Lost())
	}
	x.write("after\n")
	x.tail.read()
	x.told("after")
}

func TestALineThatATruncationCutsIsWhole(t *testing.T) {
	x := newTailed(t)
	x.write(strings.Repeat(strings.Repeat("x", 1023)+"\n", logMost>>10) + "begin")
	x.tail.read()
	if x.size() != 0 {
		t.Fatalf("not truncated: %d bytes", x.size())
	}
	x.lines = nil
	x.write(" and end\n")
	x.tail.read()
	x.told("begin and end")
}

func TestAFloodIsCutAndCounted(t *testing.T) {
	x := newTailed(t)
	line := strings.Repeat("x", 1023) + "\n"
	x.write(strings.Repeat(line, 40<<10)) // 40 MiB, not one read
	x.write("a piece of a li")
	x.tail.read()
	told := 0
	for _, l := range x.lines {
		told += len(l) + 1
	}
	x.lines = nil
	if lost := x.tail.Lost(); lost < logMost || int64(told)+lost < 40<<20 {
		t.Errorf("told %d, lost %d: want them to be all of 40 MiB, and at least 16 MiB lost", told, lost)
	}
	if x.size() > logMost {
		t.Errorf("the file has %d bytes, want at most %d", x.size(), logMost)
	}
	x.write("ne\nwhole\n") // the rest of what was lost is no line
	x.tail.read()
	x.told("whole")
}

func TestWhatAnEarlierRunLeftIsNotTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	if err := os.WriteFile(path, []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := &tailed{T: t}
	var err error
	if x.tail, err = newTail(path, func(l []byte) { x.lines = append(x.lines, string(l)) }); err != nil {
		t.Fatal(err)
	}
	defer x.tail.close()
	x.reopen()
	x.write("new\n")
	x.tail.read()
	x.told("new")
	if b, err := os.ReadFile(path); err != nil || string(b) != "old\nnew\n" {
		t.Errorf("got %q, %v, want the old kept", b, err)
	}
}

func TestAnOperatorMayEmptyOrMoveTheFile(t *testing.T) {
	x := newTailed(t)
	x.write("before, and long enough to be noticed\n")
	x.tail.read()
	x.told("before, and long enough to be noticed")
	if err := os.Truncate(x.tail.path, 0); err != nil {
		t.Fatal(err)
	}
	x.tail.read()
	x.write("emptied\n")
	x.tail.read()
	x.told("emptied")

	if err := os.Rename(x.tail.path, x.tail.path+".1"); err != nil {
		t.Fatal(err)
	}
	x.write("to the old one\n")
	x.tail.read() // as often as there is something to be read
	x.reopen()
	x.write("to the new one\n")
	x.tail.read()
	x.told("to the old one", "to the new one")
}

// TestAFileThatIsGoneIsMadeAgain has one who writes to the old file, and does not
// notice.
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
			x.told("before")
			for n := range 3 {
				if err := c.remove(x.tail.path); err != nil {
					t.Fatal(err)
				}
				x.write(fmt.Sprintf("after %d\nand be", n))
				x.tail.read()
				x.told(fmt.Sprintf("after %d", n))
				x.write("fore the next\n")
				x.tail.read()
				x.told("and before the next")
				b, err := os.ReadFile(x.tail.path)
				if want := fmt.Sprintf("after %d\nand before the next\n", n); err != nil || string(b) != want {
					t.Errorf("the file: got %q, %v, want %q", b, err, want)
				}
			}
			x.reopen()
			x.write("of the next\n")
			x.tail.read()
			x.told("of the next")
			if n := len(x.tail.old); n != 0 {
				t.Errorf("%d old files are open, want none: nobody writes to them", n)
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
	x.told("the one that runs", "the next")
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	x.write("again\n")
	x.tail.read()
	x.told("again")
	if b, err := os.ReadFile(x.tail.path); err != nil || string(b) != "again\n" {
		t.Errorf("the file: got %q, %v, want it made again", b, err)
	}
}

func TestDrainTellsAllBeforeItReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so that a busy machine does not use up drainMost
		told := make(chan string, 10)
		tl, err := newTail(filepath.Join(t.TempDir(), "x.log"), func(l []byte) { told <- string(l) })
		if err != nil {
			t.Fatal(err)
		}
		out, ended := tl.open()
		defer ended()
		ctx, cancel := context.WithCancel(t.Context())
		followed := make(chan struct{})
		go func() { defer close(followed); tl.follow(ctx) }()
		for i := range 5 {
			fmt.Fprintf(out, "last words %d", i)
			tl.drain()
			select {
			case got := <-told:
				if want := fmt.Sprintf("last words %d", i); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			default:
				t.Errorf("drain %d returned before the last words were told", i)
			}
		}
		fmt.Fprint(out, "at the very end")
		cancel()
		<-followed
		if got := <-told; got != "at the very end" {
			t.Errorf("got %q", got)
		}
		began := time.Now()
		tl.drain() // after the end: not for ever
		if took := time.Since(began); took != drainMost {
			t.Errorf("drain took %s, want %s", took, drainMost)
		}
	})
}

func TestWatchWakesWhatHasChanged(t *testing.T) {
	x, quiet := newTailed(t), newTailed(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); watch(ctx, []*tail{x.tail, quiet.tail}) }()
	wakes := func(of *tailed, what string, within time.Duration) {
		t.Helper()
		select {
		case <-of.tail.wake:
		case <-time.After(within):
			t.Fatalf("%s: not woken within %s", what, within)
		}
	}
	idle := 0
	for i := range 10 {
		x.write("a line\n")
		wakes(x, fmt.Sprint("line ", i), deadline)
		select {
		case <-quiet.tail.wake:
			idle++
		default:
		}
	}
	if idle > 5 {
		t.Errorf("one that is quiet was woken %d times, one that is not 10 times: want it to be seldom", idle)
	}
	wakes(quiet, "unchanged", deadline)
	wakes(quiet, "unchanged, a second later", deadline)
	if err := os.Rename(x.tail.path, x.tail.path+".1"); err != nil {
		t.Fatal(err)
	}
	wakes(x, "moved away", deadline)
	cancel()
	<-ended
}

func TestDrainWaitsForNobodyWhoNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTailed(t)
		go func() { <-x.tail.drains }() // as follow does, whose line then blocks
		began := time.Now()
		x.tail.drain()
		if took := time.Since(began); took != drainMost {
			t.Errorf("drain took %s, want %s", took, drainMost)
		}
	})
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("one\ntwo\n"), uint16(3))
	f.Add([]byte("\n\n"), uint16(1))
	f.Add(bytes.Repeat([]byte("x"), lineMost+2), uint16(lineMost-1))
	f.Fuzz(func(t *testing.T, b []byte, piece uint16) {
		var whole, pieces []string
		lost := new(source).split(b, func(l []byte) { whole = append(whole, string(l)) })
		var other source
		for c := range slices.Chunk(b, int(piece)+1) {
			lost -= other.split(c, func(l []byte) { pieces = append(pieces, string(l)) })
		}
		if !slices.Equal(whole, pieces) || lost != 0 {
			t.Errorf("got %.200q in pieces, %.200q as a whole", pieces, whole)
		}
	})
}
