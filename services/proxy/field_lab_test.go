package proxy

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/fakenet"
)

// fieldHLS is the media type of a playlist (RFC 8216, 4).
const fieldHLS = "application/vnd.apple.mpegurl"

// field is one case: its packagers, the front before them, its players, and what they
// found wrong. Everything is on one wire, in fake time.
type field struct {
	t     *testing.T
	wire  *fakenet.Net
	start fieldFront
	// plain is set where the front is the control: what no plain proxy can do is not
	// asked of it.
	plain     bool
	began     time.Time
	settings  service.Environment // of the proxy; set before packagers
	stop      func()
	killFront func()
	origins   []*fieldOrigin
	timers    []*time.Timer
	acts      sync.WaitGroup
	transport *http.Transport // of all players

	mu  sync.Mutex
	bad []string // guarded by mu
}

// runField runs a case through a front, in a bubble, and returns what was found wrong.
func runField(t *testing.T, front fieldFront, plain bool, run func(*field)) (bad []string) {
	synctest.Test(t, func(t *testing.T) {
		w := fakenet.NewNet()
		f := &field{t: t, wire: w, start: front, plain: plain, began: time.Now(),
			transport: &http.Transport{DialContext: w.Dial, DisableCompression: true, MaxIdleConnsPerHost: 8}}
		defer func() {
			f.close()
			bad = f.bad
		}()
		run(f)
	})
	return bad
}

func (f *field) close() {
	for _, t := range f.timers {
		if t.Stop() {
			f.acts.Done()
		}
	}
	f.acts.Wait()
	f.transport.CloseIdleConnections()
	if f.stop != nil {
		f.killFront()
		f.stop()
	}
	for _, o := range f.origins {
		o.kill()
	}
}

// since is how long the case has gone on.
func (f *field) since() time.Duration { return time.Since(f.began) }

// check notes what was got and is wanted, unless ok. Safe for concurrent use.
func (f *field) check(ok bool, format string, args ...any) bool {
	if !ok {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.bad = append(f.bad, fmt.Sprintf(format, args...))
	}
	return ok
}

// fieldBeside is added to the time of events while a player plays, so that they never
// coincide with a look at the playlist, where either might come first.
const fieldBeside = 130 * time.Millisecond

// after does something when so much time has passed, unless the case ends first.
func (f *field) after(wait time.Duration, act func()) {
	f.acts.Add(1)
	f.timers = append(f.timers, time.AfterFunc(wait+fieldBeside, func() {
		defer f.acts.Done()
		act()
	}))
}

// together does all acts at the same time, and returns when the last has ended.
func (f *field) together(acts ...func()) {
	var all sync.WaitGroup
	for _, act := range acts {
		all.Go(act)
	}
	all.Wait()
}

// origin starts a host that is no packager.
func (f *field) origin(name string, answer fieldAnswer) *fieldOrigin {
	o := &fieldOrigin{f: f, name: name, answer: answer}
	f.origins = append(f.origins, o)
	o.start()
	return o
}

// packagers starts a packager for each answer, two alike for one, and the front before
// them.
func (f *field) packagers(answers ...fieldAnswer) (a, b *fieldOrigin) {
	if len(answers) == 1 {
		answers = append(answers, answers[0])
	}
	var names []string
	for i, answer := range answers {
		names = append(names, fmt.Sprintf("server%d", i+1))
		f.origin(names[i], answer)
	}
	f.before(names...)
	return f.origins[len(f.origins)-2], f.origins[len(f.origins)-1]
}

// before starts the front before packagers that are there, by their names, which may
// have a path.
func (f *field) before(packagers ...string) {
	handler, stop := f.start(f.t, f.wire, f.settings, packagers...)
	f.stop, f.killFront = stop, f.wire.Serve("front", handler)
}

// fieldAnswer is what a host has for a request; nil for nothing, which is 404.
type fieldAnswer func(r *fieldRequest) *fieldReply

// fieldEither is one host made of several answers: the first that has something.
func fieldEither(answers ...fieldAnswer) fieldAnswer {
	return func(r *fieldRequest) *fieldReply {
		for _, a := range answers {
			if got := a(r); got != nil {
				return got
			}
		}
		return nil
	}
}

// fieldPages answers with the playlist of each path.
func fieldPages(of map[string]func() string) fieldAnswer {
	return func(r *fieldRequest) *fieldReply {
		if page := of[r.path]; page != nil {
			return r.text(page())
		}
		return nil
	}
}

// fieldMaster is a multivariant playlist with a variant for each URI.
func fieldMaster(uris ...string) string {
	text := "#EXTM3U\n"
	for i, u := range uris {
		text += fmt.Sprintf("#EXT-X-STREAM-INF:BANDWIDTH=%d\n%s\n", 1000000*(i+1), u)
	}
	return text
}

// fieldRequest is what a host is asked.
type fieldRequest struct {
	*http.Request
	origin *fieldOrigin
	path   string // as sent, escaped
	raw    string // the query as sent
	query  url.Values
}

// number is the digits between prefix and suffix, where the path is made so.
func (r *fieldRequest) number(prefix, suffix string) (int, bool) {
	digits, ok := strings.CutPrefix(r.path, prefix)
	if !ok {
		return 0, false
	}
	if digits, ok = strings.CutSuffix(digits, suffix); !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

// text is a playlist as an answer, bytes a segment, status neither; headers come in
// pairs.
func (r *fieldRequest) text(text string, headers ...string) *fieldReply {
	return r.reply(http.StatusOK, []byte(text), append([]string{"Content-Type", fieldHLS}, headers...))
}

func (r *fieldRequest) bytes(body []byte, headers ...string) *fieldReply {
	kind := "application/octet-stream"
	if strings.HasSuffix(r.path, ".ts") {
		kind = "video/mp2t"
	}
	return r.reply(http.StatusOK, body, append([]string{"Content-Type", kind}, headers...))
}

func (r *fieldRequest) status(status int, headers ...string) *fieldReply {
	return r.reply(status, []byte(http.StatusText(status)), append([]string{"Content-Type", "text/plain"}, headers...))
}

// redirect sends the player elsewhere.
func (r *fieldRequest) redirect(status int, location string) *fieldReply {
	return r.status(status, "Location", location)
}

// connection is an answer that writes the connection itself, which is closed then.
func (r *fieldRequest) connection(text string) *fieldReply { return &fieldReply{connection: text} }

func (r *fieldRequest) reply(status int, body []byte, headers []string) *fieldReply {
	reply := &fieldReply{status: status, body: body, header: http.Header{}}
	for i := 0; i < len(headers); i += 2 {
		reply.header[headers[i]] = nil // a later one holds; an empty one is not sent at all
		if headers[i+1] != "" {
			reply.header.Set(headers[i], headers[i+1])
		}
	}
	return reply
}

// fieldReply is an answer of a host.
type fieldReply struct {
	status     int
	header     http.Header
	body       []byte
	connection string        // written in place of all above
	chunks     int           // the body comes in so many chunks, without its length
	pause      time.Duration // before each chunk
	cut        int           // the connection breaks after so many bytes
	film       fieldFilm     // sent in place of body; 0 for none
}

// fieldOrigin is a host: a packager, or another. Safe for concurrent use.
type fieldOrigin struct {
	f      *field
	name   string
	answer fieldAnswer
	stop   func()

	mu    sync.Mutex
	log   []string // targets with their method; guarded by mu
	bytes int64    // of bodies sent; guarded by mu
}

func (o *fieldOrigin) url() string { return "http://" + o.name }

// kill breaks every connection and takes no more; start brings the host back.
func (o *fieldOrigin) kill()  { o.stop() }
func (o *fieldOrigin) start() { o.stop = o.f.wire.Serve(o.name, o) }

// asked counts the requests whose method and target contain part.
func (o *fieldOrigin) asked(part string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return countOf(o.log, func(request string) bool { return strings.Contains(request, part) })
}

// sent is how many bytes of bodies left the host.
func (o *fieldOrigin) sent() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes
}

func (o *fieldOrigin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := &fieldRequest{Request: r, origin: o, query: r.URL.Query()}
	q.path, q.raw, _ = strings.Cut(r.RequestURI, "?")
	o.mu.Lock()
	o.log = append(o.log, r.Method+" "+r.RequestURI)
	o.mu.Unlock()
	reply := o.answer(q)
	if reply == nil {
		reply = q.status(http.StatusNotFound)
	}
	if reply.connection != "" {
		o.writeConnection(w, reply.connection)
		return
	}
	o.write(w, q, reply)
}

func (o *fieldOrigin) writeConnection(w http.ResponseWriter, text string) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		o.f.check(false, "%s: no connection to write to: %v", o.name, err)
		return
	}
	defer func(c net.Conn) { _ = c.Close() }(c)
	_, _ = c.Write([]byte(text)) // whoever has gone misses nothing
}

var fieldRange = regexp.MustCompile(`^bytes=(\d*)-(\d*)$`)

func (o *fieldOrigin) write(w http.ResponseWriter, r *fieldRequest, reply *fieldReply) {
	status, body, h := reply.status, reply.body, w.Header()
	for name, values := range reply.header {
		h[name] = values
	}
	if reply.film > 0 {
		http.ServeContent(fieldCounted{w, o}, r.Request, "", time.Time{}, io.NewSectionReader(reply.film, 0, int64(reply.film)))
		return
	}
	if m := fieldRange.FindStringSubmatch(r.Header.Get("Range")); status == http.StatusOK && reply.chunks == 0 && m != nil && m[1]+m[2] != "" {
		status, body = fieldCut(h, body, m[1], m[2])
	}
	if reply.chunks > 0 {
		w.WriteHeader(status)
		for part := range reply.chunks {
			time.Sleep(reply.pause)
			_, _ = w.Write(body[len(body)*part/reply.chunks : len(body)*(part+1)/reply.chunks]) // whoever has gone misses nothing
			_ = http.NewResponseController(w).Flush()
		}
		return
	}
	if r.Method != http.MethodHead || h.Get("Content-Length") == "" {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	if reply.cut > 0 && reply.cut < len(body) {
		body = body[:reply.cut]
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	for len(body) > 0 { // in pieces, so that what is sent is counted
		n, err := fieldCounted{w, o}.Write(body[:min(len(body), 32<<10)])
		if err != nil {
			return
		}
		body = body[n:]
	}
	if reply.cut > 0 {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// fieldCut is the range of body from first to last, as RFC 9110, 14 has it.
func fieldCut(h http.Header, body []byte, first, last string) (status int, part []byte) {
	size := len(body)
	from, to := 0, size
	if first == "" {
		n, _ := strconv.Atoi(last)
		from = max(0, size-n)
	} else {
		from, _ = strconv.Atoi(first)
		if last != "" {
			n, _ := strconv.Atoi(last)
			to = min(size, n+1)
		}
	}
	if from >= size {
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", size))
		return http.StatusRequestedRangeNotSatisfiable, nil
	}
	h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, size))
	return http.StatusPartialContent, body[from:to]
}

// fieldCounted counts what a host sends.
type fieldCounted struct {
	http.ResponseWriter
	origin *fieldOrigin
}

func (c fieldCounted) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.origin.mu.Lock()
	defer c.origin.mu.Unlock()
	c.origin.bytes += int64(n)
	return n, err
}
