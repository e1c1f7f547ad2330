package service

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
)

// quietly runs do with a Quiet whose lines it returns, without their times.
func quietly(t *testing.T, do func(*Quiet)) (lines []string) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		var b bytes.Buffer
		q := NewQuiet(hclog.New(&hclog.LoggerOptions{Output: &b, DisableTime: true}), QuietPeriod)
		do(q)
		time.Sleep(5 * QuietPeriod) // everything is logged by now
		synctest.Wait()
		for line := range strings.Lines(b.String()) {
			lines = append(lines, strings.TrimSpace(line))
		}
	})
	return lines
}

func TestAFloodOfOneMessageIsALineASecond(t *testing.T) {
	got := quietly(t, func(q *Quiet) {
		for n := range 2500 {
			q.Warn("request refused", "path", fmt.Sprint("/", n))
			time.Sleep(time.Millisecond)
		}
	})
	if len(got) != 4 || !strings.HasSuffix(got[0], "path=/0") || !strings.Contains(got[3], "path=/2499 ") {
		t.Fatalf("got %q, want 4 lines, from the first path to the last", got)
	}
	all := 0
	for i := range got {
		n := 0
		if _, more, ok := strings.Cut(got[i], "more="); ok {
			_, _ = fmt.Sscan(more, &n)
		}
		all += n + 1
	}
	if all != 2500 {
		t.Errorf("the lines stand for %d messages, want 2500: %q", all, got)
	}
}

func TestRareMessagesAreLoggedAtOnce(t *testing.T) {
	got := quietly(t, func(q *Quiet) {
		q.Warn("one", "n", 1)
		q.Warn("other", "n", 2)
		time.Sleep(2 * QuietPeriod)
		q.Warn("one", "n", 3)
		q.Warn("one", "n", 4) // told when it is quiet again
		time.Sleep(QuietPeriod / 2)
		q.Warn("other", "n", 5)
		q.Warn("other", "n", 6)
		q.Warn("other", "n", 7)
	})
	want := []string{"[WARN]  one: n=1", "[WARN]  other: n=2", "[WARN]  one: n=3", "[WARN]  other: n=5", "[WARN]  one: n=4", "[WARN]  other: n=7 more=1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAQuietForgetsOldMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQuiet(hclog.NewNullLogger(), QuietPeriod)
		var crowd sync.WaitGroup
		for range 8 {
			crowd.Go(func() {
				for range 100 {
					q.Warn("one")
					q.Warn("other")
				}
			})
		}
		crowd.Wait()
		time.Sleep(3 * QuietPeriod)
		synctest.Wait()
		if len(q.messages) != 0 {
			t.Errorf("%d messages are kept", len(q.messages))
		}
	})
}
