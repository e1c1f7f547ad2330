package live

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/feed"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/worker/input"
)

const (
	// lookEvery is how often the receiver is asked for its signals: an encoder that connects
	// is on air once its first segment is whole, and so much later.
	lookEvery = 250 * time.Millisecond
	// patience is how long an answer may take.
	patience = 5 * time.Second
	// firstPatience is how long the start waits for a receiver that does not answer.
	firstPatience = 2 * time.Second
)

// Config says where the live signals are.
type Config struct {
	// URLs are those of the receivers of all machines, without a slash at their ends, in the same
	// order at every worker; empty means that there is none, and no live signal.
	URLs []string
	Log  hclog.Logger
}

// Live airs the live signals of receivers, each from the one that leads it. It implements input.Input.
type Live struct {
	config Config
	host   input.Host
	http   *http.Client
	from   *receivers

	began   bool                // follow runs; used by Look alone
	running map[string]*running // by signal; used by follow's goroutine alone
	fails   event.Recurring     // why the receiver gave no list; used by follow's goroutine alone

	mu      sync.Mutex
	waiting []string // signals that have not been on air yet; guarded by mu
}

// running is a signal on air.
type running struct {
	mode signals.Mode
	base string // the receiver whose stream is encoded; empty where segments are copied
	stop context.CancelFunc
	done chan struct{} // closed when Air has returned
}

var _ input.Input = (*Live)(nil)

// New returns the input; host airs its signals.
func New(c Config, host input.Host) *Live {
	client := httpx.New(httpx.Options{})
	return &Live{config: c, host: host, http: client, from: newReceivers(client, c.URLs), running: map[string]*running{}}
}

// Prepare implements input.Input. Live signals count as something to show before an encoder
// has connected, so no test film is made beside them.
func (l *Live) Prepare(ctx context.Context) ([]string, error) {
	if len(l.config.URLs) == 0 {
		return nil, nil
	}
	limit, cancel := context.WithTimeout(ctx, firstPatience)
	defer cancel()
	for {
		l.from.ask(limit)
		if list := l.from.index(); l.from.known() {
			l.note(list)
			return namesOf(list), nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-limit.Done():
			return nil, nil // its signals come on air once it answers
		case <-time.After(input.Jitter(lookEvery)):
		}
	}
}

// Look implements input.Input. The first call begins to follow the receiver.
func (l *Live) Look(ctx context.Context) {
	if l.began || len(l.config.URLs) == 0 {
		return
	}
	l.began = true
	l.host.Go(func() { l.follow(ctx) })
}

// Status implements input.Input.
func (l *Live) Status() input.Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return input.Status{Standby: l.waiting}
}

// follow airs what the receiver has until ctx is cancelled.
func (l *Live) follow(ctx context.Context) {
	defer l.http.CloseIdleConnections()
	for {
		failed := l.from.ask(ctx)
		if ctx.Err() != nil {
			return
		}
		l.tell(failed)
		if l.from.known() {
			list := l.from.index()
			l.note(list)
			l.see(ctx, list)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookEvery):
		}
	}
}

// tell logs which receivers do not answer.
func (l *Live) tell(failed map[string]error) {
	var still []string
	for url, err := range failed {
		still = append(still, url+": "+err.Error())
	}
	slices.Sort(still)
	for _, t := range l.fails.EndExcept(still...) {
		l.config.Log.Info("a receiver answers again", "after", t.String())
	}
	for _, why := range still {
		if t, due := l.fails.Seen(why, time.Now()); due {
			l.config.Log.Warn("a receiver does not answer, still trying", "reason", t.String())
		}
	}
}

// note notes which signals wait for an encoder.
func (l *Live) note(list feed.Index) {
	var waiting []string
	for _, s := range list.Signals {
		if !s.OnAir {
			waiting = append(waiting, s.Name)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = waiting
}

// see starts the signals that have come on air, changes those whose mode has changed, and
// ends those that the receiver no longer has.
func (l *Live) see(ctx context.Context, list feed.Index) {
	taken := l.host.Claim(namesOf(list))
	there := map[string]bool{}
	for _, s := range list.Signals {
		there[s.Name] = true
		if owner, is := taken[s.Name]; is {
			if t, due := l.fails.Seen("signal "+s.Name+" is taken by the input "+owner, time.Now()); due {
				l.config.Log.Error("a live signal cannot be aired", "reason", t.String())
			}
			continue
		}
		now := l.running[s.Name]
		base := ""
		if s.Mode == signals.EncodeMode {
			base, _ = l.from.of(s.Name)
		}
		if now != nil && (now.ended() || s.OnAir && (now.mode != s.Mode || now.base != base)) {
			now.end()
			delete(l.running, s.Name)
			now = nil
		}
		if now == nil && s.OnAir && s.Mode != signals.Pending {
			l.running[s.Name] = l.air(ctx, s, base)
		}
	}
	for name, now := range l.running {
		if !there[name] {
			now.end()
			delete(l.running, name)
			l.host.End(ctx, name)
		}
	}
}

// air begins to air a signal.
func (l *Live) air(ctx context.Context, s signals.Status, base string) *running {
	ctx, stop := context.WithCancel(ctx)
	r := &running{mode: s.Mode, base: base, stop: stop, done: make(chan struct{})}
	a := input.Airing{Signal: s.Name}
	if s.Mode == signals.EncodeMode {
		a.Encoded = true
		a.Source = &stream{base: base, signal: s.Name, picture: pictureOf(s)}
	} else {
		a.Feed = &segments{from: l.from, signal: s.Name, http: l.http, inits: map[string][]byte{}}
	}
	l.host.Go(func() {
		defer close(r.done)
		for b := (input.Backoff{}); ; {
			err := l.host.Air(ctx, a)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				l.config.Log.Error("a live signal cannot be aired, still trying", "signal", s.Name, "reason", err.Error())
			}
			if !b.Pause(ctx) {
				return
			}
		}
	})
	l.config.Log.Info("live signal on air", "signal", s.Name, "mode", string(s.Mode))
	return r
}

// ended reports whether the signal is no longer aired.
func (r *running) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// end ends the airing and waits for that.
func (r *running) end() {
	r.stop()
	<-r.done
}

func namesOf(list feed.Index) []string {
	var names []string
	for _, s := range list.Signals {
		names = append(names, s.Name)
	}
	return names
}
