package service

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"livestream-tui/services/kit/fastpath"
)

// Run listens, serves s and runs it until ctx is cancelled, then drains and
// returns. It listens on the sockets that were handed down (sd_listen_fds(3)), or else
// on one of its own. Errors of the listeners come back before anything runs.
func Run(ctx context.Context, s Service, k Kit, c Common) error {
	if l, ok := s.(MemoryLimiter); ok && k.Env["GOMEMLIMIT"] == "" {
		defer limitMemory(l, debug.SetMemoryLimit)()
	}
	all := &servers{}
	err := all.open(s, k, c)
	if err != nil {
		all.close()
		return err
	}
	return serve(ctx, s, all, c)
}

// open listens wherever s is served. After an error the caller closes what is open.
func (all *servers) open(s Service, k Kit, c Common) error {
	public := Handler(s, k) // its Routes are called, with or without an address
	if addr := s.Address(); addr != "" {
		list, inherited, err := listen(addr, k)
		if err != nil {
			return err
		}
		var answer fastpath.Answer
		if a, ok := s.(Answerer); ok {
			answer = a.Answer
		}
		for _, l := range list {
			srv := newServer(l, answer, public, k.Log)
			srv.inherited = inherited
			srv.add(s)
			all.public = append(all.public, srv)
		}
		k.Log.Info("listening", "address", list[0].Addr().String())
		warnBeyondLoopback(k.Log, list[0].Addr())
	}
	if addr := adminAddress(s); addr != "" {
		shared := all.inherited()
		l, err := listenTCP(withoutName(addr), shared)
		if err != nil {
			return fmt.Errorf("cannot listen on %s for operators: %w; free the port or set another", addr, reason(err))
		}
		handler := AdminHandler(s, k)
		for _, l := range withMirror(l, shared, k.Log) {
			all.admin = append(all.admin, newServer(l, nil, handler, k.Log))
		}
		k.Log.Info("listening for operators", "address", l.Addr().String())
		warnBeyondLoopback(k.Log, l.Addr())
	}
	for _, srv := range all.list() {
		srv.listener.KeepBelow(descriptorsForConnections())
	}
	l, err := listenOnSocket(k.Env, c.Socket)
	if l == nil || err != nil {
		return err
	}
	var handOver func()
	if len(all.public) > 0 {
		handOver = all.handOver
	}
	all.socket = newServer(l, nil, socketHandler(s, k, handOver), k.Log)
	return nil
}

func serve(asked context.Context, s Service, all *servers, c Common) error {
	// The work may outlive the request to end.
	ctx, cancel := context.WithCancel(context.WithoutCancel(asked))
	defer cancel()
	broken := make(chan error, len(all.list()))
	var serving sync.WaitGroup
	for _, srv := range all.list() {
		serving.Go(func() {
			if srv.inherited {
				awaitReady(ctx, asked, s, c.ReadyWait)
			}
			if err := srv.serve(); err != nil {
				broken <- err
				cancel() // a service that cannot be reached does no work
			}
		})
	}
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	var err error
	select {
	case err = <-ran:
	case <-asked.Done():
		err = drain(s, all, c, cancel, ran)
	}
	cancel()
	if asked.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // it was asked to end
	}
	all.shutdown(c.Drain)
	serving.Wait()
	select {
	case err = <-broken: // why Run was told to end
	default:
	}
	return err
}

// drain takes no more connections and ends the work: after the last response when
// another incarnation has taken over and a Drainer needs it, at once otherwise.
func drain(s Service, all *servers, c Common, cancel func(), ran <-chan error) error {
	all.refuse()
	if !all.handedOver() {
		cancel()
		return <-ran
	}
	if d, ok := s.(Drainer); ok {
		d.HandedOver()
	} else {
		cancel()
	}
	all.finish(c.Handover)
	cancel()
	return <-ran
}

// readyPoll is how often a service that is not ready yet is asked again.
const readyPoll = 2 * time.Millisecond

// awaitReady returns when s is ready, after most, or when one of the contexts ends.
func awaitReady(ctx, asked context.Context, s Service, most time.Duration) {
	limit := time.NewTimer(most)
	defer limit.Stop()
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		if ready, _ := s.Ready(); ready {
			return
		}
		select {
		case <-tick.C:
		case <-limit.C:
			return
		case <-asked.Done():
			return
		case <-ctx.Done():
			return
		}
	}
}
