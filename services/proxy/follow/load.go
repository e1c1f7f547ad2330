package follow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/stream"
	"livestream-tui/services/proxy/upstream"
	"livestream-tui/services/proxy/uri"
)

// followAt loads the playlist from one packager whenever the step asks for it, until the
// playlist ends.
func (p *Playlist) followAt(i int) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	var last lastAnswer
	unended := 0 // answers in a row that may have been cut off
	for {
		var order stream.Load
		select {
		case order = <-p.loads[i]:
		case <-p.ctx.Done():
			return
		}
		pause.Reset(order.After)
		select {
		case <-pause.C:
		case <-p.hurry[i]:
		case <-p.ctx.Done():
			return
		}
		a := p.load(i, order, last, unended >= unendedHabit)
		if unended++; !errors.Is(a.Err, errUnended) && !a.Unended {
			unended = 0
		}
		if p.ctx.Err() != nil {
			return
		}
		if last = last.after(a); a.Err == nil {
			p.answered.Store(true)
		}
		p.f.push(stream.Loaded{At: stream.At(time.Now()), Playlist: p.Key, Packager: i, Answer: a})
	}
}

// lastAnswer is the last good answer of a packager: its bytes, and its ETag if the
// playlist seldom changes. A live playlist may change within the second that a server's
// ETag is exact to.
type lastAnswer struct {
	Raw  []byte
	ETag string
}

func (l lastAnswer) after(a stream.Answer) lastAnswer {
	switch {
	case a.Err != nil:
		return lastAnswer{}
	case a.Same:
		return l
	case a.Multi != nil, a.Media != nil && a.Media.EndList:
		return lastAnswer{a.Raw, a.Header.Get("ETag")}
	}
	return lastAnswer{Raw: a.Raw}
}

// load sends one request.
func (p *Playlist) load(i int, order stream.Load, last lastAnswer, unended bool) stream.Answer {
	ctx, cancel := context.WithTimeout(p.ctx, order.Limit)
	defer cancel()
	a := stream.Answer{Began: time.Now(), Held: order.MSN >= 0}
	header := http.Header{}
	if last.ETag != "" && order.MSN < 0 {
		header.Set("If-None-Match", last.ETag)
	}
	got, err := p.f.s.packagers[i].Load(ctx, heldFor(order), header, m3u8.MaxPlaylist)
	if err == nil && got.NotModified {
		a.Same, a.Raw, a.Latency = true, last.Raw, got.Latency
		return a
	}
	a.Found = uri.Found{Packager: i, Host: got.Host, Target: withoutDirectives(got.Target), Key: p.Key}
	a.Header, a.Latency = got.Header, got.Latency
	if err != nil {
		failed(&a, err, order.Limit)
		return a
	}
	a.Raw = got.Body
	a.OnePlayers = ForOnePlayer(a.Header)
	if last.Raw != nil && string(last.Raw) == string(got.Body) {
		a.Same = true
		return a
	}
	a.Unended = isUnended(got)
	a.Media, a.Multi, a.Err = parse(got.Body, a.Unended && !unended)
	a.Odd = a.Err != nil && !errors.Is(a.Err, errTruncated) && len(got.Body) > 0 && container.Sniff(got.Body) != container.FormatHTML
	return a
}

// ForOnePlayer is the reason that an answer is meant for one player alone; empty for
// other answers.
func ForOnePlayer(h http.Header) string {
	if h.Get("Set-Cookie") != "" {
		return "packagers set a cookie for each player"
	}
	for name := range strings.SplitSeq(strings.Join(h.Values("Vary"), ","), ",") {
		switch name = strings.TrimSpace(name); strings.ToLower(name) {
		case "", "accept-encoding", "origin", "access-control-request-headers", "access-control-request-method":
		default:
			return "packagers answer by the player's " + name
		}
	}
	return ""
}

// failed notes in an answer why there is no playlist.
func failed(a *stream.Answer, err error, limit time.Duration) {
	var status *upstream.StatusError
	var redirect *upstream.Redirect
	switch {
	case errors.As(err, &status):
		a.Status, a.Header, a.Raw = status.Status, status.Header, status.Body
		a.Odd = status.Status < http.StatusBadRequest // such as a redirect without a Location
	case errors.As(err, &redirect):
		a.Status, a.Location = redirect.Status, redirect.Location
	case errors.Is(err, upstream.ErrRedirects):
		a.Odd = true
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("no answer within %s", limit)
	}
	a.Err = err
}

// heldFor is the target of a load, with the directives that ask for its position
// (rfc8216bis, 6.2.5.2).
func heldFor(order stream.Load) string {
	if order.MSN < 0 {
		return order.Target
	}
	sep := "?"
	if strings.Contains(order.Target, "?") {
		sep = "&"
	}
	target := order.Target + sep + "_HLS_msn=" + strconv.FormatInt(order.MSN, 10)
	if order.Part >= 0 {
		target += "&_HLS_part=" + strconv.Itoa(order.Part)
	}
	return target
}

// withoutDirectives is where a playlist was found, without the directives of the request.
func withoutDirectives(target string) string {
	if _, asked, err := uri.Keys(target, nil); err == nil {
		return asked
	}
	return target
}

// unendedHabit is how many answers in a row may lack both their length and their final
// newline before that counts as the packager's way of writing them.
const unendedHabit = 2

// isUnended reports whether an answer may have been cut off: it has neither a length nor
// a final newline.
func isUnended(got upstream.Loaded) bool {
	return !got.Whole && len(got.Body) > 0 && got.Body[len(got.Body)-1] != '\n'
}

var (
	errTruncated = errors.New("playlist is truncated")
	errUnended   = fmt.Errorf("%w: its last line has no end", errTruncated)
)

// parse reads a playlist of either kind; cut means that it may have been cut off, which
// is an error.
func parse(body []byte, cut bool) (*m3u8.MediaPlaylist, *m3u8.MultivariantPlaylist, error) {
	if cut {
		return nil, nil, errUnended
	}
	if len(body) == 0 {
		return nil, nil, errors.New("an empty playlist")
	}
	var media *m3u8.MediaPlaylist
	var multi *m3u8.MultivariantPlaylist
	var err error
	if m3u8.IsMultivariant(body) {
		multi, err = m3u8.ParseMultivariant(body)
	} else {
		media, err = m3u8.ParseMedia(body)
	}
	if errors.Is(err, m3u8.ErrTruncated) {
		err = fmt.Errorf("%w: %w", errTruncated, err)
	}
	if err != nil {
		return nil, nil, err
	}
	return media, multi, nil
}
