package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What processes use, from /proc.

// groupOf are the live processes of a group.
func groupOf(group int) []int {
	out, err := exec.Command("ps", "-eo", "pid=,pgid=,ppid=").Output()
	if err != nil {
		return nil
	}
	pids := map[int]bool{group: true}
	for again := true; again; { // Varnish's child leads a group of its own
		again = false
		for _, line := range strings.Split(string(out), "\n") {
			f := strings.Fields(line)
			if len(f) != 3 {
				continue
			}
			pid, _ := strconv.Atoi(f[0])
			pgid, _ := strconv.Atoi(f[1])
			ppid, _ := strconv.Atoi(f[2])
			if !pids[pid] && (pgid == group || pids[ppid]) {
				pids[pid], again = true, true
			}
		}
	}
	var list []int
	for pid := range pids {
		list = append(list, pid)
	}
	return list
}

// cpuOf is the CPU time that processes have used.
func cpuOf(pids []int) time.Duration {
	var ticks int64
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		for _, i := range []int{11, 12} {
			n, _ := strconv.ParseInt(f[i], 10, 64)
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// rssOf is the memory of processes in MB. What they may share, such as the binary and
// nginx's zones, counts once, as the largest share of any of them.
func rssOf(pids []int) float64 {
	var own, shared int64
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		if err != nil {
			continue
		}
		if f := strings.Fields(string(b)); len(f) > 2 {
			resident, _ := strconv.ParseInt(f[1], 10, 64)
			file, _ := strconv.ParseInt(f[2], 10, 64)
			own += resident - file
			shared = max(shared, file)
		}
	}
	return float64((own+shared)*int64(os.Getpagesize())) / 1e6
}

// mostRSS samples processes' memory until stop is called, which returns the maximum.
func mostRSS(pids []int) (stop func() float64) {
	done := make(chan struct{})
	var most float64
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			most = max(most, rssOf(pids))
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return func() float64 {
		close(done)
		work.Wait()
		return max(most, rssOf(pids))
	}
}

func median(list []float64) float64 {
	list = slices.Clone(list)
	slices.Sort(list)
	return list[len(list)/2]
}
