package fastpath

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"testing"
	"time"
)

// randomBody is a body in which no part is like another.
func randomBody(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b) // it has no error
	return b
}

// net/http and the fast path answer the same.
func TestAResponseIsWhatServeContentAnswers(t *testing.T) {
	tagged := http.Header{"Etag": {`"t"`}, "Content-Type": {"video/mp2t"}, "Accept-Ranges": {"bytes"}, "Cache-Control": {"max-age=1"}, "X-Packager": {"http://p"}}
	plain := http.Header{"Content-Type": {"video/mp2t"}, "Accept-Ranges": {"bytes"}}
	for _, c := range []struct {
		name   string
		header http.Header
		body   string
		asks   []string
	}{
		{"the whole", tagged, "body", nil},
		{"nothing", tagged, "", nil},
		{"who has it", tagged, "body", []string{"If-None-Match", `"t"`}},
		{"who has another", tagged, "body", []string{"If-None-Match", `"u"`}},
		{"without a tag", plain, "body", []string{"If-None-Match", `"t"`}},
		{"the range of all", tagged, "body", []string{"Range", "bytes=0-"}},
		{"the range of all of nothing", tagged, "", []string{"Range", "bytes=0-"}},
		{"the range of all, who has it", tagged, "body", []string{"Range", "bytes=0-", "If-None-Match", `"t"`}},
		{"the range of all, who has another", tagged, "body", []string{"Range", "bytes=0-", "If-None-Match", `"u"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				text := method + " /x HTTP/1.1\r\nHost: x\r\n"
				req := httptest.NewRequest(method, "/x", nil)
				for i := 0; i < len(c.asks); i += 2 {
					text += c.asks[i] + ": " + c.asks[i+1] + "\r\n"
					req.Header.Set(c.asks[i], c.asks[i+1])
				}
				parsed, ok := parse([]byte(text+"\r\n"), nil)
				if !ok {
					t.Fatal("not plain")
				}
				wire, whole := NewResponse(c.header, []byte(c.body)).appendHead(nil, parsed, "Wed, 25 Nov 2026 22:00:00 GMT")
				if whole {
					wire = append(wire, c.body...)
				}
				got, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(wire)), req)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(got.Body)
				if err != nil {
					t.Fatal(err)
				}
				got.Header.Del("Date")

				w := httptest.NewRecorder()
				for name, values := range c.header {
					w.Header()[name] = values
				}
				http.ServeContent(w, req, "", time.Time{}, bytes.NewReader([]byte(c.body)))
				want := w.Result()
				if got.StatusCode != want.StatusCode || !reflect.DeepEqual(got.Header, want.Header) || string(body) != w.Body.String() {
					t.Errorf("%s: got %d %v %q,\nwant %d %v %q", method, got.StatusCode, got.Header, body, want.StatusCode, want.Header, w.Body)
				}
				if n := got.Header.Get("Content-Length"); whole && n != strconv.Itoa(len(c.body)) {
					t.Errorf("Content-Length: got %s, want %d", n, len(c.body))
				}
			}
		})
	}
}

func TestARefusalIsTheSameForEveryCondition(t *testing.T) {
	r := NewRefusal(http.StatusForbidden, http.Header{"X-A": {"b"}}, []byte("no"))
	for name, req := range map[string]request{"plain": {}, "a range": {fromStart: true}, "a tag": {ifNoneMatch: []byte(`"t"`)}, "HEAD": {head: true}} {
		b, whole := r.appendHead(nil, req, "now")
		if want := "HTTP/1.1 403 Forbidden\r\nX-A: b\r\nContent-Length: 2\r\nDate: now\r\n\r\n"; string(b) != want || whole == req.head {
			t.Errorf("%s: got %q, %t, want %q", name, b, whole, want)
		}
	}
}

// A varied response is one that was made with its body and its ETag from the start, except
// that a range of all bytes is answered with 200.
func TestAVariedResponse(t *testing.T) {
	for _, etag := range []string{`"t"`, ""} {
		with := func(tag string) http.Header {
			h := http.Header{"Content-Type": {"a/b"}, "X-Packager": {"Etag: x"}}
			if etag != "" {
				h.Set("ETag", tag)
			}
			return h
		}
		got := NewResponse(with(etag), []byte("short")).Varied([]byte("a longer body"), "-v")
		want := NewResponse(with(`"t-v"`), []byte("a longer body"))
		want.partial = want.head
		for name, req := range map[string]request{
			"plain": {}, "a range": {fromStart: true}, "its tag": {ifNoneMatch: []byte(`"t-v"`)}, "the tag of the other": {ifNoneMatch: []byte(etag)}, "HEAD": {head: true},
		} {
			is, whole := got.appendHead(nil, req, "now")
			should, all := want.appendHead(nil, req, "now")
			if !bytes.Equal(is, should) || whole != all {
				t.Errorf("%s %s: got %q, %t, want %q, %t", etag, name, is, whole, should, all)
			}
		}
		if string(got.Body()) != "a longer body" {
			t.Errorf("got %q", got.Body())
		}
	}
}

func TestOnceMakesOnce(t *testing.T) {
	r := NewResponse(http.Header{}, []byte("body"))
	n := 0
	for range 3 {
		if got := r.Once(func(r *Response) []byte { n++; return append([]byte("of "), r.Body()...) }); string(got) != "of body" || n != 1 {
			t.Errorf("got %q, made %d times", got, n)
		}
	}
}
