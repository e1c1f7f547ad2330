package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/services/cluster"
	"livestream-tui/services/hls/feed"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/receiver/inputtest"
	"livestream-tui/services/receiver/keys"
	"livestream-tui/services/viewer/player"
	"livestream-tui/services/viewer/rules"
	"livestream-tui/test/harness"
)

// liveMachine is a machine of a cluster, on an address of its own.
type liveMachine struct {
	*harness.Platform
	t       *testing.T
	address string
	main    string // where the encoder of the first input sends
}

func (h *liveMachine) url(variable, path string) string {
	return "http://" + h.address + ":" + h.Env[variable] + path
}

// live is how the receiver has the signal.
func (h *liveMachine) live() (signals.Status, error) {
	var list feed.Index
	a, err := servicetest.Request(h.t.Context(), http.MethodGet, h.url("RECEIVER_PORT", feed.IndexPath), "")
	if err == nil {
		err = json.Unmarshal([]byte(a.Body), &list)
	}
	if err == nil && len(list.Signals) != 1 {
		err = fmt.Errorf("got %s", a.Body)
	}
	if err != nil {
		return signals.Status{}, err
	}
	return list.Signals[0], nil
}

// awaitLive waits until the receiver has the signal in a way.
func (h *liveMachine) awaitLive(what string, is func(signals.Status) bool) {
	h.t.Helper()
	h.Await(time.Minute, what, func() error {
		s, err := h.live()
		if err == nil && !is(s) {
			err = fmt.Errorf("got %+v", s)
		}
		return err
	})
}

// good waits until the encoder of the main input can be shown.
func (h *liveMachine) good() {
	h.t.Helper()
	h.awaitLive("the encoder is good", func(s signals.Status) bool { return s.Inputs[0].State == signals.Good })
}

// hosts launches two machines with the layout cluster-live, without films.
func hosts(t *testing.T) (list []*liveMachine) {
	t.Helper()
	ports := map[string]string{}
	harness.SetPorts(t, ports, "RECEIVER_PORT", "RTMP_PORT", "SRT_PORT")
	engine := harness.Ports(t, 2)
	var members []cluster.Member
	net := fmt.Sprintf("127.%d.%d.", 1+rand.IntN(250), rand.IntN(250))
	for i, name := range []string{"a", "b"} {
		members = append(members, cluster.Member{Name: name, Address: net + fmt.Sprint(i+2), EnginePort: engine[0], RoutePort: engine[1], Order: i + 1})
	}
	token, err := identity.NewToken(members)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		env := harness.Settings(t)
		for variable, port := range ports {
			env[variable] = port
		}
		env["ENGINE_PORT"], env["ENGINE_ROUTE_PORT"] = fmt.Sprint(engine[0]), fmt.Sprint(engine[1])
		env["MACHINE"], env["CLUSTER_TOKEN"], env["LIVE_HOST"] = m.Name, token.Encode(), m.Address
		if err := os.Remove(env["INPUT_STREAM_PATH"] + "/live01.mp4"); err != nil {
			t.Fatal(err)
		}
		list = append(list, &liveMachine{t: t, address: m.Address, Platform: harness.Launch(t, env, "--layout", "cluster-live")})
	}
	for _, h := range list {
		var ends []keys.Endpoint
		status, out, said := harness.Outcome(t, h.Env, "keys", "--json", "--layout", "cluster-live")
		if err := json.Unmarshal([]byte(out), &ends); status != 0 || err != nil || len(ends) != 2 {
			t.Fatalf("keys: exit status %d, %v: %s%s", status, err, out, said)
		}
		h.main = ends[0].URL
	}
	return list
}

// lose kills all of a machine at once.
func (h *liveMachine) lose() {
	h.t.Helper()
	h.Signal(syscall.SIGKILL)
	h.AwaitExit(30 * time.Second)
	for _, pid := range h.Members() {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended already
	}
}

func TestALiveSignalSurvivesTheLossOfTheMachineThatLeadsIt(t *testing.T) {
	harness.Parallel(t)
	list := hosts(t)
	a, b := list[0], list[1]
	a.Await(time.Minute, "one leads, and the other stands by", func() error {
		one, err := a.live()
		other, wrong := b.live()
		if err == nil && wrong == nil && one.Generation == other.Generation && one.StandsBy != other.StandsBy {
			if one.StandsBy {
				a, b = b, a
			}
			return nil
		}
		return fmt.Errorf("got %+v, %w; %+v, %w", one, err, other, wrong)
	})
	inputtest.Push(t, a.main, encoder)
	a.good()
	inputtest.Push(t, b.main, encoder)
	b.good()
	before, err := b.live()
	if err != nil || !before.StandsBy {
		t.Fatalf("got %+v, %v, want the second machine to stand by", before, err)
	}
	signal := b.url("PROXY_PORT", "/stage/playlist.m3u8")
	newest := func() int64 {
		list, err := harness.Playlist(signal)
		if err != nil {
			return -1
		}
		return list.LastMSN()
	}
	b.Await(time.Minute, "the other machine's players have the signal", func() error {
		if newest() < 0 {
			return fmt.Errorf("no playlist yet")
		}
		return nil
	})
	players := harness.Gather(t, signal, 3, nil)
	playing := players.MSN()
	b.Await(time.Minute, "players play on", func() error {
		if n := players.MSN(); n < playing+3 {
			return fmt.Errorf("they play %d, it was %d", n, playing)
		}
		return nil
	})

	last, at := newest(), time.Now()
	a.lose()
	var gaps []time.Duration
	b.Await(time.Minute, "five more segments", func() error {
		switch n := newest(); {
		case n < last:
			t.Errorf("the playlist goes back from %d to %d", last, n)
		case n > last:
			gaps = append(gaps, time.Since(at).Round(10*time.Millisecond))
			last, at = n, time.Now()
		}
		if len(gaps) < 6 {
			return fmt.Errorf("so far: %v", gaps)
		}
		return nil
	})
	t.Logf("the leader's machine is lost: the longest time without a new segment is %s of %v", slices.Max(gaps), gaps)
	b.awaitLive("it leads", func(s signals.Status) bool {
		return !s.StandsBy && s.Generation == before.Generation+1 && s.Source == "main"
	})
	playing = players.MSN()
	b.Await(time.Minute, "players play what the other machine leads", func() error {
		if n := players.MSN(); n < playing+3 {
			return fmt.Errorf("they play %d, it was %d", n, playing)
		}
		return nil
	})
	wantPlaying(t, players.Leave())
	for _, line := range b.Logged() {
		if strings.Contains(line, "conflict") {
			t.Error(line)
		}
	}
}

// wantPlaying fails where players stalled or saw what is wrong. The bridge may be longer than 1.5
// target durations.
func wantPlaying(t *testing.T, reports []player.Report) {
	t.Helper()
	for _, r := range reports {
		for _, v := range r.Violations {
			if v.Rule != rules.Window {
				t.Errorf("%s: %s", r.Name, v)
			}
		}
		if len(r.Stalls) > 0 || len(r.Failures) > 0 {
			t.Errorf("%s: stalls %v, failures %v, want none", r.Name, r.Stalls, r.Failures)
		}
	}
}
