package forward

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/cors"
	"livestream-tui/services/proxy/upstream"
)

const (
	// forwardNext is how long the first byte of a source may take before the next source
	// is asked as well, forwardMost how long before the request is refused: a packager
	// may hold a request, or make the answer when it is asked for it (rfc8216bis,
	// 6.2.5.2).
	forwardNext = time.Second
	forwardMost = 30 * time.Second
)

// Serve answers a request with the answer of the first source that gives one, as it comes
// and of any length. It keeps nothing: it is for answers that are private to one player,
// or too large to be kept. The next source is asked when one cannot be reached, has not
// begun to answer within a second, or answers 5xx or 429; when all of them do, the first
// such answer is passed on. In mid-body it goes on from another source with the same
// bytes (RFC 9110, 13.1.5). It returns after an answer, or panics with
// http.ErrAbortHandler, so that a truncated answer never looks whole.
//
// edit may change the answer before it is sent; nil is allowed. When it changes the body
// it sets ContentLength, -1 for unknown. Its error refuses the answer; ErrNotFound
// refuses it as if nothing were there. With an edit, answers come without a content
// coding. The Range of a source is ignored: the player's is passed on.
func Serve(w http.ResponseWriter, r *http.Request, targets []upstream.Source, edit func(*http.Response) error) {
	f := &forward{w: w, r: r, targets: targets, header: upstream.EndToEnd(r.Header), replies: make(chan reply, len(targets))}
	f.prepare(edit != nil)
	defer f.work.Wait()
	defer f.decide(nil)
	answer, err := f.first()
	if r.Context().Err() != nil {
		answer.close()
		panic(http.ErrAbortHandler) // the player has gone, perhaps only half of its connection: an answer would look whole
	}
	if err == nil {
		defer answer.close()
		err = f.begin(answer, edit)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	if r.Method != http.MethodHead {
		f.relay(answer)
	}
}

// forward is one request that is passed through.
type forward struct {
	w       http.ResponseWriter
	r       *http.Request
	targets []upstream.Source
	header  http.Header // to packagers
	replies chan reply
	work    sync.WaitGroup
	last    int64 // position of the last byte of the answer in its resource, -1 if unknown
	start   int64 // position of the first
	etag    string

	mu      sync.Mutex
	decided bool                 // no further reply is looked at; guarded by mu
	cancels []context.CancelFunc // by source; guarded by mu
}

// reply is the answer of one source.
type reply struct {
	source int
	res    *http.Response
	end    context.CancelFunc
	err    error
}

func (p reply) close() {
	if p.res != nil {
		p.res.Body.Close()
	}
	if p.end != nil {
		p.end()
	}
}

// prepare makes the header of the requests to packagers out of the player's.
func (f *forward) prepare(edited bool) {
	f.header.Del("Content-Length")
	f.header.Del("Expect")
	if edited {
		f.header.Del("Accept-Encoding")
	}
	if f.header.Get("User-Agent") == "" {
		f.header["User-Agent"] = []string{""} // no header, rather than Go's own
	}
}

// first is the answer to pass on: the first one of a packager that is not in trouble,
// else the first of any.
func (f *forward) first() (reply, error) {
	ctx := f.r.Context()
	next, asked, spare := 0, 0, reply{source: -1}
	var err error = upstream.ErrUnavailable
	more := func() {
		if next < len(f.targets) {
			f.ask(ctx, next)
			next++
			asked++
		}
	}
	more()
	hedge := time.NewTicker(forwardNext)
	defer hedge.Stop()
	limit := time.NewTimer(forwardMost)
	defer limit.Stop()
	for asked > 0 {
		select {
		case <-ctx.Done():
			return spare, ctx.Err()
		case <-limit.C:
			asked = 0
		case <-hedge.C:
			more()
		case p := <-f.replies:
			asked--
			switch {
			case p.err != nil:
				p.close()
				err = p.err
			case p.res.StatusCode < 500 && p.res.StatusCode != http.StatusTooManyRequests:
				spare.close()
				f.decide(&p)
				return p, nil
			case spare.source < 0:
				spare = p
			default:
				p.close()
			}
			more()
		}
	}
	f.decide(&spare)
	if spare.source >= 0 {
		return spare, nil
	}
	return spare, err
}

// ask sends the request to one source; the reply comes on the channel.
func (f *forward) ask(ctx context.Context, i int) {
	ctx, cancel := context.WithCancel(ctx)
	f.mu.Lock()
	f.cancels = append(f.cancels, cancel)
	f.mu.Unlock()
	f.work.Go(func() {
		res, err := f.targets[i].From.Do(ctx, f.r.Method, f.targets[i].Target, f.header)
		p := reply{source: i, res: res, end: cancel, err: err}
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.decided {
			p.close()
			return
		}
		f.replies <- p
	})
}

// decide ends all requests except that of the reply; nil ends all.
func (f *forward) decide(but *reply) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.decided {
		return
	}
	f.decided = true
	for i, cancel := range f.cancels {
		if but == nil || but.source != i {
			cancel()
		}
	}
	for {
		select {
		case p := <-f.replies:
			p.close()
		default:
			return
		}
	}
}

// begin sends the header of an answer.
func (f *forward) begin(p reply, edit func(*http.Response) error) error {
	res := p.res
	body := res.Body
	if coding := res.Header.Get("Content-Encoding"); strings.EqualFold(coding, "gzip") && !f.bears(coding) && res.StatusCode == http.StatusOK && f.r.Method == http.MethodGet {
		plain, _, err := upstream.PlainBody(res)
		if err != nil {
			return err
		}
		res.Body = &decoded{plain, body}
	}
	if edit != nil {
		if err := edit(res); err != nil {
			return err
		}
	}
	h := f.w.Header()
	maps.Copy(h, cors.Open())
	maps.Copy(h, upstream.EndToEnd(res.Header)) // the packager's own CORS headers win
	h.Set("X-Packager", f.targets[p.source].From.Base())
	f.etag = ""
	if res.Body == body {
		f.note(res)
	} else if h.Del("Content-Length"); res.ContentLength >= 0 {
		h.Set("Content-Length", strconv.FormatInt(res.ContentLength, 10))
	}
	f.w.WriteHeader(res.StatusCode)
	return nil
}

// bears reports whether the packager was told that the player understands the coding.
func (f *forward) bears(coding string) bool {
	for _, line := range f.header["Accept-Encoding"] {
		for item := range strings.SplitSeq(line, ",") {
			name, _, _ := strings.Cut(item, ";")
			if name = strings.TrimSpace(name); strings.EqualFold(name, coding) || name == "*" {
				return true
			}
		}
	}
	return false
}

// refuse answers with the reason that there is no answer.
func refuse(w http.ResponseWriter, err error) {
	maps.Copy(w.Header(), cors.Open())
	switch {
	case errors.Is(err, upstream.ErrNotFound): // from edit
		service.WriteError(w, http.StatusNotFound, upstream.ErrNotFound.Error())
	case errors.Is(err, upstream.ErrBusy):
		w.Header().Set("Retry-After", "1")
		service.WriteError(w, http.StatusServiceUnavailable, upstream.ErrBusy.Error())
	case errors.Is(err, upstream.ErrUnavailable):
		w.Header().Set("Retry-After", "1")
		service.WriteError(w, http.StatusServiceUnavailable, upstream.ErrUnavailable.Error())
	default:
		service.WriteError(w, http.StatusBadGateway, "no packager answers as it should")
	}
}
