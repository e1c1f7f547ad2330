package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/cluster/store/kv"
	"livestream-tui/test/harness"
)

// probeVariable makes the test binary a probe: a process beside the players that writes to
// the Store and publishes on the Bus as a process of each machine would. It has machines and
// their addresses, a=10.0.0.1,b=10.0.0.2.
const probeVariable = "CLUSTER_TEST_PROBE"

const (
	writeEvery   = 250 * time.Millisecond
	publishEvery = 20 * time.Millisecond
)

// silences are the longest times without something, in milliseconds.
type silences struct {
	// Writes is by the machine whose engine is asked first.
	Writes map[string]int64 `json:"writes"`
	// Bus is by the machine where a message is heard, and that which it comes from.
	Bus map[string]map[string]int64 `json:"bus"`
}

// clock measures the longest time between two moments at which something was there.
type clock struct {
	mu      sync.Mutex
	last    time.Time     // guarded by mu
	longest time.Duration // guarded by mu
}

func (c *clock) there() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look(time.Now())
	c.last = time.Now()
}

// look needs mu.
func (c *clock) look(now time.Time) {
	if !c.last.IsZero() {
		c.longest = max(c.longest, now.Sub(c.last))
	}
}

func (c *clock) silence() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look(time.Now())
	return c.longest.Milliseconds()
}

// probe is the main function of a probe. It prints silences as JSON in the end.
func probe(machines string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var names, addresses []string
	for pair := range strings.SplitSeq(machines, ",") {
		name, address, _ := strings.Cut(pair, "=")
		names, addresses = append(names, name), append(addresses, "nats://"+address+":4222")
	}
	writes, heard := map[string]*clock{}, map[string]map[string]*clock{}
	for _, name := range names {
		writes[name], heard[name] = new(clock), map[string]*clock{}
		for _, other := range names {
			heard[name][other] = new(clock)
		}
	}
	var work sync.WaitGroup
	for i, name := range names {
		own := slices.Concat(addresses[i:], addresses[:i]) // its own engine first
		folder := os.Getenv(liarFolder)
		conn, err := bus.Dial(bus.Config{EngineURL: strings.Join(own, ","), Engines: own, Machine: name,
			EngineKey: filepath.Join(folder, "machine.nk"), EngineCA: filepath.Join(folder, "ca.pem")}, "probe", hclog.NewNullLogger())
		if err != nil {
			return err
		}
		if err := conn.Subscribe(ctx, "trial.>", func(m cluster.Msg) { heard[name][cluster.LastWord(m.Subject)].there() }); err != nil {
			return err
		}
		work.Go(func() { repeat(ctx, publishEvery, func() { _ = conn.Publish("trial."+name, nil) }) }) // lost while it is cut off
		store := kv.Open(conn, 3).Store()
		work.Go(func() {
			repeat(ctx, writeEvery, func() {
				if _, err := store.Put(ctx, "trial."+name, []byte("{}"), nil); err == nil {
					writes[name].there()
				}
			})
		})
	}
	<-ctx.Done()
	s := silences{map[string]int64{}, map[string]map[string]int64{}}
	for _, name := range names {
		s.Writes[name], s.Bus[name] = writes[name].silence(), map[string]int64{}
		for _, other := range names {
			s.Bus[name][other] = heard[name][other].silence()
		}
	}
	work.Wait()
	return json.NewEncoder(os.Stdout).Encode(s)
}

// repeat calls do until ctx is cancelled.
func repeat(ctx context.Context, every time.Duration, do func()) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		do()
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// startProbe starts a probe. The function that it returns ends it and returns the longest
// silences among some machines.
func (r *rig) startProbe() (stop func(of []*machine) (writes, bus time.Duration)) {
	r.t.Helper()
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	var list []string
	for _, m := range r.machines {
		list = append(list, m.name+"="+m.between.Address)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), probeVariable+"="+strings.Join(list, ","), liarFolder+"="+filepath.Join(r.machines[0].env["STATE_PATH"], "cluster"))
	said, complained := new(harness.Buffer), new(harness.Buffer)
	cmd.Stdout, cmd.Stderr = said, complained
	if err := r.home.Put(cmd).Start(); err != nil {
		r.t.Fatal(err)
	}
	t := r.t
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it has ended, unless the test has failed
	return func(of []*machine) (writes, bus time.Duration) {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		var s silences
		if err := cmd.Wait(); err != nil || json.Unmarshal([]byte(said.String()), &s) != nil {
			t.Errorf("the probe: %v: %s", err, complained)
			return 0, 0
		}
		for _, at := range of {
			writes = max(writes, time.Duration(s.Writes[at.name])*time.Millisecond)
			for _, from := range of {
				bus = max(bus, time.Duration(s.Bus[at.name][from.name])*time.Millisecond)
			}
		}
		return writes, bus
	}
}

// child makes this process what the variables of its parent say, and reports whether they do.
func child() bool {
	var err error
	switch {
	case os.Getenv(hintsVariable) != "":
		err = lie(os.Getenv(hintsVariable))
	case os.Getenv(probeVariable) != "":
		err = probe(os.Getenv(probeVariable))
	default:
		return false
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}
