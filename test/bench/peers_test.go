package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// The proxy beside nginx, Varnish and HAProxy, on the same content, in turn, for several
// rounds: `make bench`. It reports medians and ratios and asserts nothing. BENCH_ROUNDS
// is the number of rounds; -run picks parts:
//
//	BENCH=1 BENCH_ROUNDS=1 go test -v -run 'TestBenchBesideThePeers/loads/playlists_64$' ./test/bench

const (
	benchRounds  = 3
	benchThreads = 2
)

// load is what wrk asks for; bulky ones are compared by their bytes.
type load struct {
	name        string
	path        string
	connections int
	seconds     int
	bulky       bool
}

// Ten thousand connections share what leaves here in a second: a segment takes
// several seconds on each.
var benchLoads = []load{
	{"playlists", benchPlaylist, 64, 3, false},
	{"segments", benchSegment, 64, 3, true},
	{"playlists", benchPlaylist, 1000, 3, false},
	{"segments", benchSegment, 1000, 3, true},
	{"playlists", benchPlaylist, 10000, 5, false},
	{"segments", benchSegment, 10000, 9, true},
}

// figures are those of one contender under one load; each list has a value per round.
type figures struct {
	Contender     string    `json:"contender"`
	Load          string    `json:"load"`
	Connections   int       `json:"connections"`
	PerSecond     []float64 `json:"requests_per_second"`
	MBPerSecond   []float64 `json:"mb_per_second"`
	CPUMicros     []float64 `json:"cpu_us_per_request"`
	CPUPerGB      []float64 `json:"cpu_s_per_gb"`
	RSSMB         []float64 `json:"most_rss_mb"`
	Failed        int       `json:"failed"` // requests that wrk counts as failed
	bulky         bool
	secondsOfLoad int
}

func TestBenchBesideThePeers(t *testing.T) {
	if os.Getenv("BENCH") == "" {
		t.Skip("minutes long: make bench runs it")
	}
	t.Logf("%d rounds; a process may have %d descriptors", rounds(t), descriptors()) // before any is started
	root, err := os.MkdirTemp("", "lt-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) }) // a temporary folder: no harm if it stays
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	www := filepath.Join(root, "www")
	writeShow(t, filepath.Join(www, "show"), 4*time.Second)
	var idle []memory
	var loaded []figures
	t.Run("memory", func(t *testing.T) { idle = benchMemory(t, everyContender(t, filepath.Join(root, "memory"), www)) })
	// The rest gets new processes, which have not kept the memory of many connections.
	list := everyContender(t, filepath.Join(root, "rest"), www)
	t.Run("loads", func(t *testing.T) { loaded = benchThroughput(t, list) })
	if len(idle) > 0 {
		addToReport(t, "The proxy beside its peers: memory", memoryTable(idle, loaded), idle)
	}
	t.Run("latency", func(t *testing.T) { benchLatency(t, list, loaded) })
	t.Run("players", func(t *testing.T) { benchPlayers(t, list, www) })
}

// rounds is BENCH_ROUNDS.
func rounds(t *testing.T) int {
	t.Helper()
	v := os.Getenv("BENCH_ROUNDS")
	if v == "" {
		return benchRounds
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("BENCH_ROUNDS=%s: allowed is a number from 1", v)
	}
	return n
}

// machine is the line at the head of each table.
func machine() string {
	return fmt.Sprintf("%d cores, which the load, the contender and the origin share; %s %s; %s.\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, versions())
}

func benchThroughput(t *testing.T, list []contender) []figures {
	var all []figures
	for _, l := range benchLoads {
		t.Run(fmt.Sprintf("%s %d", l.name, l.connections), func(t *testing.T) {
			all = append(all, measureLoad(t, list, l)...)
		})
	}
	if len(all) > 0 {
		addToReport(t, "The proxy beside its peers: throughput", machine()+throughputTables(all, rounds(t)), all)
	}
	return all
}

// measureLoad loads the contenders in turn, round by round.
func measureLoad(t *testing.T, list []contender, l load) []figures {
	skipWithout(t, l.connections)
	of := make([]figures, len(list))
	for round := range rounds(t) {
		for i, c := range list {
			f := &of[i]
			if round == 0 {
				*f = figures{Contender: c.name, Load: l.name, Connections: l.connections, bulky: l.bulky, secondsOfLoad: l.seconds}
				wrk(t, c.base+l.path, l.connections, 1) // warm
			}
			f.measure(t, c, l)
			t.Logf("%s, %d connections, round %d: %s", l.name, l.connections, round+1, f.last())
		}
	}
	return of
}

func (f *figures) measure(t *testing.T, c contender, l load) {
	f.measureWith(c, l.bulky, func() wrkResult { return wrk(t, c.base+l.path, l.connections, l.seconds) })
}

// measureWith adds the figures of one round of a load.
func (f *figures) measureWith(c contender, bulky bool, load func() wrkResult) {
	pids := c.pids()
	rss := mostRSS(pids)
	before := cpuOf(pids)
	r := load()
	used := cpuOf(pids) - before
	requests := r.requests
	if bulky { // a segment under way counts by the part that came
		requests = r.bytes / segmentBytes
	}
	f.PerSecond = append(f.PerSecond, requests/r.seconds)
	f.MBPerSecond = append(f.MBPerSecond, r.bytes/1e6/r.seconds)
	f.CPUMicros = append(f.CPUMicros, float64(used.Microseconds())/max(requests, 1))
	f.CPUPerGB = append(f.CPUPerGB, used.Seconds()/max(r.bytes/1e9, 1e-9))
	f.RSSMB = append(f.RSSMB, rss())
	f.Failed += r.failed
}

func (f *figures) last() string {
	n := len(f.PerSecond) - 1
	return fmt.Sprintf("%s %.0f requests/s, %.0f MB/s, %.1f µs CPU/request, %.2f s CPU/GB, %.0f MB, %d failed",
		f.Contender, f.PerSecond[n], f.MBPerSecond[n], f.CPUMicros[n], f.CPUPerGB[n], f.RSSMB[n], f.Failed)
}

// speed is what contenders are compared by.
func (f *figures) speed() float64 {
	if f.bulky {
		return median(f.MBPerSecond)
	}
	return median(f.PerSecond)
}

// throughputTables are a table for each load.
func throughputTables(all []figures, rounds int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `
Medians of %d rounds in turn, wrk with %d threads. The ratio is ours to theirs, of requests/s for playlists and of MB/s for
segments. A segment under way counts by the part that came. CPU is the contender's own, without wrk's and the origin's; RSS is the
most seen under the load, with what its processes share counted once. nginx keeps content in files, so in the page cache, Varnish
and livestream-tui in their own memory; HAProxy keeps none and relays every request to the origin, %d at a time, for which it needs
descriptors beside its players': a process has %d here.
`, rounds, benchThreads, haproxyMost, descriptors())
	at, us := "", figures{}
	for _, f := range all {
		if now := fmt.Sprintf("%s, %d connections, %d s", f.Load, f.Connections, f.secondsOfLoad); now != at {
			at, us = now, f
			fmt.Fprintf(&b, "\n| %s | requests/s | ratio | MB/s | CPU µs/request | CPU s/GB | RSS MB | failed |\n|---|---|---|---|---|---|---|---|\n", at)
		}
		fmt.Fprintf(&b, "| %s | %.0f | %.2f | %.0f | %.1f | %.2f | %.0f | %d |\n", f.Contender, median(f.PerSecond),
			us.speed()/f.speed(), median(f.MBPerSecond), median(f.CPUMicros), median(f.CPUPerGB), median(f.RSSMB), f.Failed)
	}
	return b.String()
}

var (
	wrkDone   = regexp.MustCompile(`(\d+) requests in ([\d.]+)(ms|s|m), ([\d.]+)([KMGT]?)B read`)
	wrkErrors = regexp.MustCompile(`Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)`)
	wrkStatus = regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)`)
)

// wrkResult is what wrk counted.
type wrkResult struct {
	requests, bytes, seconds float64
	failed                   int
}

// wrk loads a URL.
func wrk(t *testing.T, url string, connections, seconds int) wrkResult {
	t.Helper()
	out, err := exec.Command(harness.Tool("wrk"), "-t", strconv.Itoa(benchThreads), "-c", strconv.Itoa(connections),
		"-d", strconv.Itoa(seconds)+"s", "--timeout", "60s", url).CombinedOutput()
	if err != nil {
		t.Fatalf("wrk: %v\n%s", err, out)
	}
	m := wrkDone.FindSubmatch(out)
	if m == nil {
		t.Fatalf("wrk says\n%s", out)
	}
	number := func(b []byte) float64 {
		f, err := strconv.ParseFloat(string(b), 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	r := wrkResult{requests: number(m[1]), bytes: number(m[4]), seconds: number(m[2])}
	r.seconds *= map[string]float64{"ms": 1e-3, "s": 1, "m": 60}[string(m[3])]
	r.bytes *= map[string]float64{"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}[string(m[5])]
	for _, re := range []*regexp.Regexp{wrkErrors, wrkStatus} {
		if m := re.FindSubmatch(out); m != nil {
			for _, b := range m[1:] {
				r.failed += int(number(b))
			}
			t.Logf("%s: wrk says\n%s", url, bytes.TrimSpace(out))
		}
	}
	return r
}
