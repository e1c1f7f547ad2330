package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// How many players a contender keeps without a late segment: each reloads the
// playlist every target duration, or half of it when nothing was new (RFC 8216,
// 6.3.4), and fetches each new segment.

const (
	playersTarget = 2 * time.Second
	playersWatch  = 8 * time.Second // after the last one has joined
	playersFirst  = 2000
	playersMost   = 16000
	playersStep   = 250
	livePlaylist  = "/live/index.m3u8"
)

// kept is how many players one contender kept, and each step on the way there.
type kept struct {
	Contender string      `json:"contender"`
	Players   int         `json:"players"`
	Steps     []crowdStep `json:"steps"`
}

// crowdStep is the result of one number of players.
type crowdStep struct {
	Players  int     `json:"players"`
	Segments int64   `json:"segments"`
	Late     int64   `json:"late"`
	MostMS   float64 `json:"most_ms"` // from the reload to the segment's end
	Why      string  `json:"why,omitempty"`
}

func benchPlayers(t *testing.T, list []contender, www string) {
	skipWithout(t, playersMost)
	folder := filepath.Join(www, "live")
	writeShow(t, folder, playersTarget)
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	work.Go(func() { goOn(ctx, t, folder, playersTarget) })
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	var all []kept
	for _, c := range list {
		all = append(all, mostPlayers(t, c))
	}
	addToReport(t, "The proxy beside its peers: players", machine()+playersTable(all), all)
}

// mostPlayers doubles the players until one is late, and halves the distance after.
func mostPlayers(t *testing.T, c contender) kept {
	k := kept{Contender: c.name}
	few, many := 0, 0
	for n := playersFirst; ; {
		s := play(t, c, n)
		t.Logf("players: %s: %d: %d segments, the slowest %.0f ms, %d late %s", c.name, n, s.Segments, s.MostMS, s.Late, s.Why)
		k.Steps = append(k.Steps, s)
		if s.Late == 0 && s.Why == "" {
			few = n
		} else {
			many = n
		}
		switch {
		case few >= playersMost:
			k.Players = few
			return k
		case many == 0:
			n = 2 * few
		case many-few <= max(playersStep, few/8):
			k.Players = few
			return k
		default:
			n = (few + many) / 2 / playersStep * playersStep
		}
		if n == few || n == 0 {
			k.Players = few
			return k
		}
	}
}

// watching is a number of players on one contender.
type watching struct {
	base    string
	start   time.Time
	scratch []byte // where discarded bytes go

	segments, late, most atomic.Int64
	lost                 context.CancelCauseFunc // ends the step
}

var errLate = errors.New("a segment was late")

// play has n players join over one target duration and watches them; the first late
// segment ends it.
func play(t *testing.T, c contender, n int) crowdStep {
	t.Helper()
	if _, _, err := harness.Get(c.base + livePlaylist); err != nil {
		t.Fatal(err)
	}
	ctx, lost := context.WithCancelCause(t.Context())
	w := &watching{base: c.base, start: time.Now(), scratch: make([]byte, 1<<20), lost: lost}
	var work sync.WaitGroup
	for i := range n {
		work.Go(func() { w.player(ctx, playersTarget*time.Duration(i)/time.Duration(n)) })
	}
	end := time.NewTimer(playersTarget + playersWatch)
	defer end.Stop()
	select {
	case <-end.C:
		lost(nil)
	case <-ctx.Done():
	}
	work.Wait()
	s := crowdStep{Players: n, Segments: w.segments.Load(), Late: w.late.Load(), MostMS: float64(w.most.Load()) / 1e3}
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, errLate) {
		s.Why = cause.Error()
	}
	return s
}

// player plays until ctx is cancelled.
func (w *watching) player(ctx context.Context, phase time.Duration) {
	due := w.start.Add(phase)
	if !sleepUntil(ctx, due) {
		return
	}
	c, err := dial(w.base)
	if err != nil {
		w.lost(err)
		return
	}
	defer c.conn.Close()
	defer context.AfterFunc(ctx, func() { c.conn.Close() })() // ends what it waits for
	newest := -1
	for due = time.Now(); sleepUntil(ctx, due); {
		was := newest
		newest, err = w.reload(c, newest, due)
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				w.late.Add(1)
				err = errLate
			}
			w.lost(err) // of no effect after the end
			return
		}
		if was == newest {
			due = due.Add(playersTarget / 2)
		} else {
			due = due.Add(playersTarget)
		}
	}
}

// reload fetches what is new after newest, which must be whole one target duration
// after due: then os.ErrDeadlineExceeded comes.
func (w *watching) reload(c *client, newest int, due time.Time) (int, error) {
	if err := c.conn.SetDeadline(due.Add(playersTarget)); err != nil {
		return newest, err
	}
	list, err := c.get(request(w.base, livePlaylist))
	if err != nil {
		return newest, err
	}
	last, err := lastMSN(list)
	if err != nil {
		return newest, err
	}
	if newest < 0 || last < newest {
		return last, nil // it begins at the live edge
	}
	for msn := newest + 1; msn <= last; msn++ {
		n, err := c.discard(request(w.base, "/live/"+segmentName(msn)), w.scratch)
		if err == nil && n != segmentBytes {
			err = fmt.Errorf("segment %d of %d bytes", msn, n)
		}
		if err != nil {
			return msn, err
		}
		took := time.Since(due).Microseconds()
		w.segments.Add(1)
		for most := w.most.Load(); took > most && !w.most.CompareAndSwap(most, took); {
			most = w.most.Load()
		}
	}
	return last, nil
}

func lastMSN(list []byte) (int, error) {
	const tag = "#EXT-X-MEDIA-SEQUENCE:"
	_, rest, _ := bytes.Cut(list, []byte(tag))
	number, _, _ := bytes.Cut(rest, []byte("\n"))
	first, err := strconv.Atoi(string(number))
	return first + bytes.Count(list, []byte("#EXTINF:")) - 1, err
}

// sleepUntil returns false when ctx is cancelled.
func sleepUntil(ctx context.Context, at time.Time) bool {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

func playersTable(all []kept) string {
	var b strings.Builder
	fmt.Fprintf(&b, `
A segment of %.1f MB comes every %s. Each player reloads the playlist as often, from a phase of its own, and fetches what is new,
which must be whole one target duration after that reload was due. Players is the most with no segment late for %s, by doubling
from %d to at most %d and then halving the distance; the slowest segment is of that step. The players throw the bytes away within
the kernel, so that the cores are the contenders'. One pass.

| contender | players | ratio | MB/s | slowest segment ms | too many were | because |
|---|---|---|---|---|---|---|
`, segmentBytes/1e6, playersTarget, playersWatch, playersFirst, playersMost)
	for _, k := range all {
		best, next := k.around()
		fmt.Fprintf(&b, "| %s | %d | %.2f | %.0f | %.0f | %s |\n", k.Contender, k.Players, float64(all[0].Players)/float64(max(k.Players, 1)),
			float64(k.Players)*segmentBytes/1e6/playersTarget.Seconds(), best.MostMS, next)
	}
	return b.String()
}

// around is the step with the most players kept, and the result of the next.
func (k kept) around() (best crowdStep, next string) {
	next = " | "
	fewest := playersMost + 1
	for _, s := range k.Steps {
		switch {
		case s.Players == k.Players:
			best = s
		case s.Players > k.Players && s.Players < fewest:
			fewest = s.Players
			next = fmt.Sprintf("%d | %s", s.Players, s.Why)
			if s.Why == "" {
				next = fmt.Sprintf("%d | late", s.Players)
			}
		}
	}
	return best, next
}
