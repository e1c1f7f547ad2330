package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats-server/v2/server"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
)

// Status is what an engine does. It is the answer of GET /engine on the service's socket.
type Status struct {
	// State is standby, leader, follower or no quorum; empty while the engine starts.
	State cluster.EngineState `json:"state"`
	// Reason explains the state in words; empty when there is nothing to say.
	Reason string `json:"reason,omitempty"`
	// Leader is the machine whose engine leads all of them; empty when that is not known.
	Leader string `json:"leader,omitempty"`
	// Missing are the machines of the engines that this one does not reach, in order of name.
	Missing []string `json:"missing,omitempty"`
	// Behind is why its copy of the Store is not whole, as after a start: while it copies what
	// the others have, none of them may be lost. Empty when all is there.
	Behind string `json:"behind,omitempty"`
	// Clients is how many connections of services it has.
	Clients int `json:"clients"`
}

// ready reports whether the engine does its work, and why not.
func (s Status) ready() (bool, string) {
	switch s.State {
	case cluster.EngineStandby, cluster.EngineLeader, cluster.EngineFollower:
		if s.Behind != "" {
			return false, "its copy of the store is not whole yet: " + s.Behind
		}
		return true, ""
	}
	return false, s.Reason
}

// look returns the status of a server. It does not wait for other engines.
func look(c *Config, s *server.Server) Status {
	st := Status{Clients: s.NumClients(), Missing: missing(c, s)}
	if !s.JetStreamEnabled() {
		st.Reason = "the store does not answer yet"
		return st
	}
	others := c.others()
	if len(others) == 0 {
		st.State, st.Leader = cluster.EngineLeader, c.name()
		return st
	}
	info, err := s.Jsz(nil)
	if err != nil {
		st.Reason = "the store does not answer yet: " + err.Error()
		return st
	}
	if info.Meta != nil {
		st.Leader = info.Meta.Leader
	}
	all := len(others) + 1
	switch reached := all - len(st.Missing); {
	case reached <= all/2:
		st.State = cluster.EngineAlone
		st.Reason = fmt.Sprintf("no quorum: it reaches %d of %d engines; missing: %s", reached, all, strings.Join(st.Missing, ", "))
	case st.Leader == "":
		st.State = cluster.EngineAlone
		st.Reason = "no quorum: the engines have not agreed on a leader yet"
	case leads(s):
		st.State = cluster.EngineLeader
	default:
		st.State = cluster.EngineFollower
	}
	if health := s.Healthz(&server.HealthzOptions{}); health.Status != "ok" {
		st.Behind = cmp.Or(health.Error, health.Status)
	}
	return st
}

// leads reports whether a server leads the Store, or all engines while there is no Store.
func leads(s *server.Server) bool {
	account := s.GlobalAccount()
	if !s.JetStreamIsStreamAssigned(account.Name, store.Stream) {
		return s.JetStreamIsLeader()
	}
	return account.JetStreamIsStreamLeader(store.Stream)
}

// missing are the machines whose engines a server does not reach.
func missing(c *Config, s *server.Server) []string {
	reached := map[string]bool{}
	if routes, err := s.Routez(nil); err == nil {
		for _, r := range routes.Routes {
			reached[r.RemoteName] = true
		}
	}
	var list []string
	for _, p := range c.others() {
		if !reached[p.Machine] {
			list = append(list, p.Machine)
		}
	}
	slices.Sort(list)
	return list
}
