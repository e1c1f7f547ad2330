package kv

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"livestream-tui/services/cluster"
)

// listMost is how many keys are asked for at once. The engine allows 1024.
const listMost = 500

// filterOf returns the subject of all keys that may begin with prefix. It has those of whole
// words.
func filterOf(prefix string) string {
	return subjects + prefix[:strings.LastIndexByte(prefix, '.')+1] + ">"
}

// list asks any engine for the entries under subjects, the deleted ones too, and returns up to
// which revision it has all of them; zero where it has none at all. The error wraps
// ErrUnavailable.
func (e *Engine) list(ctx context.Context, filters []string) (map[string]cluster.Entry, cluster.Rev, error) {
	all := map[string]cluster.Entry{}
	var seen cluster.Rev
	for i, some := range slices.Collect(slices.Chunk(filters, listMost)) {
		rev, err := e.listSome(ctx, some, all)
		if err != nil {
			return nil, 0, err
		}
		if i == 0 || rev < seen {
			seen = rev
		}
	}
	return all, seen, nil
}

// listSome is list for a part of the subjects, which adds what it finds to all.
func (e *Engine) listSome(ctx context.Context, filters []string, all map[string]cluster.Entry) (cluster.Rev, error) {
	ctx, cancel := context.WithTimeout(ctx, callMost)
	defer cancel()
	failed := func(err any) error { return fmt.Errorf("%w: %v", cluster.ErrUnavailable, err) }
	b, err := json.Marshal(map[string][]string{"multi_last": filters})
	if err != nil {
		return 0, err
	}
	nc := e.conn.NATS()
	inbox := nc.NewRespInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return 0, failed(err)
	}
	defer sub.Unsubscribe() //nolint:errcheck // fails only where the connection has ended
	if err := nc.PublishRequest(apiDirect, inbox, b); err != nil {
		return 0, failed(err)
	}
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return 0, failed(err)
		}
		switch code := m.Header.Get(status); code {
		case "":
		case theEnd:
			rev, err := strconv.ParseUint(m.Header.Get(upTo), 10, 64)
			if err != nil {
				return 0, failed("the engine does not say what it has listed")
			}
			return cluster.Rev(rev), nil
		case noEntry:
			return 0, nil
		case tooMany:
			return 0, failed("there are too many keys")
		default:
			return 0, failed("the engine answers " + code)
		}
		if key, ok := strings.CutPrefix(m.Header.Get("Nats-Subject"), subjects); ok {
			if entry, ok := entryOf(key, m); ok {
				all[key] = entry
			}
		}
	}
}

// snapshot returns the entries that the Store's leader has told of, the deleted ones too.
func (e *Engine) snapshot(ctx context.Context, known info) (map[string]cluster.Entry, error) {
	if len(known.State.Subjects) == 0 {
		return map[string]cluster.Entry{}, nil
	}
	all, seen, err := e.list(ctx, slices.Sorted(maps.Keys(known.State.Subjects)))
	if err != nil {
		return nil, err
	}
	if seen < cluster.Rev(known.State.Last) || len(all) < len(known.State.Subjects) {
		return nil, fmt.Errorf("%w: the engine that answers is behind", cluster.ErrUnavailable)
	}
	return all, nil
}
