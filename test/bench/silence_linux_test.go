package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/cluster/store/kv"
	"livestream-tui/services/engine"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/test/network"
)

// What each machine of TestLongestSilences does, and for how long.
const (
	wordEvery  = 20 * time.Millisecond
	faultAfter = 3 * time.Second
	faultLasts = 7 * time.Second
	watched    = 22 * time.Second
	outlasts   = 6 * time.Second  // the machines begin one after the other, and are heard to the end
	settled    = 20 * time.Second // how long three engines may take to agree at first
)

// childVariable has TestSilenceChild be an engine, or the services of a machine.
const childVariable = "TEST_SILENCE_CHILD"

// child is what a child process is to do.
type child struct {
	Engine   string        `json:"engine,omitempty"` // an engine of that machine, or
	Address  string        `json:"address,omitempty"`
	State    string        `json:"state,omitempty"`
	Peers    []engine.Peer `json:"peers,omitempty"`
	Services *bus.Config   `json:"services,omitempty"` // what writes, watches, speaks and listens
	Others   []string      `json:"others,omitempty"`   // the machines that services listen to
}

// heard is the longest silences in milliseconds, of the writes of a machine and of what it
// hears from others.
type heard struct {
	Leader bool             `json:"leader,omitempty"`
	Writes int64            `json:"writes_ms"`
	Watch  map[string]int64 `json:"watch_ms"`
	Bus    map[string]int64 `json:"bus_ms"`
}

// TestLongestSilences prints how long writes, watches and messages are silent at most while
// the engine that leads is killed, stopped, or its machine cut off, for 7 s. Three machines in
// namespaces write, watch, speak and listen every 20 ms. It judges nothing.
func TestLongestSilences(t *testing.T) {
	if os.Getenv("BENCH") == "" {
		t.Skip("BENCH=1 runs it: three minutes")
	}
	fmt.Println("| fault, 7 s long | writes of the others | watch between the others | bus between the others | bus from that machine | bus at that machine |\n|---|---|---|---|---|---|")
	for _, fault := range []string{"none", "kill", "stop", "cut"} {
		t.Run(fault, func(t *testing.T) { measureSilences(t, fault) })
	}
}

// TestSilenceChild is the child of the test above, and nothing by itself.
func TestSilenceChild(t *testing.T) {
	var c child
	if err := json.Unmarshal([]byte(os.Getenv(childVariable)), &c); err != nil {
		t.Skip("it is the child of TestLongestSilences")
	}
	if c.Engine == "" {
		listen(t, c)
		return
	}
	config := engine.Config{Machine: c.Engine, Peers: c.Peers, Port: 4222, RoutePort: 6222}
	config.ControlBindAddress, config.State = c.Address, c.State
	s, err := engine.New(config, service.NewKit("engine", service.Common{LogLevel: "error"}, nil, os.Stderr))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for range time.Tick(20 * time.Millisecond) {
			fmt.Printf("{\"leader\":%t}\n", s.Status().State == cluster.EngineLeader)
		}
	}()
	if err := s.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// gap notes the longest time between two things. Safe for concurrent use.
type gap struct {
	mu      sync.Mutex
	last    time.Time
	longest time.Duration
}

func (g *gap) hear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if !g.last.IsZero() {
		g.longest = max(g.longest, now.Sub(g.last))
	}
	g.last = now
}

func (g *gap) ms() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(g.longest, time.Since(g.last)).Milliseconds()
}

// listen is the services of a machine: it prints what it has heard in the end.
func listen(t *testing.T, c child) {
	conn, err := bus.Dial(*c.Services, "bench", hclog.NewNullLogger())
	if err != nil {
		t.Fatal(err)
	}
	e := kv.Open(conn, 3)
	defer e.Close()
	for deadline := time.Now().Add(settled); e.Health() != nil; time.Sleep(wordEvery) {
		if time.Now().After(deadline) {
			t.Fatal(e.Health())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var writes gap
	watches, words := map[string]*gap{}, map[string]*gap{}
	for _, other := range c.Others {
		watch, word := &gap{}, &gap{}
		watches[other], words[other] = watch, word
		if err := e.Bus().Subscribe(ctx, "word."+other, func(cluster.Msg) { word.hear() }); err != nil {
			t.Fatal(err)
		}
		go func() {
			for u := range e.Store().Watch(ctx, "word."+other) {
				if len(u.Entries) > 0 {
					watch.hear()
				}
			}
		}()
	}
	name := "word." + c.Services.Machine
	every := func(do func()) {
		for tick := time.NewTicker(wordEvery); ctx.Err() == nil; <-tick.C {
			do()
		}
	}
	go every(func() { _ = e.Bus().Publish(name, nil) })
	go every(func() {
		if _, err := e.Store().Put(ctx, name, []byte("x"), nil); err == nil {
			writes.hear()
		}
	})
	fmt.Println(`{"ready":true}`)
	<-time.After(watched)
	out := heard{Writes: writes.ms(), Watch: map[string]int64{}, Bus: map[string]int64{}}
	for _, other := range c.Others {
		out.Watch[other], out.Bus[other] = watches[other].ms(), words[other].ms()
	}
	<-time.After(outlasts)
	cancel()
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(b))
}

// running is a child process, which ends with the test.
type running struct {
	cmd    *exec.Cmd
	said   atomic.Value // heard: the last line of it
	lines  atomic.Int64
	silent chan struct{} // closed when it says no more
}

func run(t *testing.T, on *network.Host, c child) *running {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestSilenceChild$")
	cmd.Env = append(os.Environ(), childVariable+"="+string(b))
	cmd.Stderr = os.Stderr
	cmd = on.Put(cmd)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := &running{cmd: cmd, silent: make(chan struct{})}
	go func() {
		defer close(r.silent)
		for lines := bufio.NewScanner(pipe); lines.Scan(); {
			var h heard
			if strings.HasPrefix(lines.Text(), "{") && json.Unmarshal(lines.Bytes(), &h) == nil {
				r.said.Store(h)
				r.lines.Add(1)
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	return r
}

func (r *running) last() heard { h, _ := r.said.Load().(heard); return h }

func measureSilences(t *testing.T, fault string) {
	n := network.New(t)
	s := n.Switch("s", 1)
	machines := []string{"a", "b", "c"}
	var hosts []*network.Host
	var links []*network.Link
	var peers []engine.Peer
	var urls []string
	for i, name := range machines {
		host := n.Host(name)
		hosts, links = append(hosts, host), append(links, host.Plug(s, 11+i))
		peers = append(peers, engine.Peer{Machine: name, Address: links[i].Address + ":6222"})
		urls = append(urls, "nats://"+links[i].Address+":4222")
	}
	var engines, services []*running
	states := []string{t.TempDir(), t.TempDir(), t.TempDir()}
	begin := func(i int) *running {
		return run(t, hosts[i], child{Engine: machines[i], Address: links[i].Address, State: states[i], Peers: peers})
	}
	for i := range machines {
		engines = append(engines, begin(i))
	}
	lead := -1
	leads := func() bool {
		for i, e := range engines {
			if e.last().Leader {
				lead = i
			}
		}
		return lead >= 0
	}
	servicetest.Await(t, "one engine leads", leads)
	for i, name := range machines {
		others := append(append([]string(nil), machines[:i]...), machines[i+1:]...)
		own := append(append([]string(nil), urls[i:]...), urls[:i]...)
		services = append(services, run(t, hosts[i], child{Services: &bus.Config{EngineURL: strings.Join(own, ","), Engines: own, Machine: name}, Others: others}))
	}
	for _, s := range services {
		servicetest.Await(t, "the services write", func() bool { return s.lines.Load() > 0 })
	}
	<-time.After(faultAfter)
	lead = -1
	servicetest.Await(t, "one engine leads", leads)
	fail(t, fault, engines[lead].cmd, links[lead], func() { begin(lead) })
	for _, s := range services {
		<-s.silent
	}
	failed, one, two := machines[lead], services[(lead+1)%3].last(), services[(lead+2)%3].last()
	oneName, twoName := machines[(lead+1)%3], machines[(lead+2)%3]
	at := services[lead].last()
	fmt.Printf("| %s | %d ms | %d ms | %d ms | %d ms | %d ms |\n", fault, max(one.Writes, two.Writes), max(one.Watch[twoName], two.Watch[oneName]),
		max(one.Bus[twoName], two.Bus[oneName]), max(one.Bus[failed], two.Bus[failed]), max(at.Bus[oneName], at.Bus[twoName]))
}

// fail makes the fault, and undoes it.
func fail(t *testing.T, fault string, leader *exec.Cmd, link *network.Link, again func()) {
	t.Helper()
	pause := func() { <-time.After(faultLasts) }
	signal := func(s syscall.Signal) {
		if err := leader.Process.Signal(s); err != nil {
			t.Error(err)
		}
	}
	switch fault {
	case "kill":
		signal(syscall.SIGKILL)
		pause()
		again()
	case "stop":
		signal(syscall.SIGSTOP)
		pause()
		signal(syscall.SIGCONT)
	case "cut":
		link.Cut()
		pause()
		link.Join()
	}
}
