package bench

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Latency at a fixed rate, the same for all: half of what nginx's cache answers at
// its peak. The loop is open: requests have a schedule, and an answer's latency
// counts from when its request was due, whenever it could be sent.

const (
	latencySeconds = 4
	latencyWarmth  = 500 * time.Millisecond // not counted
	// latencyTick is how often requests are due; those of one tick are due at once.
	latencyTick = 500 * time.Microsecond
)

// latencies are those of one contender; each list has a value per round.
type latencies struct {
	Contender string    `json:"contender"`
	Rate      int       `json:"rate"`
	P50       []float64 `json:"p50_ms"`
	P99       []float64 `json:"p99_ms"`
	P999      []float64 `json:"p99_9_ms"`
	Most      []float64 `json:"most_ms"`
	Answered  []float64 `json:"answered_per_second"`
	Ticks     []float64 `json:"generator_p99_ms"` // how late the generator's own ticks were
}

func benchLatency(t *testing.T, list []contender, loaded []figures) {
	rate := latencyRate(t, list, loaded)
	all := make([]latencies, len(list))
	for round := range rounds(t) {
		for i, c := range list {
			all[i].Contender, all[i].Rate = c.name, rate
			all[i].measure(t, c, rate)
			l, n := all[i], round
			t.Logf("latency, %d requests/s, round %d: %s p50 %.2f, p99 %.2f, p99.9 %.2f, most %.1f ms; %.0f answers/s; the generator's own p99 %.2f ms",
				rate, round+1, c.name, l.P50[n], l.P99[n], l.P999[n], l.Most[n], l.Answered[n], l.Ticks[n])
		}
	}
	addToReport(t, "The proxy beside its peers: latency", machine()+latencyTable(all, rounds(t)), all)
}

// latencyRate is half of what nginx's cache was measured at, or is now.
func latencyRate(t *testing.T, list []contender, loaded []figures) int {
	t.Helper()
	const of = "nginx cache"
	for _, f := range loaded {
		if f.Contender == of && f.Load == "playlists" && f.Connections == fewConnections {
			return int(median(f.PerSecond) / 2)
		}
	}
	c := list[slices.IndexFunc(list, func(c contender) bool { return c.name == of })]
	r := wrk(t, c.base+benchPlaylist, fewConnections, 2)
	return int(r.requests / r.seconds / 2)
}

func (l *latencies) measure(t *testing.T, c contender, rate int) {
	// A garbage collection, or a wait for a free P, would count as the contender's delay.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.NumCPU() + 2))
	runtime.GC()
	o := newOpenLoop(rate, latencySeconds*time.Second, request(c.base, benchPlaylist))
	clients := dialMany(t, c.base, benchPlaylist, fewConnections)
	took, answered := o.run(t, clients)
	took = took[rate*int(latencyWarmth/time.Millisecond)/1000:]
	slices.Sort(took)
	slices.Sort(o.ticks)
	l.P50, l.P99 = append(l.P50, msAt(took, 0.5)), append(l.P99, msAt(took, 0.99))
	l.P999, l.Most = append(l.P999, msAt(took, 0.999)), append(l.Most, msAt(took, 1))
	l.Answered, l.Ticks = append(l.Answered, float64(answered)/latencySeconds), append(l.Ticks, msAt(o.ticks, 0.99))
}

// msAt is a quantile of a sorted list.
func msAt(list []time.Duration, q float64) float64 {
	return list[int(q*float64(len(list)-1))].Seconds() * 1e3
}

// openLoop sends one request again and again at a fixed rate.
type openLoop struct {
	rate    int
	request []byte
	start   time.Time
	took    []time.Duration // by request; each written by the goroutine that has its connection
	ticks   []time.Duration // how late each tick was; written by pace

	mu    sync.Mutex
	next  int           // guarded by mu: the first request not sent
	free  []*connection // guarded by mu
	count int           // guarded by mu: answers
}

// connection is one of the loop's; at is its request on the way.
type connection struct {
	*client
	at int
}

func newOpenLoop(rate int, length time.Duration, request []byte) *openLoop {
	return &openLoop{rate: rate, request: request, took: make([]time.Duration, int(float64(rate)*length.Seconds())), ticks: make([]time.Duration, 0, length/latencyTick)}
}

// due is when request i is to be sent: at a tick.
func (o *openLoop) due(i int) time.Duration {
	return (time.Duration(i) * time.Second / time.Duration(o.rate)).Truncate(latencyTick)
}

// run returns how long each answer took, and how many came while requests were due.
// One that never came took until the end.
func (o *openLoop) run(t *testing.T, clients []*client) (took []time.Duration, answered int) {
	var work sync.WaitGroup
	for _, c := range clients {
		o.free = append(o.free, &connection{c, 0})
	}
	o.start = time.Now()
	for _, c := range o.free {
		work.Go(func() { o.read(t, c) })
	}
	o.pace(t)
	o.mu.Lock()
	answered = o.count
	o.mu.Unlock()
	o.awaitRest(2 * time.Second)
	closeAll(clients)
	work.Wait()
	for i := range o.took {
		if o.took[i] == 0 {
			o.took[i] = time.Since(o.start) - o.due(i)
		}
	}
	return o.took, answered
}

// pace sends what is due at each tick, on connections that are free.
func (o *openLoop) pace(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if unix.Setpriority(unix.PRIO_PROCESS, 0, -10) == nil { // where it may, so that this thread does not wait for the contender's
		defer unix.Setpriority(unix.PRIO_PROCESS, 0, 0) // lowering it is always allowed
	}
	last := o.due(len(o.took) - 1)
	for tick := time.Duration(0); tick <= last; tick += latencyTick {
		if wait := tick - time.Since(o.start); wait > 0 {
			preciseSleep(wait)
		}
		o.ticks = append(o.ticks, time.Since(o.start)-tick)
		for c := o.take(nil); c != nil; c = o.take(nil) {
			o.send(t, c)
		}
	}
}

// preciseSleep is closer than the runtime's timers, which wait for whole
// milliseconds when all else is idle.
func preciseSleep(d time.Duration) {
	v := unix.NsecToTimeval(d.Nanoseconds())
	_, _ = unix.Select(0, nil, nil, nil, &v) // the next tick makes up for a sleep that a signal ended
}

// take gives the next due request to a connection: to back, which has just been
// answered, or to one that is free. It returns nil when there is no such request or
// no connection for it, and then back is free.
func (o *openLoop) take(back *connection) *connection {
	o.mu.Lock()
	defer o.mu.Unlock()
	if back != nil {
		o.count++
		o.free = append(o.free, back)
	}
	if o.next == len(o.took) || len(o.free) == 0 || o.due(o.next) > time.Since(o.start) {
		return nil
	}
	c := o.free[len(o.free)-1]
	o.free = o.free[:len(o.free)-1]
	c.at = o.next
	o.next++
	return c
}

func (o *openLoop) send(t *testing.T, c *connection) {
	if _, err := c.conn.Write(o.request); err != nil {
		t.Errorf("request %d: %v", c.at, err)
	}
}

// read takes answers until the connection is closed.
func (o *openLoop) read(t *testing.T, c *connection) {
	for {
		if _, err := c.small(); err != nil {
			return // the loop's end has closed it, or its request counts as never answered
		}
		o.took[c.at] = time.Since(o.start) - o.due(c.at)
		if next := o.take(c); next != nil {
			o.send(t, next)
		}
	}
}

// awaitRest waits until all is answered.
func (o *openLoop) awaitRest(limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		o.mu.Lock()
		rest := len(o.took) - o.count
		o.mu.Unlock()
		if rest == 0 {
			return
		}
	}
}

func latencyTable(all []latencies, rounds int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `
Playlists at %d requests/s, half of what nginx cache answers at its peak, on %d connections, %d rounds of %d s in turn, medians.
Latency counts from when a request was due, every %s, so that one that had to wait for a connection is late by that. Who cannot
hold the rate falls behind for as long as it lasts. The last column is how late the generator, which shares the cores but has
priority where it may, was itself at a tick: it is part of the latency.

| contender | p50 ms | p99 ms | p99.9 ms | most ms | answers/s | generator's p99 ms |
|---|---|---|---|---|---|---|
`, all[0].Rate, fewConnections, rounds, latencySeconds, latencyTick)
	for _, l := range all {
		fmt.Fprintf(&b, "| %s | %.2f | %.2f | %.2f | %.1f | %.0f | %.2f |\n", l.Contender,
			median(l.P50), median(l.P99), median(l.P999), median(l.Most), median(l.Answered), median(l.Ticks))
	}
	return b.String()
}
