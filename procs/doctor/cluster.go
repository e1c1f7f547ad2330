package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"livestream-tui/procs/preflight"
)

// Cluster is the cluster that this machine belongs to.
type Cluster struct {
	// Machine and Address are the name and the address of this machine.
	Machine, Address string
	// Edge is set where others do not call this machine.
	Edge bool
	// Peers are the other machines.
	Peers []Peer
}

// Peer is another machine, with what this one connects to there.
type Peer struct {
	Machine string
	Places  []Place
}

// Place is a server of another machine.
type Place struct {
	// Name is what is there, Address HOST:PORT.
	Name, Address string
}

// peerPatience is how long a server of another machine may take to answer.
const peerPatience = 2 * time.Second

// inCluster checks what a machine of a cluster needs beyond others.
func inCluster(ctx context.Context, c Cluster) []Finding {
	list := []Finding{keptClock()}
	if !c.Edge {
		list = append(list, ownAddress(c))
	}
	peers := make([]Finding, len(c.Peers))
	var work sync.WaitGroup
	for n, p := range c.Peers {
		work.Go(func() { peers[n] = p.examine(ctx) })
	}
	work.Wait()
	return append(list, peers...)
}

// ownAddress checks that this machine still has the address by which others reach it.
func ownAddress(c Cluster) Finding {
	f := Finding{Name: "address", Detail: c.Address + ", as machine " + c.Machine, OK: true}
	if err := preflight.CheckAddress(c.Address); err != nil {
		f.OK, f.Remedy = false, err.Error()+"; set CLUSTER_ADDRESS"
	}
	return f
}

// examine connects to each server of a machine. That one does not answer is no fault of this
// machine, unless a firewall is between them.
func (p Peer) examine(ctx context.Context) Finding {
	f := Finding{Name: "machine " + p.Machine, Optional: true, OK: true}
	var answer, refuse, silent []string
	for _, place := range p.Places {
		began := time.Now()
		conn, err := (&net.Dialer{Timeout: peerPatience}).DialContext(ctx, "tcp", place.Address)
		word := place.Name + " at " + place.Address
		var timeout net.Error
		switch {
		case err == nil:
			_ = conn.Close() // nothing was sent
			answer = append(answer, fmt.Sprintf("%s (%s)", word, time.Since(began).Round(100*time.Microsecond)))
		case errors.As(err, &timeout) && timeout.Timeout():
			silent = append(silent, word)
		default:
			refuse = append(refuse, word)
		}
	}
	var detail, remedy []string
	if len(p.Places) == 0 {
		detail = append(detail, "this machine connects to nothing there")
	}
	if len(answer) > 0 {
		detail = append(detail, strings.Join(answer, ", "))
	}
	if len(refuse) > 0 {
		detail = append(detail, "refused: "+strings.Join(refuse, ", "))
		remedy = append(remedy, "start the platform of machine "+p.Machine+", or remove the machine for good: livestream-tui remove "+p.Machine)
	}
	if len(silent) > 0 {
		detail = append(detail, "no answer: "+strings.Join(silent, ", "))
		remedy = append(remedy, "machine "+p.Machine+" is down, or a firewall is in between: let this machine through to these ports there")
	}
	f.OK, f.Detail, f.Remedy = len(remedy) == 0, strings.Join(detail, "; "), strings.Join(remedy, "; ")
	return f
}

// keptClock checks that something keeps the clock right: the machines of a cluster number
// segments by it.
func keptClock() Finding {
	f := Finding{Name: "clock", Optional: true}
	synced, known := clockSynced()
	keeper := clockKeeper()
	switch {
	case synced && keeper != "":
		f.OK, f.Detail = true, "kept by "+keeper
	case synced:
		f.OK, f.Detail = true, "kept by this system"
	case keeper != "":
		f.Detail = keeper + " runs, and has not set the clock yet"
		f.Remedy = "see chronyc sources, timedatectl timesync-status or ntpq -p for what it lacks"
	case !known:
		f.OK, f.Detail = true, "cannot be seen from here"
	default:
		f.Detail = "nothing keeps it: workers of machines whose clocks differ disagree about what is on air"
		f.Remedy = clockRemedy
	}
	return f
}
