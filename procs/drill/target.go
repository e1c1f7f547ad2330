package drill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/httpx"
)

// Target is what faults are done to: a live platform, and the playlist that its
// players load. Safe for concurrent use.
type Target struct {
	Platform platform.Platform
	// Playlist is the media playlist's URL at the proxy, whose X-Packager tells the
	// active packager.
	Playlist string
	// Bitrate is of the signal in bits a second; zero means a million.
	Bitrate int64
	// Good reports whether this is a moment for a fault: enough is in flight. A fault
	// waits a little for one. Nil: any moment is.
	Good func() bool
	// Client fetches; nil means http.DefaultClient.
	Client *http.Client
	// Disk is a small disk of the drill's own that holds what the encoder writes;
	// empty where there is none.
	Disk string
}

const (
	answerWithin = 2 * time.Second
	answerMost   = 1 << 20
	// readyWithin is how long a process that was killed may take to be ready again.
	readyWithin = 10 * time.Second
	lookPeriod  = 20 * time.Millisecond
	// goodWithin is how long to wait for a good moment: players are in step at worst,
	// and then there is one in each target duration.
	goodWithin = 2 * target
)

// isWorker reports whether a process is an encoder.
func isWorker(p platform.Process) bool { return p.Role == layouts.Worker }

// isPackager reports whether a process is a packager.
func isPackager(p platform.Process) bool { return p.Role == layouts.Packager }

// packagers are the platform's, in the order of the layout.
func (t Target) packagers() []platform.Process { return t.those(isPackager) }

// those are the processes that are so, in the order of the layout.
func (t Target) those(are func(platform.Process) bool) []platform.Process {
	var list []platform.Process
	for _, p := range latest(t.Platform).Processes {
		if are(p) {
			list = append(list, p)
		}
	}
	return list
}

// baseURL is how the platform's own services call a packager.
func baseURL(p platform.Process) string { return fmt.Sprintf("http://localhost:%d", p.Port) }

func (t Target) process(name string) (platform.Process, error) {
	for _, p := range latest(t.Platform).Processes {
		if p.Name == name {
			return p, nil
		}
	}
	return platform.Process{}, fmt.Errorf("no process %q", name)
}

// active is the name of the packager that players are served from, by the word of
// the proxy: ours tells the base URL, others pass the packager's own name on. The
// first one where the proxy does not say.
func (t Target) active(ctx context.Context) (string, error) {
	list := t.packagers()
	if len(list) == 0 {
		return "", errors.New("this layout has no packager")
	}
	header, _, err := t.get(ctx, t.Playlist)
	if err != nil {
		return "", fmt.Errorf("%s: %w", t.Playlist, err)
	}
	said := header.Get("X-Packager")
	for _, p := range list {
		if said == p.Name || said == baseURL(p) {
			return p.Name, nil
		}
	}
	return list[0].Name, nil
}

func (t Target) good() bool { return t.Good == nil || t.Good() }

// awaitGood waits for a good moment. One that does not come is no error: what was
// in flight is judged afterwards.
func (t Target) awaitGood(ctx context.Context) error {
	_ = await(ctx, goodWithin, func() error {
		if !t.good() {
			return errors.New("too little is in flight")
		}
		return nil
	})
	return ctx.Err()
}

func (t Target) command(ctx context.Context, process string, a platform.Action) error {
	if err := t.Platform.Command(ctx, platform.Command{Process: process, Action: a}); err != nil {
		return fmt.Errorf("%s %s: %w", a, process, err)
	}
	return nil
}

// get fetches a URL whole; a status other than 200 is an error.
func (t Target) get(ctx context.Context, url string) (http.Header, []byte, error) {
	client := t.Client
	if client == nil {
		client = http.DefaultClient
	}
	return ask(ctx, client, http.MethodGet, url, nil)
}

func ask(ctx context.Context, client *http.Client, method, url string, body []byte) (http.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, answerMost))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %.200s", res.StatusCode, bytes.TrimSpace(b))
	}
	return res.Header, b, err
}

// fault is the body of PUT /fault on a packager's socket, or a worker's.
type fault struct {
	Mode           string  `json:"mode"`
	BytesPerSecond int64   `json:"bytes_per_s,omitempty"`
	Seconds        float64 `json:"seconds,omitempty"`
}

// set puts a fault in force on the incarnation that runs now.
func (t Target) set(ctx context.Context, process string, f fault) error {
	p, err := t.process(process)
	if err != nil {
		return err
	}
	if p.Socket == "" {
		return fmt.Errorf("%s does not run (%s): no fault can be set", process, p.State)
	}
	body, err := json.Marshal(f)
	if err != nil {
		return err
	}
	client := onSocket(p.Socket)
	defer client.CloseIdleConnections()
	if _, _, err := ask(ctx, client, http.MethodPut, "http://fault/fault", body); err != nil {
		return fmt.Errorf("fault switch of %s: %w", process, err)
	}
	return nil
}

func onSocket(path string) *http.Client { return httpx.New(httpx.Options{Dial: httpx.Socket(path)}) }

// killAndAwait kills a process and waits until another incarnation of it is ready.
func (t Target) killAndAwait(ctx context.Context, process string) error {
	return t.andAwait(ctx, process, platform.Kill)
}

// andAwait does something to a process that ends its incarnation and waits until
// another one is ready.
func (t Target) andAwait(ctx context.Context, process string, a platform.Action) error {
	old, err := t.process(process)
	if err != nil {
		return err
	}
	if err := t.command(ctx, process, a); err != nil {
		return err
	}
	return t.awaitNext(ctx, process, old.Incarnation)
}

// awaitNext waits until another incarnation of a process than that one is ready.
func (t Target) awaitNext(ctx context.Context, process string, old int) error {
	return await(ctx, readyWithin, func() error {
		p, err := t.process(process)
		if err == nil && (!isReady(p) || p.Incarnation == old) {
			err = fmt.Errorf("%s is %s: %s", process, p.State, p.Reason)
		}
		return err
	})
}

// awaitSegment waits until a packager lists a new segment.
func (t Target) awaitSegment(ctx context.Context, process string) error {
	p, err := t.process(process)
	if err != nil {
		return err
	}
	at := strings.SplitN(t.Playlist, "/", 4)
	url := baseURL(p) + "/" + at[len(at)-1]
	_, before, err := t.get(ctx, url)
	if err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	return await(ctx, readyWithin, func() error {
		_, now, err := t.get(ctx, url)
		if err == nil && bytes.Equal(now, before) {
			err = errors.New("nothing new")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", url, err)
		}
		return nil
	})
}

// await looks until there is no error any more, at most limit; the error is the
// last one then, or ctx's.
func await(ctx context.Context, limit time.Duration, look func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := look()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(deadline):
			return fmt.Errorf("not within %s: %w", limit, err)
		}
		if err := sleep(ctx, lookPeriod); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
