package service

import (
	"sync"
	"time"
)

// Bounded is a Service that is to stay within so much memory.
type Bounded interface {
	Service
	// MemoryLimit is the process's, in bytes, as of now: from there on the collector
	// works harder for less. It may grow with what is served. GOMEMLIMIT in the
	// environment wins. Safe for concurrent use.
	MemoryLimit() int64
}

const (
	memoryPeriod = time.Second
	// memoryStep is the part of a limit by which another differs that is worth setting:
	// to set one stops the world for a moment.
	memoryStep = 64
)

// bound sets the limit of b as it changes, until end is called.
func bound(b Bounded, set func(bytes int64) (before int64)) (end func()) {
	limit := b.MemoryLimit()
	set(limit)
	stop := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(memoryPeriod)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			if next := b.MemoryLimit(); next > limit+limit/memoryStep || next < limit-limit/memoryStep {
				limit = next
				set(limit)
			}
		}
	})
	return func() {
		close(stop)
		work.Wait()
	}
}
