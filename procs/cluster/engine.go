package cluster

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/cluster"
	"livestream-tui/services/kit/httpx"
)

const (
	engineEvery    = 2 * time.Second
	enginePatience = 500 * time.Millisecond
	answerMost     = 64 << 10 // bytes
)

// engineWatch asks the own engine what it does. The zero value is ready for use.
type engineWatch struct {
	asked   time.Time
	last    cluster.EngineState
	reached time.Time // when an engine was last reached
}

// state returns what the own engine does. runs is set where this machine is to run one, reached
// where it is connected to any.
func (w *engineWatch) state(ctx context.Context, s platform.Snapshot, runs, reached bool) cluster.EngineState {
	if reached || w.reached.IsZero() {
		w.reached = time.Now()
	}
	for _, p := range s.OfRole(layouts.Engine) {
		switch {
		case !runs && time.Since(w.reached) >= platform.MachineSilence:
			return cluster.EngineUnreached
		case !runs:
			return cluster.EngineStandby
		case p.PID == 0:
			return cluster.EngineNone
		case time.Since(w.asked) >= engineEvery:
			w.asked = time.Now()
			w.last = askEngine(ctx, p.Socket)
		}
		return w.last
	}
	return cluster.EngineNone
}

// askEngine asks the engine at its unix socket what it does; EngineNone where it does not
// answer.
func askEngine(ctx context.Context, socket string) cluster.EngineState {
	ctx, cancel := context.WithTimeout(ctx, enginePatience)
	defer cancel()
	client := httpx.New(httpx.Options{Timeout: enginePatience, Dial: httpx.Socket(socket)})
	defer client.CloseIdleConnections()
	a, err := httpx.Get(ctx, client, "http://engine/engine", answerMost)
	var answer struct {
		State cluster.EngineState `json:"state"`
	}
	if err != nil || a.Status != http.StatusOK || json.Unmarshal(a.Body, &answer) != nil {
		return cluster.EngineNone
	}
	return answer.State
}
