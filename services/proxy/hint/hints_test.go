package hint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"livestream-tui/services/cluster"
)

const (
	one = "http://10.0.0.1:8080"
	two = "http://10.0.0.2:8080"
)

// heard is what was taken.
type heard struct{ list []string }

func newHints(h *heard) *Hints {
	return New(Options{
		Packagers: []string{one, two}, Log: hclog.NewNullLogger(), Metrics: prometheus.NewRegistry(),
		Take: func(packager int, newest map[string]int64) {
			for _, signal := range []string{"live01", "live02"} {
				if msn, told := newest[signal]; told {
					h.list = append(h.list, fmt.Sprintf("%d %s %d", packager, signal, msn))
				}
			}
		},
	})
}

func message(packager, run string, seq uint64, newest map[string]int64) cluster.Msg {
	data, _ := json.Marshal(cluster.Frontier{Packager: packager, Run: run, Seq: seq, Newest: newest})
	return cluster.Msg{Subject: cluster.SubjectFrontier + cluster.NameOf(packager), Data: data}
}

func TestMessages(t *testing.T) {
	at := func(msn int64) map[string]int64 { return map[string]int64{"live01": msn} }
	under := func(m cluster.Msg, subject string) cluster.Msg {
		m.Subject = subject
		return m
	}
	var h heard
	hints := newHints(&h)
	for _, c := range []struct {
		name   string
		m      cluster.Msg
		result string
	}{
		{"the first", message(one, "a", 5, at(100)), taken},
		{"of another packager", message(two, "b", 1, at(100)), taken},
		{"the next", message(one, "a", 6, at(101)), taken},
		{"twice", message(one, "a", 6, at(101)), old},
		{"overtaken", message(one, "a", 5, at(100)), old},
		{"after a loss", message(one, "a", 9, at(103)), taken},
		{"after a restart", message(one, "c", 1, at(103)), taken},
		{"of the run before", message(one, "a", 10, at(104)), old},
		{"of no packager", message("http://10.0.0.9:8080", "a", 1, at(1)), foreign},
		{"under another's subject", under(message(two, "b", 2, at(1)), cluster.SubjectFrontier+cluster.NameOf(one)), bad},
		{"without a run", message(two, "", 3, at(1)), bad},
		{"no JSON", cluster.Msg{Subject: cluster.SubjectFrontier + cluster.NameOf(one), Data: []byte("<html>")}, bad},
		{"nothing", cluster.Msg{Subject: cluster.SubjectFrontier + cluster.NameOf(one)}, bad},
	} {
		before, taken := testutil.ToFloat64(hints.results.WithLabelValues(c.result)), len(h.list)
		hints.take(c.m)
		if testutil.ToFloat64(hints.results.WithLabelValues(c.result)) != before+1 || (len(h.list) > taken) != (c.result == "taken") {
			t.Errorf("%s: got %v, want it %s", c.name, h.list[taken:], c.result)
		}
	}
	if want := "[0 live01 100 1 live01 100 0 live01 101 0 live01 103 0 live01 103]"; fmt.Sprint(h.list) != want {
		t.Errorf("got %v, want %s", h.list, want)
	}
	many := maps.Clone(at(1))
	for n := range maxSignals {
		many[fmt.Sprint("s", n)] = 1
	}
	if _, _, result := hints.read(message(two, "b", 9, many)); result != bad {
		t.Errorf("more signals than are allowed: got %s, want bad", result)
	}
}

// What cannot be heard is no trouble for players.
func TestRunEndsWithoutAnEngine(t *testing.T) {
	hints := newHints(&heard{})
	hints.options.Connect = func() (cluster.Bus, func(), error) { return nil, nil, errors.New("no key") }
	hints.Run(context.Background())
}
