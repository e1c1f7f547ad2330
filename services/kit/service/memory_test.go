package service

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// limited is a fake with a limit of memory.
type limited struct {
	fake
	limit *atomic.Int64
}

func (l limited) MemoryLimit() int64 { return l.limit.Load() }

func TestTheLimitOfMemoryFollowsTheService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var limit atomic.Int64
		var set []int64
		limit.Store(1000)
		end := limitMemory(limited{limit: &limit}, func(n int64) int64 {
			set = append(set, n)
			return 0
		})
		for _, next := range []int64{1010, 1500, 1490, 900} {
			limit.Store(next)
			time.Sleep(memoryPeriod + time.Millisecond)
		}
		end()
		if want := []int64{1000, 1500, 900}; !slices.Equal(set, want) {
			t.Errorf("set: got %d, want %d", set, want)
		}
	})
}
