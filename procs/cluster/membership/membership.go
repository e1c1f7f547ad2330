package membership

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/cluster/registry"
	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
)

const (
	// DefaultPatience is how long the engine may take to answer, and each step after that.
	DefaultPatience = 15 * time.Second
	// lookAgain is the time between two looks at whether the engine answers.
	lookAgain = 50 * time.Millisecond
	// tryAgain is the time to the next try of a write that failed.
	tryAgain = 250 * time.Millisecond
	// dialPatience is how long a port may take to answer where the reason of a failure is sought.
	dialPatience = 2 * time.Second
	// listening is how long beats of other machines are listened to: each comes once a second.
	listening = 2500 * time.Millisecond
)

// Open connects to the engine of an identity. It does not wait for it.
type Open func(i identity.Identity) (store.Engine, error)

// connector is a Bus that knows whether it is connected.
type connector interface{ Connected() bool }

// sayWaiting is after which time it is said what is waited for.
const sayWaiting = time.Second

// connected waits until the engine answers, and tells say what it waits for. The error says at which of the machines it was sought,
// and what may be why.
func connected(ctx context.Context, e store.Engine, machines []cluster.Member, patience time.Duration, say func(string, ...any)) error {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tell := time.After(sayWaiting)
	for {
		health := e.Health()
		if health == nil {
			return nil
		}
		select {
		case <-waiting.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if isConnected(e) {
				return fmt.Errorf("the engine is reached, and does not answer within %s: %w", patience, withRemedy(health))
			}
			return silent(ctx, machines)
		case <-tell:
			word := "no engine answers yet"
			if isConnected(e) {
				word = "the engine is reached and takes no changes yet: " + twoOfThree
			}
			say("%s; waiting for up to %s", word, patience)
		case <-time.After(lookAgain):
		}
	}
}

func isConnected(e store.Engine) bool {
	c, is := e.Bus().(connector)
	return is && c.Connected()
}

// twoOfThree is what the Store needs.
const twoOfThree = "two of the three machines that run the engine have to be up"

// withRemedy says of an error of the Store what mends it, in place of the engine's own words.
func withRemedy(err error) error {
	if !errors.Is(err, cluster.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %s", cluster.ErrUnavailable, twoOfThree)
}

// pause waits before a write of the Store that failed is tried again; false where that has no use.
func pause(ctx context.Context, err error) bool {
	if !errors.Is(err, cluster.ErrUnavailable) && !errors.Is(err, cluster.ErrConflict) {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(tryAgain):
		return true
	}
}

// silent says why no engine answers, as far as that can be seen from here.
func silent(ctx context.Context, machines []cluster.Member) error {
	var lines []string
	open := false
	for _, m := range machines {
		place := net.JoinHostPort(m.Address, strconv.Itoa(m.EnginePort))
		word := "something listens there, and does not take this token: it may be of another cluster, or of an earlier one"
		conn, err := (&net.Dialer{Timeout: dialPatience}).DialContext(ctx, "tcp", place)
		if err == nil {
			open = true
			_ = conn.Close() // nothing was sent
		} else {
			word = reason(err)
		}
		lines = append(lines, fmt.Sprintf("\n  %s at %s: %s", m.Name, place, word))
	}
	remedy := "\nStart the platform there, and let this machine through its firewall to that port"
	if open {
		remedy = "\nMake a new token on a machine of the cluster: livestream-tui invite"
	}
	return errors.New("no engine of the cluster answers:" + strings.Join(lines, "") + remedy)
}

// reason says in words why nothing answers at an address.
func reason(err error) string {
	var unknown *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &unknown):
		return "there is no such host name"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer: the machine is down, or a firewall drops what is sent there"
	case strings.Contains(err.Error(), "refused"):
		return "nothing listens there: the platform is not running, or has no engine"
	}
	return err.Error()
}

// snapshot is all that the Store has of machines, servers and intents, with its word. Ended says
// that the Store does not answer.
func snapshot(ctx context.Context, s store.Store, patience time.Duration) (seen map[string]cluster.Entry, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = fmt.Errorf("no answer within %s", patience)
	for u := range s.Watch(ctx, "") {
		if u.Stale != nil {
			err = u.Stale
		}
		if !u.Snapshot {
			continue
		}
		seen = map[string]cluster.Entry{}
		for _, e := range u.Entries {
			seen[e.Key] = e
		}
		return seen, nil
	}
	return nil, fmt.Errorf("cannot read which machines there are: %w", withRemedy(err))
}

// tableOf is what was seen of the Store as an agent keeps it.
func tableOf(seen map[string]cluster.Entry) registry.Table {
	t := registry.Table{Word: string(seen[cluster.KeyStore].Value), Entries: map[string]json.RawMessage{}}
	for key, e := range seen {
		for _, prefix := range registry.Prefixes() {
			if strings.HasPrefix(key, prefix) {
				t.Entries[key] = e.Value
			}
		}
	}
	return t
}

// beats are the last beats of other machines, by name.
type beats map[string]cluster.Beat

// listen hears the beats of machines: until all that are wanted were heard, or as long as a
// machine that is up takes to be heard.
func listen(ctx context.Context, b cluster.Bus, wanted []string) (beats, error) {
	ctx, cancel := context.WithTimeout(ctx, listening)
	defer cancel()
	came := make(chan cluster.Beat, 64)
	err := b.Subscribe(ctx, cluster.SubjectBeat+"*", func(m cluster.Msg) {
		var beat cluster.Beat
		if json.Unmarshal(m.Data, &beat) != nil || beat.Machine != cluster.LastWord(m.Subject) {
			return // of another version
		}
		select {
		case came <- beat:
		case <-ctx.Done():
		}
	})
	if err != nil {
		return nil, err
	}
	heard := beats{}
	missing := map[string]bool{}
	for _, name := range wanted {
		missing[name] = true
	}
	for len(wanted) == 0 || len(missing) > 0 {
		select {
		case beat := <-came:
			heard[beat.Machine] = beat
			delete(missing, beat.Machine)
		case <-ctx.Done():
			return heard, nil
		}
	}
	return heard, nil
}
