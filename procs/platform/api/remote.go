package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
)

const (
	// answerTimeout is how long the platform may take to answer, and how long it counts as
	// alive after its stream has broken.
	answerTimeout = 2 * time.Second
	// commandTimeout is how long it may take to answer a command, which may have to ask the
	// origin.
	commandTimeout = 15 * time.Second
	// answerMost is how many bytes of an answer are read.
	answerMost = 64 << 20
)

// ErrNoPlatform is the error when no platform serves the socket.
var ErrNoPlatform = errors.New("no platform is running here")

// errForeign is the error when another user's process serves the socket.
var errForeign = errors.New("the platform belongs to another user")

// Remote is a platform that another process supervises, over its control socket. Make it
// with Dial, or with Over for another transport. Safe for concurrent use.
type Remote struct {
	path    string // of the control socket; empty over another transport
	whose   string // what messages call it in the place of the path
	prefix  string // of the paths that it asks for; empty for the platform of the socket
	client  *http.Client
	timeout time.Duration // answerTimeout; shorter in tests
	past    past

	mu      sync.Mutex
	last    platform.Snapshot // guarded by mu
	tag     string            // the ETag of last; guarded by mu
	earlier bool              // last is of an earlier version; guarded by mu
}

var _ platform.Platform = (*Remote)(nil)

// Dial returns the platform that serves the control socket at path. The error wraps
// ErrNoPlatform when no platform does.
func Dial(ctx context.Context, path string) (*Remote, error) {
	return dial(ctx, path, answerTimeout)
}

func dial(ctx context.Context, path string, timeout time.Duration) (*Remote, error) {
	r := newRemote(path, timeout)
	if _, err := r.fetchSnapshot(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// newRemote returns the platform at a control socket. Nothing is asked yet.
func newRemote(path string, timeout time.Duration) *Remote {
	connect := httpx.Socket(path)
	return &Remote{path: path, whose: "the platform at " + path, timeout: timeout, client: httpx.New(httpx.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := connect(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if err := checkPeer(c); err != nil {
			return nil, errors.Join(err, c.Close())
		}
		return c, nil
	}})}
}

// Close closes idle connections. A subscription ends with its own context.
func (r *Remote) Close() { r.client.CloseIdleConnections() }

// Latest returns the last snapshot that arrived.
func (r *Remote) Latest() platform.Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// latest returns the last snapshot that arrived, and its ETag; empty before the first.
func (r *Remote) latest() (platform.Snapshot, string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last, r.tag
}

func (r *Remote) isEarlier() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.earlier
}

// Snapshot implements platform.Platform. While the platform does not answer, it returns the
// last snapshot with its time, and an error.
func (r *Remote) Snapshot(ctx context.Context) (platform.Snapshot, error) {
	s, err := r.fetchSnapshot(ctx)
	if err != nil {
		s.OnAir = onair.Unreachable(s, time.Now(), err)
	}
	return s, err
}

// fetchSnapshot returns the current snapshot; with an error the last one.
func (r *Remote) fetchSnapshot(ctx context.Context) (platform.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	last, tag := r.latest()
	resp, err := r.get(ctx, "/snapshot", tag)
	if err != nil {
		return last, err
	}
	defer resp.Body.Close()
	now := last
	if resp.StatusCode == http.StatusNotModified {
		now.At, err = time.Parse(time.RFC3339Nano, resp.Header.Get(headerAt))
	} else {
		now = platform.Snapshot{}
		err = decode(resp.Body, &now)
		cleanText(&now)
	}
	if seq := resp.Header.Get(headerLogSeq); seq != "" || resp.StatusCode == http.StatusNotModified {
		var err2 error
		now.LogSeq, err2 = strconv.ParseUint(seq, 10, 64)
		err = errors.Join(err, err2)
	}
	earlier := err == nil && (isEarlier(now) || resp.StatusCode == http.StatusNotModified && r.isEarlier())
	if earlier {
		now = completed(now)
	}
	if err != nil {
		return last, r.unreadable(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.At.After(r.last.At) { // concurrent answers may arrive in any order
		r.last, r.earlier, r.tag = now, earlier, resp.Header.Get("ETag")
	}
	return now, nil
}

// Layout returns the layout that the platform runs.
func (r *Remote) Layout(ctx context.Context) (layouts.Layout, error) {
	var l layouts.Layout
	err := r.fetch(ctx, "/layout", &l)
	cleanText(&l)
	return l, err
}

// Logs implements platform.Platform.
func (r *Remote) Logs(ctx context.Context, since uint64, limit int) ([]platform.LogLine, error) {
	if limit <= 0 {
		return nil, nil
	}
	var lines []platform.LogLine
	err := r.fetch(ctx, fmt.Sprintf("/logs?since=%d&limit=%d", since, limit), &lines)
	return lines, err
}

// Journal implements platform.Platform.
func (r *Remote) Journal(ctx context.Context, since time.Time, limit int) ([]platform.Event, error) {
	if limit <= 0 {
		return nil, nil
	}
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	if !since.IsZero() {
		query.Set("since", since.UTC().Format(time.RFC3339Nano))
	}
	var events []platform.Event
	err := r.fetch(ctx, "/journal?"+query.Encode(), &events)
	return events, err
}

// Command implements platform.Platform. The error of a refused command is the platform's.
func (r *Remote) Command(ctx context.Context, c platform.Command) error {
	if r.isEarlier() {
		c = toEarlier(c, r.Latest())
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	resp, err := r.post(ctx, "/command", c)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return r.refusal(resp)
}

// post sends v; the caller closes the body of the answer.
func (r *Remote) post(ctx context.Context, path string, v any) (*http.Response, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://platform"+r.prefix+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, r.explain(err)
	}
	return resp, nil
}

// fetch decodes one answer into v.
func (r *Remote) fetch(ctx context.Context, path string, v any) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	resp, err := r.get(ctx, path, "")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := decode(resp.Body, v); err != nil {
		return r.unreadable(err)
	}
	return nil
}

// get returns an answer with status 200 or 304; the caller closes its body.
func (r *Remote) get(ctx context.Context, path, tag string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://platform"+r.prefix+path, nil)
	if err != nil {
		return nil, err
	}
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, r.explain(err)
	}
	if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusNotModified {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, r.refusal(resp)
}

// refusal returns the error in an answer.
func (r *Remote) refusal(resp *http.Response) error {
	var why report.Error
	if err := decode(resp.Body, &why); err != nil && resp.StatusCode == http.StatusNotFound {
		return r.unreadable(errNoRoute)
	} else if err != nil || why.Error == "" {
		return r.unreadable(fmt.Errorf("status %d", resp.StatusCode))
	}
	return errors.New(text.Clean(why.Error))
}

// explain says what a failed request means to an operator.
func (r *Remote) explain(err error) error {
	switch {
	case r.path == "": // not a control socket
	case errors.Is(err, os.ErrPermission), errors.Is(err, errForeign):
		return fmt.Errorf("RUN_PATH=%q: %w; set RUN_PATH to the folder of your own", filepath.Dir(r.path), errForeign)
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w (RUN_PATH=%q): start one with livestream-tui, or without a terminal with livestream-tui --headless; if one is running elsewhere, set RUN_PATH to its folder",
			ErrNoPlatform, filepath.Dir(r.path))
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		if failed.Timeout() {
			return r.noAnswer()
		}
		err = failed.Err
	}
	return fmt.Errorf("%s does not answer: %w", r.whose, cleanError{err})
}

// noAnswer is the error of a platform that does not answer in time.
func (r *Remote) noAnswer() error {
	return fmt.Errorf("%s does not answer: it is stopped, or the machine is overloaded", r.whose)
}

// unreadable is the error of an answer that is not understood.
func (r *Remote) unreadable(err error) error {
	return fmt.Errorf("the answer of %s cannot be read, perhaps because its version differs: %w", r.whose, cleanError{err})
}

// decode reads one JSON value. Numbers in log lines keep all their digits.
func decode(from io.Reader, v any) error {
	bounded := io.LimitReader(from, answerMost)
	d := json.NewDecoder(bounded)
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, bounded) // a connection is reused once its body is read to the end
	return err
}
