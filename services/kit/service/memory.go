package service

import (
	"sync"
	"time"
)

const (
	memoryPeriod = time.Second
	// memoryStep is the fraction, 1/64, by which a new limit must differ to be set:
	// setting one stops the world for a moment.
	memoryStep = 64
)

// limitMemory sets the limit of l and follows its changes until end is called.
func limitMemory(l MemoryLimiter, set func(bytes int64) (before int64)) (end func()) {
	limit := l.MemoryLimit()
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
			if next := l.MemoryLimit(); next > limit+limit/memoryStep || next < limit-limit/memoryStep {
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
