package kv

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
)

// Get implements cluster.Reader. Any engine answers, which may be behind.
func (e *Engine) Get(ctx context.Context, key string) (cluster.Entry, error) {
	if err := store.CheckKey(key); err != nil {
		return cluster.Entry{}, err
	}
	m, err := e.request(ctx, &nats.Msg{Subject: apiDirect + "." + subjects + key})
	if err != nil {
		return cluster.Entry{}, fmt.Errorf("%s: %w", key, err)
	}
	entry, there := entryOf(key, m)
	switch {
	case m.Header.Get(status) == noEntry, there && entry.Deleted:
		return cluster.Entry{}, fmt.Errorf("%s: %w", key, cluster.ErrNotFound)
	case !there:
		return cluster.Entry{}, fmt.Errorf("%s: %w: %s", key, cluster.ErrUnavailable, m.Header.Get("Description"))
	}
	return entry, nil
}

// Put implements store.Store.
func (e *Engine) Put(ctx context.Context, key string, value []byte, ifRev *cluster.Rev) (cluster.Rev, error) {
	if err := store.CheckWrite(key, value); err != nil {
		return 0, err
	}
	rev, err := e.write(ctx, key, value, nil, ifRev)
	if ifRev == nil || *ifRev != 0 || !errors.Is(err, cluster.ErrConflict) {
		return rev, err
	}
	// A key that was deleted has a revision, but may be created.
	last, lost := e.last(ctx, key)
	switch {
	case errors.Is(lost, cluster.ErrNotFound):
		last.Rev = 0
	case lost != nil:
		return 0, lost
	case !last.Deleted:
		return 0, err
	}
	return e.write(ctx, key, value, nil, &last.Rev)
}

// Delete implements store.Store.
func (e *Engine) Delete(ctx context.Context, key string, ifRev *cluster.Rev) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	last, err := e.last(ctx, key)
	switch {
	case errors.Is(err, cluster.ErrNotFound), err == nil && last.Deleted:
		return nil
	case err != nil:
		return err
	case ifRev != nil && *ifRev != last.Rev:
		return fmt.Errorf("%s: %w", key, cluster.ErrConflict)
	}
	_, err = e.write(ctx, key, nil, nats.Header{operation: {deleted}}, ifRev)
	return err
}

// write writes a message of the bucket.
func (e *Engine) write(ctx context.Context, key string, value []byte, header nats.Header, ifRev *cluster.Rev) (cluster.Rev, error) {
	if ifRev != nil {
		if header == nil {
			header = nats.Header{}
		}
		header.Set(ifLast, strconv.FormatUint(uint64(*ifRev), 10))
	}
	m, err := e.request(ctx, &nats.Msg{Subject: subjects + key, Data: value, Header: header})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", key, err)
	}
	var done struct {
		Rev cluster.Rev `json:"seq"`
	}
	err = parse(m.Data, &done)
	switch {
	case isCode(err, codeWrongSequence), isCode(err, codeWrongConstant):
		return 0, fmt.Errorf("%s: %w", key, cluster.ErrConflict)
	case err != nil:
		return 0, fmt.Errorf("%s: %w", key, err)
	case done.Rev == 0:
		return 0, fmt.Errorf("%s: %w: the engine gives no revision", key, cluster.ErrUnavailable)
	}
	return done.Rev, nil
}
