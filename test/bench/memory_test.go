package bench

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	fewConnections  = 64
	manyConnections = 10000
)

// memory is a contender's memory while its connections are idle. Each has asked for the
// playlist once.
type memory struct {
	Contender string  `json:"contender"`
	Keeps     string  `json:"keeps_content_in"`
	CachedMB  float64 `json:"cached_mb"`
	FewMB     float64 `json:"rss_mb_at_64"`
	ManyMB    float64 `json:"rss_mb_at_10000"`
}

// benchMemory must run before anything else makes a contender's memory grow.
func benchMemory(t *testing.T, list []contender) []memory {
	skipWithout(t, manyConnections)
	var all []memory
	for _, c := range list {
		const settles = 1500 * time.Millisecond // more than a sweep of our cache, which counts it
		m := memory{Contender: c.name, Keeps: c.keeps}
		pids := c.pids()
		few := dialMany(t, c.base, benchPlaylist, fewConnections)
		time.Sleep(settles)
		m.CachedMB, m.FewMB = c.cached()/1e6, rssOf(pids)
		many := dialMany(t, c.base, benchPlaylist, manyConnections-fewConnections)
		time.Sleep(settles)
		m.ManyMB = rssOf(pids)
		closeAll(few)
		closeAll(many)
		t.Logf("memory: %s: %.1f MB, of which cached %.1f, and %.1f MB with %d idle connections", c.name, m.FewMB, m.CachedMB, m.ManyMB, manyConnections)
		all = append(all, m)
	}
	return all
}

// perConnection is in kB.
func perConnection(fewMB, manyMB float64) float64 {
	return (manyMB - fewMB) * 1e3 / (manyConnections - fewConnections)
}

// memoryTable has a column for each load that was measured with few and with many
// connections.
func memoryTable(all []memory, loaded []figures) string {
	var b strings.Builder
	fmt.Fprintf(&b, `
The contenders keep a playlist and %d segments of %.1f MB. Beyond is RSS with %d idle connections less what is cached in it. A
further connection costs the difference of RSS between %d and %d connections, in kB: idle ones, which have asked for the playlist
once, on a contender just started; and the most seen under each load.

| contender | keeps content in | RSS MB | cached MB | beyond MB | further idle kB | under playlists kB | under segments kB |
|---|---|---|---|---|---|---|---|
`, windowLength, segmentBytes/1e6, fewConnections, fewConnections, manyConnections)
	for _, m := range all {
		fmt.Fprintf(&b, "| %s | %s | %.1f | %.1f | %.1f | %.1f | %s | %s |\n", m.Contender, m.Keeps, m.FewMB, m.CachedMB, m.FewMB-m.CachedMB,
			perConnection(m.FewMB, m.ManyMB), loadedConnection(loaded, m.Contender, "playlists"), loadedConnection(loaded, m.Contender, "segments"))
	}
	return b.String()
}

func loadedConnection(all []figures, contender, load string) string {
	at := map[int]float64{}
	for _, f := range all {
		if f.Contender == contender && f.Load == load {
			at[f.Connections] = median(f.RSSMB)
		}
	}
	if at[fewConnections] == 0 || at[manyConnections] == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", perConnection(at[fewConnections], at[manyConnections]))
}
