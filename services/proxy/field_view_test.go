package proxy

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// fieldGot is what a request of a player gives; status 0 where no answer came, or one
// that was cut short, and the reason is the body.
type fieldGot struct {
	status int
	header http.Header
	body   []byte
	url    string // in the end, after redirects
	took   time.Duration
}

func (g *fieldGot) String() string {
	text := strings.Join(strings.Fields(string(g.body[:min(len(g.body), 100)])), " ")
	if g.status == 200 {
		return "200"
	}
	return fmt.Sprintf("%d %s", g.status, text)
}

func (g *fieldGot) playlist() *fieldPlaylist { return readPlaylist(string(g.body), g.url) }

// segments are those of the playlist in an answer; nil without a playlist.
func (g *fieldGot) segments() []*fieldSegment {
	if g.status != http.StatusOK {
		return nil
	}
	return g.playlist().segments
}

// fieldPatience is how long a player waits for an answer.
const fieldPatience = 12 * time.Second

// fieldAsk is how a player asks, where that is not plainly; zero is plainly.
type fieldAsk struct {
	method string
	jar    http.CookieJar
	header http.Header
	stay   bool // redirects are not followed
}

// get asks for a path of the front, or for a whole address.
func (f *field) get(path string, how ...fieldAsk) *fieldGot {
	var a fieldAsk
	if len(how) > 0 {
		a = how[0]
	}
	if a.method == "" {
		a.method = http.MethodGet
	}
	if !strings.Contains(path, "://") {
		path = "http://front" + path
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), fieldPatience)
	defer cancel()
	g := &fieldGot{url: fieldQuote(path)}
	client := &http.Client{Transport: f.transport, Jar: a.jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for range 10 {
		f.ask(ctx, client, a, g)
		location := g.header.Get("Location")
		if a.stay || g.status/100 != 3 || location == "" {
			break
		}
		g.url = fieldJoin(g.url, location)
	}
	g.took = time.Since(began)
	return g
}

func (f *field) ask(ctx context.Context, client *http.Client, a fieldAsk, g *fieldGot) {
	g.status, g.header = 0, nil
	u, err := fieldAddress(g.url)
	if err != nil {
		g.body = []byte(err.Error())
		return
	}
	req := (&http.Request{Method: a.method, URL: u, Header: a.header.Clone(), Host: u.Host}).WithContext(ctx)
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "field")
	}
	res, err := client.Do(req)
	if err != nil {
		g.body = []byte("no answer: " + err.Error())
		return
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.Header.Get("Content-Encoding") == "gzip" && len(body) > 0 {
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, err = io.ReadAll(z)
		}
	}
	if err != nil {
		g.body = []byte("no whole answer: " + err.Error())
		return
	}
	g.status, g.header, g.body = res.StatusCode, res.Header, body
}

// fieldAddress is the URL that sends a target as it is written, dots and all.
func fieldAddress(address string) (*url.URL, error) {
	scheme, host, path, query := fieldSplit(address)
	if scheme != "http" || host == "" {
		return nil, fmt.Errorf("no address to ask: %s", address)
	}
	if path == "" {
		path = "/"
	}
	plain, err := url.PathUnescape(path)
	if err != nil {
		return nil, err
	}
	return &url.URL{Scheme: "http", Host: host, Path: plain, RawPath: path, RawQuery: strings.TrimPrefix(query, "?")}, nil
}

// fieldPiece is a segment that a player fetched.
type fieldPiece struct {
	*fieldSegment
	got    *fieldGot
	ok     bool
	second int // of the stream, fieldNone for anything else
	tries  int
	key    *fieldGot // what its key was
}

// fieldLook is a playlist that a player saw, and when.
type fieldLook struct {
	at time.Duration // since it began to look
	*fieldPlaylist
}

// fieldView is what a player saw.
type fieldView struct {
	pieces   []*fieldPiece
	good     []*fieldPiece // those that came
	looks    []fieldLook   // all playlists
	statuses map[int]int
	gaps     []int
	skipped  []int
	longest  time.Duration // without a new segment
	newest   int
	resets   int
	atEnd    *fieldPlaylist
	firstBad string
}

// lost are the segments that never came.
func (v *fieldView) lost() []*fieldPiece {
	var list []*fieldPiece
	for _, p := range v.pieces {
		if !p.ok {
			list = append(list, p)
		}
	}
	return list
}

// discontinuities counts those that the player met between the segments it played.
func (v *fieldView) discontinuities() int {
	n := 0
	for i := 1; i < len(v.pieces); i++ {
		n += max(0, v.pieces[i].dseq-v.pieces[i-1].dseq)
	}
	return n
}

// disorder is what media came twice or was left out, unless a discontinuity says so.
func (v *fieldView) disorder() []string {
	var bad []string
	var last *fieldPiece
	for _, p := range v.good {
		if p.second == fieldNone {
			continue
		}
		if last != nil && p.second-last.second != 1 && p.dseq == last.dseq {
			bad = append(bad, fmt.Sprintf("%+d s at number %d", p.second-last.second-1, p.msn))
		}
		last = p
	}
	return bad
}

// repeated are the numbers whose media had come before, left whether any was left out:
// whatever the discontinuities say.
func (v *fieldView) repeated() (again, left []int) {
	seen, last := map[int]bool{}, fieldNone
	for _, p := range v.good {
		if p.second == fieldNone {
			continue
		}
		if seen[p.second] {
			again = append(again, p.msn)
		}
		if last != fieldNone && p.second > last+1 {
			left = append(left, p.msn)
		}
		seen[p.second], last = true, max(last, p.second)
	}
	return again, left
}

// fieldPlayer is how a player plays; zero is as most do.
type fieldPlayer struct {
	fieldAsk
	every    time.Duration // between looks at the playlist; fieldEvery where it is 0
	start    int           // it begins with the third last segment, or this many from the end
	tries    int           // for each segment; 10 where it is 0
	listOnly bool          // segments are not fetched
	// keys says that it decrypts, with each key fetched anew (fresh) or once by its
	// URI (kept), as players do.
	keys string
	// arguments are added to the playlist's query at each look, from the newest number.
	arguments func(newest int) string
	// segment changes the address that is asked for a segment.
	segment func(address string) string
	// until ends the play early.
	until func(p *fieldPlaylist) bool
}

// follow plays a media playlist for so long: it reloads it, fetches each new segment
// from the third last on, asks again where one is not there, obeys GAP and ranges.
func (f *field) follow(path string, lasts time.Duration, how ...fieldPlayer) *fieldView {
	var o fieldPlayer
	if len(how) > 0 {
		o = how[0]
	}
	if o.every == 0 {
		o.every = fieldEvery
	}
	if o.start == 0 {
		o.start = 3
	}
	if o.tries == 0 {
		o.tries = 10
	}
	v := &fieldView{statuses: map[int]int{}, newest: -1}
	began := time.Now()
	play := &fieldPlay{f: f, v: v, o: o, newAt: began, until: began.Add(lasts + 3*time.Second), keys: map[string]*fieldGot{}}
	for time.Since(began) < lasts {
		g := f.get(play.address(path), o.fieldAsk)
		v.statuses[g.status]++
		var p *fieldPlaylist
		if g.status == http.StatusOK && strings.HasPrefix(string(g.body), "#EXTM3U") {
			p = g.playlist()
		}
		if p == nil || len(p.segments) == 0 {
			if v.firstBad == "" {
				v.firstBad = fmt.Sprintf("%s without a segment: %.60q", g, g.body)
			}
		} else {
			v.looks = append(v.looks, fieldLook{time.Since(began), p})
			play.look(p)
			if p.ended || o.until != nil && o.until(p) {
				break
			}
		}
		time.Sleep(o.every)
	}
	v.longest = max(v.longest, time.Since(play.newAt))
	return v
}

// fieldPlay is a player that plays.
type fieldPlay struct {
	f     *field
	v     *fieldView
	o     fieldPlayer
	newAt time.Time // when a segment was new
	until time.Time // no segment is asked for again after it
	low   int       // looks in a row whose numbers were far below
	keys  map[string]*fieldGot
}

func (q *fieldPlay) address(path string) string {
	if q.o.arguments == nil {
		return path
	}
	more := q.o.arguments(q.v.newest)
	switch {
	case more == "":
		return path
	case strings.Contains(path, "?"):
		return path + "&" + more
	}
	return path + "?" + more
}

// look takes what is new in a playlist.
func (q *fieldPlay) look(p *fieldPlaylist) {
	v := q.v
	v.atEnd = p
	if p.last()+len(p.segments) < v.newest {
		if q.low++; q.low >= 3 { // the numbers began anew: a player starts over
			v.newest, q.low = p.last()-1, 0
			v.resets++
		}
	} else {
		q.low = 0
	}
	var fresh []*fieldSegment
	for _, s := range p.segments {
		if s.msn > v.newest {
			fresh = append(fresh, s)
		}
	}
	if v.newest < 0 {
		fresh = fresh[max(0, len(fresh)-q.o.start):]
	} else if len(fresh) > 0 && fresh[0].msn > v.newest+1 {
		v.skipped = append(v.skipped, fresh[0].msn)
	}
	for _, s := range fresh {
		if v.newest >= 0 {
			v.longest = max(v.longest, time.Since(q.newAt))
		}
		q.newAt, v.newest = time.Now(), s.msn
		switch {
		case s.gap:
			v.gaps = append(v.gaps, s.msn)
		case !q.o.listOnly:
			piece := q.f.fetch(s, q.o, q.until)
			v.pieces = append(v.pieces, piece)
			if piece.ok {
				v.good = append(v.good, piece)
				q.unlock(piece)
			}
		}
	}
}

// piece fetches one segment.
func (f *field) piece(s *fieldSegment, tries int) *fieldPiece {
	return f.fetch(s, fieldPlayer{tries: tries}, time.Now().Add(time.Minute))
}

// fetch fetches a segment, as often as tries says and not beyond until.
func (f *field) fetch(s *fieldSegment, o fieldPlayer, until time.Time) *fieldPiece {
	p := &fieldPiece{fieldSegment: s, second: fieldNone}
	ask, address, want := o.fieldAsk, s.url, http.StatusOK
	if s.to > 0 {
		want = http.StatusPartialContent
		if ask.header = ask.header.Clone(); ask.header == nil {
			ask.header = http.Header{}
		}
		ask.header.Set("Range", fmt.Sprintf("bytes=%d-%d", s.from, s.to-1))
	}
	if o.segment != nil {
		address = o.segment(address)
	}
	for p.tries = 1; ; p.tries++ {
		p.got = f.get(address, ask)
		p.ok = p.got.status == want && (s.to == 0 || len(p.got.body) == s.to-s.from)
		if p.ok || p.tries == o.tries || time.Now().After(until) {
			break
		}
		time.Sleep(300 * time.Millisecond)
	}
	if p.ok {
		p.second = fieldWhich(p.got.body)
	}
	return p
}

// unlock decrypts a piece as RFC 8216, 5.2 has it.
func (q *fieldPlay) unlock(p *fieldPiece) {
	if q.o.keys == "" || p.fieldSegment.key == nil {
		return
	}
	address := p.fieldSegment.key["url"]
	if p.key = q.keys[address]; p.key == nil {
		p.key = q.f.get(address, q.o.fieldAsk)
		if q.o.keys == "kept" {
			q.keys[address] = p.key
		}
	}
	iv := fieldVector(p.msn)
	if text := p.fieldSegment.key["IV"]; text != "" {
		iv, _ = hex.DecodeString(text[2:]) // a bad one decrypts nothing
	}
	p.second = fieldWhich(fieldDecrypt(p.got.body, p.key.body, iv))
}
