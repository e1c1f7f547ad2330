package membership

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/cluster/store"
)

// world is a cluster whose engine is in memory. Its first machine is a at 10.0.0.1.
type world struct {
	*testing.T
	ctx    context.Context
	engine *clustertest.Memory
	a      identity.Identity
	folder string
	// said and warned are what the last call told.
	said, warned []string
}

// inWorld runs a test in fake time.
func inWorld(t *testing.T, do func(w *world)) {
	t.Helper()
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait() // for what ends with ctx
		defer cancel()
		a, err := identity.Create(filepath.Join(folder, "a", "cluster"), "a", "10.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		w := &world{T: t, ctx: ctx, engine: clustertest.NewMemory(), a: a, folder: folder}
		w.put(cluster.KeyStore, "word")
		w.put(cluster.KeyMachine+"a", a.Member())
		do(w)
	})
}

// put writes a record, or a string as it is.
func (w *world) put(key string, record any) {
	w.Helper()
	b, err := json.Marshal(record)
	if s, is := record.(string); is {
		b = []byte(s)
	}
	if err == nil {
		_, err = w.engine.Open().Store().Put(w.ctx, key, b, nil)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// keys are those of the Store.
func (w *world) keys() []string {
	w.Helper()
	seen, err := snapshot(w.ctx, w.engine.Open().Store(), time.Second)
	if err != nil {
		w.Fatal(err)
	}
	var list []string
	for key := range seen {
		list = append(list, key)
	}
	slices.Sort(list)
	return list
}

// runs has a machine beat, and answer for its clock, which is ahead.
func (w *world) runs(beat cluster.Beat, ahead time.Duration) {
	w.Helper()
	b := w.engine.Open().Bus()
	if err := b.Subscribe(w.ctx, cluster.SubjectClock+beat.Machine, func(m cluster.Msg) {
		at := time.Now().Add(ahead).UnixNano()
		answer, _ := json.Marshal(cluster.Clock{Came: at, Sent: at})
		_ = m.Reply(answer)
	}); err != nil {
		w.Fatal(err)
	}
	go func() {
		for w.ctx.Err() == nil {
			beat.At = time.Now().Add(ahead)
			data, _ := json.Marshal(beat)
			_ = b.Publish(cluster.SubjectBeat+beat.Machine, data)
			select {
			case <-w.ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}()
}

// request is that of machine b at 10.0.0.2.
func (w *world) request() Request {
	w.Helper()
	w.said, w.warned = nil, nil
	t, err := w.a.Invitation(false)
	if err != nil {
		w.Fatal(err)
	}
	return Request{
		Token: t, Machine: "b", Address: "10.0.0.2", Folder: filepath.Join(w.folder, "b", "cluster"), Version: "v2", Open: w.open,
		Say:  func(f string, a ...any) { w.said = append(w.said, fmt.Sprintf(f, a...)) },
		Warn: func(f string, a ...any) { w.warned = append(w.warned, fmt.Sprintf(f, a...)) },
	}
}

func (w *world) open(i identity.Identity) (store.Engine, error) {
	for _, path := range []string{i.CAPath(), i.EngineKeyPath()} {
		if _, err := os.Stat(path); err != nil {
			w.Errorf("the engine's client cannot read its keys: %v", err)
		}
	}
	return w.engine.Open(), nil
}

// untouched checks that a machine that did not join left nothing.
func (w *world) untouched(r Request) {
	w.Helper()
	if list := w.keys(); slices.Contains(list, cluster.KeyMachine+r.Machine) {
		w.Errorf("the Store knows the machine: %v", list)
	}
	if left, _ := filepath.Glob(filepath.Join(w.folder, "b", "*")); len(left) > 0 {
		w.Errorf("files are left: %v", left)
	}
	if hidden, _ := filepath.Glob(filepath.Join(w.folder, "b", ".*")); len(hidden) > 0 {
		w.Errorf("files are left: %v", hidden)
	}
}

func TestAMachineJoins(t *testing.T) {
	inWorld(t, func(w *world) {
		w.runs(cluster.Beat{Machine: "a", Address: "10.0.0.1", Version: "v2"}, 3*time.Millisecond)
		w.put("svc.packager.a.server1", cluster.Instance{Machine: "a", Name: "server1", Kind: "packager", URL: "http://10.0.0.1:8080"})
		r := w.request()
		b, err := Join(w.ctx, r)
		if err != nil || len(w.warned) > 0 {
			w.Fatalf("got %v, warned of %v", err, w.warned)
		}
		read, err := identity.Open(r.Folder)
		if err != nil || read.Machine != "b" || read.Member().Order != 2 || len(read.Members) != 2 || read.IngestToken() != w.a.IngestToken() {
			w.Errorf("got %s, %v with members %+v, want the second machine", read, err, read.Members)
		}
		table, err := os.ReadFile(b.TablePath())
		if err != nil || !strings.Contains(string(table), "http://10.0.0.1:8080") || !strings.Contains(string(table), `"word":"word"`) {
			w.Errorf("got the copy of the registry %s, %v", table, err)
		}
		if hidden, _ := filepath.Glob(filepath.Join(w.folder, "b", ".*")); len(hidden) > 0 {
			w.Errorf("files are left: %v", hidden)
		}
		before := w.keys()
		if again, err := Join(w.ctx, w.request()); err != nil || again.Member().Order != 2 || !slices.Equal(before, w.keys()) {
			w.Errorf("joined again: got %+v, %v", again.Member(), err)
		}
		c := w.request()
		c.Machine, c.Address, c.Folder = "c", "10.0.0.3", filepath.Join(w.folder, "c", "cluster")
		if third, err := Join(w.ctx, c); err != nil || third.Member().Order != 3 || len(third.Members) != 3 {
			w.Errorf("a third machine: got %+v, %v", third.Members, err)
		}
	})
}

func TestWhatStopsAMachineFromJoining(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(w *world, r *Request)
		want    []string
	}{
		{"its name is taken", func(w *world, r *Request) {
			w.put("machine.b", cluster.Member{Name: "b", Address: "10.0.0.9", Order: 2})
		}, []string{`name "b": the machine at 10.0.0.9 has it`, "livestream-tui remove b"}},
		{"its name is that of the first", func(w *world, r *Request) { r.Machine = "a" }, []string{`name "a": the machine at 10.0.0.1 has it`}},
		{"its address is taken", func(w *world, r *Request) { r.Address = "10.0.0.1" }, []string{`address "10.0.0.1": machine a has it`}},
		{"its clock is behind", func(w *world, r *Request) {
			w.runs(cluster.Beat{Machine: "a", Address: "10.0.0.1"}, 5*time.Second)
		}, []string{"5s behind those of the others", "chrony", "--force-clock"}},
		{"its clock is ahead", func(w *world, r *Request) {
			w.runs(cluster.Beat{Machine: "a", Address: "10.0.0.1"}, -time.Minute)
		}, []string{"1m0s ahead of those of the others"}},
		{"the Store does not answer", func(w *world, r *Request) { w.engine.StopStore() }, []string{"no engine of the cluster answers"}},
		{"it cannot connect", func(w *world, r *Request) {
			r.Open = func(identity.Identity) (store.Engine, error) { return nil, errors.New("no keys") }
		}, []string{"no keys"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				r := w.request()
				r.Token.Members[0].Address = "127.0.0.1" // where nothing listens
				r.Token.Members[0].EnginePort = closedPort(t)
				if strings.Contains(c.name, "its name is that") {
					r.Token.Members[0].Address = "10.0.0.1"
				}
				c.prepare(w, &r)
				_, err := Join(w.ctx, r)
				w.engine.StartStore()
				if err == nil {
					w.Fatal("it joined")
				}
				for _, want := range c.want {
					if !strings.Contains(err.Error(), want) {
						w.Errorf("got %v, want %q in it", err, want)
					}
				}
				if r.Machine == "b" && !strings.Contains(c.name, "taken") || r.Address == "10.0.0.1" {
					w.untouched(r)
				}
			})
		})
	}
}

// closedPort is a port of loopback where nothing listens.
func closedPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestAMachineIsWarned(t *testing.T) {
	for _, c := range []struct {
		name  string
		beat  cluster.Beat
		ahead time.Duration
		any   bool
		want  string
	}{
		{"of its clock", cluster.Beat{Machine: "a", Version: "v2"}, 200 * time.Millisecond, false, "200ms behind those of the others"},
		{"of its clock, as the operator wants it", cluster.Beat{Machine: "a", Version: "v2"}, -2 * time.Second, true, "2s ahead of those of the others"},
		{"of another version", cluster.Beat{Machine: "a", Version: "v1"}, 0, false, "machine a runs version v1, and this one v2"},
		{"of a silent machine", cluster.Beat{Machine: "z", Version: "v2"}, 0, false, "machine a is not heard"},
		{"that clocks were not compared", cluster.Beat{}, 0, false, "were not compared"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				if c.beat.Machine != "" {
					w.runs(c.beat, c.ahead)
				}
				r := w.request()
				r.AnyClock = c.any
				if _, err := Join(w.ctx, r); err != nil {
					w.Fatal(err)
				}
				if all := strings.Join(w.warned, "\n"); !strings.Contains(all, c.want) {
					w.Errorf("got warnings %q, want %q in them", all, c.want)
				}
			})
		})
	}
}

func TestAMachineThatCannotKeepItsIdentityIsForgotten(t *testing.T) {
	inWorld(t, func(w *world) {
		w.runs(cluster.Beat{Machine: "a", Address: "10.0.0.1"}, 0)
		r := w.request()
		open := r.Open
		r.Open = func(i identity.Identity) (store.Engine, error) { // the disk fills up after it has begun
			if err := os.WriteFile(r.Folder, []byte("a file where the folder is to be"), 0o600); err != nil {
				return nil, err
			}
			return open(i)
		}
		if _, err := Join(w.ctx, r); err == nil {
			w.Error("it joined")
		}
		if err := os.RemoveAll(r.Folder); err != nil {
			w.Fatal(err)
		}
		w.untouched(r)
	})
}

// readOnly is an engine whose Store has no quorum: it reads and does not write.
type readOnly struct{ store.Engine }

func (r readOnly) Store() store.Store { return noWrites{r.Engine.Store()} }

type noWrites struct{ store.Store }

func (noWrites) Put(context.Context, string, []byte, *cluster.Rev) (cluster.Rev, error) {
	return 0, fmt.Errorf("put: %w", cluster.ErrUnavailable)
}

func (noWrites) Delete(context.Context, string, *cluster.Rev) error {
	return fmt.Errorf("delete: %w", cluster.ErrUnavailable)
}

func TestWithoutAQuorumNothingChangesInBoundedTime(t *testing.T) {
	inWorld(t, func(w *world) {
		b := w.three()
		w.a, _ = w.a.WithMembers(b.Members)
		if err := identity.Remove(b.Folder); err != nil {
			w.Fatal(err)
		}
		open := func(i identity.Identity) (store.Engine, error) {
			e, err := w.open(i)
			return readOnly{e}, err
		}
		const want = "two of the three machines that run the engine have to be up"
		began := time.Now()
		r := w.request()
		r.Machine, r.Address, r.Open = "d", "10.0.0.4", open
		if _, err := Join(w.ctx, r); err == nil || !strings.Contains(err.Error(), "cannot register this machine") || !strings.Contains(err.Error(), want) {
			w.Errorf("join: got %v, want %q", err, want)
		}
		w.untouched(r)
		waiting := func(command string) {
			w.Helper()
			all := strings.Join(w.said, "\n")
			if strings.Count(all, " yet: ") != 1 || !strings.Contains(all, want+"; trying for up to 15s") {
				w.Errorf("%s: said %q, want once what it waits for", command, w.said)
			}
			if strings.Contains(all, "put:") || strings.Contains(all, "delete:") {
				w.Errorf("%s: said %q, want none of the engine's own words", command, w.said)
			}
		}
		waiting("join")
		removal := w.removal("c")
		removal.Open = open
		if err := Remove(w.ctx, removal); err == nil || !strings.Contains(err.Error(), "cannot remove machine c: ") || !strings.Contains(err.Error(), want) {
			w.Errorf("remove: got %v, want %q", err, want)
		}
		waiting("remove")
		if took := time.Since(began); took > 2*(DefaultPatience+2*listening) {
			w.Errorf("both took %s, want %s each", took, DefaultPatience)
		}
	})
}

func TestTwoMachinesThatJoinAtOnceGetPlacesOfTheirOwn(t *testing.T) {
	inWorld(t, func(w *world) {
		w.runs(cluster.Beat{Machine: "a", Address: "10.0.0.1", Version: "v2"}, 0)
		done := make(chan error, 2)
		for n, name := range []string{"b", "c"} {
			r := w.request()
			r.Say, r.Warn = func(string, ...any) {}, func(string, ...any) {}
			r.Machine, r.Address, r.Folder = name, fmt.Sprintf("10.0.0.%d", n+2), filepath.Join(w.folder, name, "cluster")
			go func() {
				_, err := Join(w.ctx, r)
				done <- err
			}()
		}
		if err := errors.Join(<-done, <-done); err != nil {
			w.Fatal(err)
		}
		if want := []string{"machine.a", "machine.b", "machine.c", "store"}; !slices.Equal(w.keys(), want) {
			w.Errorf("got %v, want %v", w.keys(), want)
		}
	})
}

func TestAnEdgeJoinsWithoutBeingRegistered(t *testing.T) {
	inWorld(t, func(w *world) {
		w.runs(cluster.Beat{Machine: "a", Address: "10.0.0.1", Version: "v1"}, -time.Minute)
		r := w.request()
		var err error
		if r.Token, err = w.a.Invitation(true); err != nil {
			w.Fatal(err)
		}
		e, err := Join(w.ctx, r)
		if err != nil || e.Edge == nil || slices.Contains(w.keys(), "machine.b") {
			w.Fatalf("got %v, keys %v, want an edge that the Store does not know", err, w.keys())
		}
		if all := strings.Join(w.warned, "\n"); !strings.Contains(all, "clock") || !strings.Contains(all, "version v1") {
			w.Errorf("got warnings %q, want of its clock and the version", all)
		}
		removal := Removal{Own: e, Machine: "a", Open: w.open, Say: r.Say, Warn: r.Warn}
		if err := Remove(w.ctx, removal); err == nil || !strings.Contains(err.Error(), "is an edge") {
			w.Errorf("an edge removes a: got %v, want a refusal", err)
		}
		removal.Machine = "b"
		if err := Remove(w.ctx, removal); err != nil {
			w.Errorf("an edge removes itself: %v", err)
		}
		if _, err := identity.Open(r.Folder); !errors.Is(err, identity.ErrNone) {
			w.Errorf("got %v, want no identity", err)
		}
	})
}
