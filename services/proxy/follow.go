package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/health"
	"livestream-tui/services/hls"
	"livestream-tui/services/report"
)

// loaded is what one request for a playlist came to.
type loaded struct {
	began, at time.Time
	media     *hls.MediaPlaylist
	multi     []byte // a multivariant playlist, as it came
	err       error
	// held: the request was one that the packager may hold, so that how long it
	// took says nothing.
	held    bool
	latency time.Duration // to the first byte
}

// Limits of following.
const (
	pollLeast   = 50 * time.Millisecond
	pollMost    = time.Second
	downPoll    = 200 * time.Millisecond // of a packager that fails
	multiPoll   = 5 * time.Second        // of a multivariant playlist
	targetGuess = 2 * time.Second        // while nothing is known
)

// follow asks one packager, by its index, for the playlist until ctx is
// cancelled: with requests that it holds until there is something new where it
// offers them (rfc8216bis, 6.2.5.2), else each eighth of a target duration.
func (st *stream) follow(ctx context.Context, i int) {
	u := st.packagers[i]
	pause := time.NewTimer(0)
	defer pause.Stop()
	next := int64(-1) // to be held for; negative: not
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		r := load(ctx, u, st.key, next, st.target())
		if ctx.Err() != nil {
			return
		}
		fails := st.observe(i, r)
		var wait time.Duration
		wait, next = after(r, next, fails)
		pause.Reset(wait)
	}
}

// after says when to ask again, and whether for a certain number.
func after(r loaded, asked int64, fails int) (wait time.Duration, next int64) {
	switch {
	case r.err != nil && fails <= 1:
		return 0, -1 // it may have been the connection
	case r.err != nil:
		return downPoll, -1
	case r.multi != nil:
		return multiPoll, -1
	}
	wait = min(max(time.Duration(r.media.TargetDuration)*time.Second/8, pollLeast), pollMost)
	if c := r.media.ServerControl; c == nil || !c.CanBlockReload || r.media.EndList {
		return wait, -1
	}
	if asked >= 0 && r.media.LastMSN() < asked {
		return wait, r.media.NextMSN() // it answered without what was asked for
	}
	return 0, r.media.NextMSN()
}

// load asks once; next is the MSN to be held for, negative for none.
func load(ctx context.Context, u *upstream, key string, next int64, target time.Duration) loaded {
	limit, asked := silence, key
	if next >= 0 {
		sep := "?"
		if strings.Contains(key, "?") {
			sep = "&"
		}
		asked += sep + "_HLS_msn=" + strconv.FormatInt(next, 10)
		limit = 3*target + silence
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r := loaded{began: time.Now(), held: next >= 0}
	var body []byte
	body, r.latency, r.err = loadBody(ctx, u, asked)
	if r.err == nil {
		r.media, r.multi, r.err = parse(key, body)
	}
	if errors.Is(r.err, context.DeadlineExceeded) {
		r.err = fmt.Errorf("no answer within %s", limit)
	}
	r.at = time.Now()
	return r
}

func loadBody(ctx context.Context, u *upstream, key string) ([]byte, time.Duration, error) {
	began := time.Now()
	res, err := u.get(ctx, key, http.Header{})
	if err != nil {
		return nil, 0, err
	}
	defer res.Body.Close()
	latency := time.Since(began)
	if res.StatusCode != http.StatusOK {
		return nil, latency, statusError(res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, hls.MaxPlaylist+1))
	switch {
	case err != nil:
		return nil, latency, fmt.Errorf("playlist: %w", err)
	case len(body) > hls.MaxPlaylist:
		return nil, latency, fmt.Errorf("playlist is larger than %d bytes", hls.MaxPlaylist)
	}
	return body, latency, nil
}

// parse reads a playlist of either kind.
func parse(key string, body []byte) (*hls.MediaPlaylist, []byte, error) {
	if hls.IsMultivariant(body) {
		if err := checkMultivariant(key, body); err != nil {
			return nil, nil, err
		}
		return nil, body, nil
	}
	p, err := hls.ParseMedia(body)
	if err != nil {
		return nil, nil, err
	}
	if len(p.Segments) == 0 {
		return nil, nil, errors.New("playlist lists no segment")
	}
	return p, nil, nil
}

// checkMultivariant refuses one that sends players elsewhere.
func checkMultivariant(key string, body []byte) error {
	p, err := hls.ParseMultivariant(body)
	if err != nil {
		return err
	}
	var uris []string
	for _, v := range append(slices.Clone(p.Variants), p.IFrames...) {
		uris = append(uris, v.URI)
	}
	for _, r := range p.Renditions {
		if r.URI != "" { // it may be within a variant's segments
			uris = append(uris, r.URI)
		}
	}
	for _, uri := range uris {
		if _, err := resolve(key, uri); err != nil {
			return err
		}
	}
	return nil
}

// seen adds what a request came to to what was known of a packager. After a bad
// one the last good playlist still counts.
func seen(o health.Observation, r loaded) health.Observation {
	o.At = r.at
	if r.err != nil {
		o.Err = report.Cause(r.err)
		o.Fails++
		return o
	}
	o.Err, o.Fails = "", 0
	if !r.held {
		o.Latency = r.latency
	}
	if r.media == nil {
		return o
	}
	o.Saw(r.at, r.media)
	return o
}
