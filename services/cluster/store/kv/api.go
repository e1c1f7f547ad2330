package kv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/store"
)

// callMost is how long a call of the engine's API may take.
const callMost = 2 * time.Second

// Subjects of the engine's API, and of what it publishes.
const (
	apiCreate = "$JS.API.STREAM.CREATE." + store.Stream
	apiUpdate = "$JS.API.STREAM.UPDATE." + store.Stream
	apiInfo   = "$JS.API.STREAM.INFO." + store.Stream
	apiLast   = "$JS.API.STREAM.MSG.GET." + store.Stream // asks the leader
	apiDirect = "$JS.API.DIRECT.GET." + store.Stream     // asks any engine
	subjects  = "$KV." + store.Bucket + "."              // begins the subject that a key is written by
	changes   = "changes." + store.Bucket + "."          // begins the subject that a written key is told by
	operation = "KV-Operation"                           // a header: the key is deleted
	deleted   = "DEL"                                    // its value
	sequence  = "Nats-Sequence"                          // a header: the revision
	upTo      = "Nats-UpTo-Sequence"                     // a header: what a listing has seen
	ifLast    = "Nats-Expected-Last-Subject-Sequence"    // a header: the revision to replace
	tooMany   = "413"                                    // a status: a listing has too many entries
	noEntry   = "404"                                    // a status: nothing is there
	theEnd    = "204"                                    // a status: a listing is complete
	status    = "Status"                                 // a header
)

// Codes of the engine's errors.
const (
	codeNoMessage     = 10037
	codeNoStream      = 10059
	codeInUse         = 10058
	codeWrongSequence = 10071
	codeWrongConstant = 10164
)

// apiError is an error that the engine answers with.
type apiError struct {
	Code        int    `json:"err_code"`
	Description string `json:"description"`
}

func (e *apiError) Error() string { return e.Description }

// isCode reports whether an error is one of the engine's with that code.
func isCode(err error, code int) bool {
	var e *apiError
	return errors.As(err, &e) && e.Code == code
}

// request sends a message to the engine and returns its answer. The error wraps
// ErrUnavailable.
func (e *Engine) request(ctx context.Context, m *nats.Msg) (*nats.Msg, error) {
	if !e.conn.Connected() {
		return nil, fmt.Errorf("%w: no engine is reached", cluster.ErrUnavailable)
	}
	ctx, cancel := context.WithTimeout(ctx, callMost)
	defer cancel()
	answer, err := e.conn.NATS().RequestMsgWithContext(ctx, m)
	switch {
	case err == nil:
		return answer, nil
	case errors.Is(err, nats.ErrNoResponders):
		e.look() // the bucket may be gone
		err = errors.New("no engine has the Store now")
	}
	return nil, fmt.Errorf("%w: %w", cluster.ErrUnavailable, err)
}

// call calls the engine's API. The error wraps ErrUnavailable; where the engine itself says
// what is wrong, it wraps an *apiError too.
func (e *Engine) call(ctx context.Context, subject string, in, out any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	answer, err := e.request(ctx, &nats.Msg{Subject: subject, Data: b})
	if err != nil {
		return err
	}
	return parse(answer.Data, out)
}

// parse reads an answer of the engine.
func parse(b []byte, out any) error {
	var failed struct {
		Error *apiError `json:"error"`
	}
	if err := json.Unmarshal(b, &failed); err != nil {
		return fmt.Errorf("%w: %w", cluster.ErrUnavailable, err)
	}
	if failed.Error != nil {
		return fmt.Errorf("%w: %w", cluster.ErrUnavailable, failed.Error)
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("%w: %w", cluster.ErrUnavailable, err)
	}
	return nil
}

// info is what the Store's leader says of it.
type info struct {
	// Created tells one Store from the next, after it was lost.
	Created time.Time `json:"created"`
	Config  struct {
		// Replicas is how many copies there are.
		Replicas int `json:"num_replicas"`
	} `json:"config"`
	State struct {
		// Last is the revision of the last write of any key.
		Last uint64 `json:"last_seq"`
		// Subjects are those of the keys that were asked for, the deleted ones too.
		Subjects map[string]int `json:"subjects"`
	} `json:"state"`
}

// info asks the Store's leader about the keys under a subject; empty means none.
func (e *Engine) info(ctx context.Context, filter string) (info, error) {
	var i info
	err := e.call(ctx, apiInfo, map[string]string{"subjects_filter": filter}, &i)
	if isCode(err, codeNoStream) {
		e.look()
	}
	return i, err
}

// create makes the bucket, unless it is there.
func (e *Engine) create(ctx context.Context) error {
	err := e.call(ctx, apiCreate, e.settings(), new(struct{}))
	if isCode(err, codeInUse) {
		return nil // with other settings
	}
	return err
}

// multiply gives the bucket as many copies as it should have. A process that still knew of one
// engine may have made it.
func (e *Engine) multiply(ctx context.Context) error {
	return e.call(ctx, apiUpdate, e.settings(), new(struct{}))
}

// settings are those of the bucket.
func (e *Engine) settings() map[string]any {
	return map[string]any{
		"name": store.Stream, "subjects": []string{subjects + ">"}, "storage": "file", "num_replicas": e.replicas,
		"retention": "limits", "discard": "new", "max_msgs_per_subject": 1,
		"max_consumers": -1, "max_msgs": -1, "max_bytes": -1, "max_msg_size": -1,
		"duplicate_window": (2 * time.Minute).Nanoseconds(),
		"deny_delete":      true, "allow_rollup_hdrs": true, "allow_direct": true,
		"republish": map[string]string{"src": subjects + ">", "dest": changes + ">"},
	}
}

// last asks the Store's leader for what is under a key. The error is ErrNotFound or wraps
// ErrUnavailable; a deleted entry is none.
func (e *Engine) last(ctx context.Context, key string) (cluster.Entry, error) {
	var got struct {
		Message struct {
			Rev     cluster.Rev `json:"seq"`
			Headers []byte      `json:"hdrs"`
			Value   []byte      `json:"data"`
		} `json:"message"`
	}
	err := e.call(ctx, apiLast, map[string]string{"last_by_subj": subjects + key}, &got)
	if isCode(err, codeNoMessage) {
		return cluster.Entry{}, fmt.Errorf("%s: %w", key, cluster.ErrNotFound)
	}
	if err != nil {
		return cluster.Entry{}, err
	}
	entry := cluster.Entry{Key: key, Rev: got.Message.Rev, Value: got.Message.Value}
	if len(got.Message.Headers) > 0 {
		if h, err := nats.DecodeHeadersMsg(got.Message.Headers); err == nil && h.Get(operation) != "" {
			entry.Value, entry.Deleted = nil, true
		}
	}
	return entry, nil
}

// entryOf reads an entry of a message with its revision; false when it has none.
func entryOf(key string, m *nats.Msg) (cluster.Entry, bool) {
	rev, err := strconv.ParseUint(m.Header.Get(sequence), 10, 64)
	if err != nil {
		return cluster.Entry{}, false
	}
	entry := cluster.Entry{Key: key, Rev: cluster.Rev(rev), Value: m.Data}
	if m.Header.Get(operation) != "" {
		entry.Value, entry.Deleted = nil, true
	}
	return entry, true
}
