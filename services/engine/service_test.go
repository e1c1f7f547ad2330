package engine_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/clustertest"
	"livestream-tui/services/engine"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
)

func kit(log *servicetest.Log) service.Kit {
	return service.NewKit("engine", service.Common{LogLevel: "info", LogFormat: "json"}, nil, log)
}

// run runs an engine until the test ends or stop is called.
func run(t *testing.T, c engine.Config) (s *engine.Service, log *servicetest.Log, stop func()) {
	t.Helper()
	log = &servicetest.Log{}
	s, err := engine.New(c, kit(log))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(stop)
	return s, log, stop
}

func ready(s *engine.Service) func() bool {
	return func() bool { ok, _ := s.Ready(); return ok }
}

func TestAMachineThatIsNoPeerIsOnStandby(t *testing.T) {
	c := clustertest.EngineConfigs(t, 3)[0]
	c.Machine = "d"
	s, _, _ := run(t, c)
	if ok, reason := s.Ready(); !ok {
		t.Errorf("not ready: %s", reason)
	}
	if st := s.Status(); st.State != cluster.EngineStandby {
		t.Errorf("got %+v", st)
	}
	if conn, err := net.Dial("tcp", net.JoinHostPort(c.ControlBindAddress, strconv.Itoa(int(c.Port)))); err == nil {
		conn.Close()
		t.Error("it listens")
	}
}

func TestTheSocketTellsTheState(t *testing.T) {
	c := clustertest.EngineConfigs(t, 1)[0]
	s, _, _ := run(t, c)
	servicetest.Await(t, "the engine is ready", ready(s))
	r := httptest.NewRecorder()
	service.SocketHandler(s, kit(&servicetest.Log{})).ServeHTTP(r, httptest.NewRequest("GET", "/engine", nil))
	var st engine.Status
	if err := json.Unmarshal(r.Body.Bytes(), &st); err != nil || st.State != cluster.EngineLeader || st.Leader != "a" {
		t.Errorf("got %s, %v", r.Body, err)
	}
}

func TestAnEngineWithoutTheOthersHasNoQuorum(t *testing.T) {
	list := clustertest.EngineConfigs(t, 3)
	a, _, _ := run(t, list[0])
	servicetest.Await(t, "it has no quorum", func() bool { return a.Status().State == cluster.EngineAlone })
	if ok, reason := a.Ready(); ok || reason == "" {
		t.Errorf("got %t, %q, want the reason why it is not ready", ok, reason)
	}
	if got := a.Status().Missing; !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("got %v missing", got)
	}
	b, _, stop := run(t, list[1])
	servicetest.Await(t, "two of three are ready", func() bool { return ready(a)() && ready(b)() })
	stop()
	servicetest.Await(t, "one of three has no quorum", func() bool { return a.Status().State == cluster.EngineAlone })
}

// The next incarnation begins while the last one ends.
func TestAnEngineWaitsForTheOneBefore(t *testing.T) {
	c := clustertest.EngineConfigs(t, 1)[0]
	first, _, stop := run(t, c)
	servicetest.Await(t, "the first is ready", ready(first))
	second, log, _ := run(t, c)
	servicetest.Await(t, "the second waits", func() bool { return log.Count("the engine waits for its folder") > 0 })
	if ok, reason := second.Ready(); ok || reason == "" {
		t.Errorf("got %t, %q while it waits", ok, reason)
	}
	stop()
	servicetest.Await(t, "the second is ready", ready(second))
}

func TestAnEngineWaitsForAPortThatIsTaken(t *testing.T) {
	c := clustertest.EngineConfigs(t, 1)[0]
	l, err := net.Listen("tcp", net.JoinHostPort(c.ControlBindAddress, strconv.Itoa(int(c.Port))))
	if err != nil {
		t.Fatal(err)
	}
	s, log, _ := run(t, c)
	servicetest.Await(t, "it waits", func() bool { return log.Count("the engine waits for its port") > 0 })
	l.Close()
	servicetest.Await(t, "it is ready", ready(s))
}

func TestOtherPeersBeginAnew(t *testing.T) {
	c := clustertest.EngineConfigs(t, 1)[0]
	old := filepath.Join(c.State, "engine", "a+b+c")
	if err := os.MkdirAll(old, 0o700); err != nil {
		t.Fatal(err)
	}
	s, _, _ := run(t, c)
	servicetest.Await(t, "it is ready", ready(s))
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("the store of other peers is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(c.State, "engine", "a")); err != nil {
		t.Error(err)
	}
}
