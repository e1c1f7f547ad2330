package api

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"livestream-tui/procs/platform"
)

// encoded is the latest snapshot as it travels, which is made once for all clients. The
// figure of the newest line in it may be an older one: its header has that of now. Safe for
// concurrent use.
type encoded struct {
	mu   sync.Mutex
	made moment // guarded by mu
	tag  string // guarded by mu
	body []byte // nil until a client needs it, never written to; guarded by mu
}

// moment tells one snapshot from another. Those of one platform and one time are the same.
type moment struct {
	started, at time.Time
	version     uint64
}

// of returns the ETag of a snapshot, and the snapshot as JSON; nil for a client that has the
// one of that tag.
func (e *encoded) of(s platform.Snapshot, has string) (tag string, body []byte, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if m := (moment{s.Started, s.At, s.Version}); m != e.made || e.tag == "" {
		e.made, e.tag, e.body = m, tagOf(s), nil
	}
	if e.tag == has {
		return e.tag, nil, nil
	}
	if e.body == nil {
		if e.body, err = json.Marshal(s); err != nil {
			return "", nil, err
		}
		e.body = append(e.body, '\n')
	}
	return e.tag, e.body, nil
}

// tagOf returns an ETag of a snapshot without its time and the log's number. It includes
// the light, which changes with time alone: a viewer's silence does not change the version.
func tagOf(s platform.Snapshot) string {
	light := fnv.New64a()
	_ = json.NewEncoder(light).Encode(s.OnAir) // a hash does not fail
	return fmt.Sprintf(`"%d.%d.%x"`, s.Started.UnixNano(), s.Version, light.Sum64())
}
