//go:build linux

package bench

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/cluster/bus"
	"livestream-tui/test/harness"
)

const (
	scaleEdges   = 1000
	scaleSignals = 100
	// scaleEvery is a segment, scaleRounds how many of them are measured.
	scaleEvery  = 2 * time.Second
	scaleRounds = 8
)

// noticed is how edges notice new segments, told in one way.
type noticed struct {
	How         string  `json:"how"`
	MessageSize int     `json:"message_bytes"`
	Sent        int     `json:"messages_sent"`
	Lost        int     `json:"deliveries_lost"`
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	Most        float64 `json:"most_ms"`
	// MBps is what the hub sends, without the headers of the network; CPU is its share of a core.
	MBps float64 `json:"hub_mb_per_s"`
	CPU  float64 `json:"hub_cpu_percent"`
	RSS  float64 `json:"hub_rss_mb"`
}

// storm is the return of every edge after the hub has died.
type storm struct {
	How string `json:"how"`
	// Set is how long the edges took to connect at first, Back from the start of the next hub
	// until each of them was connected, Heard until each had heard a frontier.
	Set   float64 `json:"set_up_s"`
	Back  float64 `json:"back_s"`
	Heard float64 `json:"heard_s"`
	CPU   float64 `json:"hub_cpu_s"`
}

// TestBenchScale has 1,000 edges that hear of 100 signals from one engine, and kills it.
func TestBenchScale(t *testing.T) {
	benching(t)
	var all []noticed
	var storms []storm
	for _, secured := range []bool{false, true} {
		how := "plain"
		if secured {
			how = "TLS and keys"
		}
		h := newHub(t, secured)
		began := time.Now()
		e := connectEdges(t, h, scaleEdges)
		s := storm{How: how, Set: time.Since(began).Seconds()}
		packager := h.dial("packager", false)
		t.Cleanup(func() { _ = packager.Close() })
		harness.Await(t, time.Minute, "the packager is connected", func() error { return connected(packager) })
		for _, w := range tellings() {
			n := e.measure(t, h, packager, w)
			n.How = how + ": " + w.name
			all = append(all, n)
		}
		e.storm(t, h, packager, &s)
		storms = append(storms, s)
		h.kill()
		for _, c := range e.conns {
			_ = c.Close() // the hub is gone
		}
	}
	addToReport(t, "Scale: edges of one engine", scaleReport(all, storms), map[string]any{"noticed": all, "storms": storms})
}

func connected(c *bus.Conn) error {
	if !c.Connected() {
		return fmt.Errorf("it is not")
	}
	return nil
}

// telling is a way to tell of the new segments of all signals.
type telling struct {
	name string
	// messages is how many there are a round, apart how long after each other.
	messages int
	apart    time.Duration
}

func tellings() []telling {
	return []telling{
		{"nothing, but that the engine is there", 0, 0},
		{"one frontier at once", 1, 0},
		{"100 messages at once", scaleSignals, 0},
		{"100 messages, staggered over a segment", scaleSignals, scaleEvery / scaleSignals},
	}
}

// measure tells edges of new segments for some rounds.
func (e *edges) measure(t *testing.T, h *hub, from *bus.Conn, w telling) noticed {
	t.Helper()
	var signals []string
	for i := range scaleSignals {
		signals = append(signals, fmt.Sprintf("live%03d", i))
	}
	e.mu.Lock()
	e.waits = nil
	clear(e.sent)
	clear(e.times)
	e.mu.Unlock()
	heard, used, began := e.heard.Load(), cpuOf(h.pids()), time.Now()
	n := noticed{How: w.name}
	seq := uint64(began.UnixMilli())
	for round := range scaleRounds {
		time.Sleep(time.Until(began.Add(time.Duration(round) * scaleEvery))) // its segment
		for i := range w.messages {
			time.Sleep(time.Until(began.Add(time.Duration(round)*scaleEvery + time.Duration(i)*w.apart))) // its phase
			seq++
			n.MessageSize = e.publish(t, from, seq, signals[i*scaleSignals/w.messages:(i+1)*scaleSignals/w.messages])
			n.Sent++
		}
	}
	want := int64(n.Sent) * int64(len(e.conns))
	harness.Within(20*time.Second, func() bool { return e.heard.Load()-heard >= want })
	took := max(time.Since(began), scaleRounds*scaleEvery)
	n.Lost = int(want - (e.heard.Load() - heard))
	n.CPU = 100 * (cpuOf(h.pids()) - used).Seconds() / took.Seconds()
	n.RSS = rssOf(h.pids())
	n.MBps = float64(n.MessageSize) * float64(e.heard.Load()-heard) / took.Seconds() / 1e6
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waits) > 0 {
		n.P50, n.P99, n.Most = quantile(e.waits, 0.5), quantile(e.waits, 0.99), slices.Max(e.waits)
	}
	return n
}

// storm kills the hub, starts another one, and waits until every edge is back.
func (e *edges) storm(t *testing.T, h *hub, from *bus.Conn, s *storm) {
	t.Helper()
	h.kill()
	harness.Await(t, time.Minute, "every edge knows that the hub is gone", func() error {
		for i, c := range e.conns {
			if c.Connected() {
				return fmt.Errorf("edge %d does not", i)
			}
		}
		return nil
	})
	began := time.Now()
	h.start()
	harness.Await(t, 2*time.Minute, "every edge is back", e.connected)
	s.Back = time.Since(began).Seconds()
	harness.Await(t, 2*time.Minute, "the packager is back", func() error { return connected(from) })
	seq := uint64(time.Now().UnixMilli())
	harness.Await(t, 2*time.Minute, "every edge hears a frontier", func() error {
		seq++
		e.publish(t, from, seq, []string{"live000"})
		if !harness.Within(time.Second, func() bool { return e.count(seq) == len(e.conns) }) {
			return fmt.Errorf("%d of %d heard it", e.count(seq), len(e.conns))
		}
		return nil
	})
	s.Heard = time.Since(began).Seconds()
	s.CPU = cpuOf(h.pids()).Seconds()
}

func scaleReport(all []noticed, storms []storm) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d edges in one process, %d signals that have a new segment each %s, one engine; %d rounds. Time from the packager's call until an edge has the message. CPU of the engine in percent of a core.\n\n",
		scaleEdges, scaleSignals, scaleEvery, scaleRounds)
	b.WriteString("| told by | message | p50 ms | p99 ms | most ms | lost | MB/s | CPU % | RSS MB |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, n := range all {
		fmt.Fprintf(&b, "| %s | %d B | %.1f | %.1f | %.1f | %d | %.2f | %.1f | %.0f |\n", n.How, n.MessageSize, n.P50, n.P99, n.Most, n.Lost, n.MBps, n.CPU, n.RSS)
	}
	b.WriteString("\nThe engine is killed and started again, with every edge asking for it.\n\n| | set up s | all connected again s | all hear again s | CPU s |\n|---|---|---|---|---|\n")
	for _, s := range storms {
		fmt.Fprintf(&b, "| %s | %.1f | %.1f | %.1f | %.1f |\n", s.How, s.Set, s.Back, s.Heard, s.CPU)
	}
	return b.String()
}
