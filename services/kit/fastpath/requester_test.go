package fastpath

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// longHeader is the most that a header may be.
const longHeader = 16 << 10

// requester makes up what clients may send.
type requester struct {
	*rand.Rand
	calm bool // most is as players send it
}

func (r requester) of(list ...string) string { return list[r.IntN(len(list))] }

// rarely is true once in n times.
func (r requester) rarely(n int) bool {
	if r.calm {
		n *= 10
	}
	return r.IntN(n) == 0
}

// some is one of the list, mostly the first.
func (r requester) some(n int, list ...string) string {
	if r.rarely(n) {
		return r.of(list...)
	}
	return list[0]
}

func (r requester) target() string {
	if r.rarely(8) {
		return r.of("http://x/small", "http://y:80/large?b", "*", "/sm all", "//small", "/%73mall", "/%", "/\xc3\xa9", "small", "/../small", "/small#a", "x:80", "https://x", "/"+strings.Repeat("l", 3000), "")
	}
	if r.calm {
		return r.of("/small", "/small?a", "/large", "/nothing", "/plain", r.some(3, "/small", "/other"))
	}
	return r.of("/small", "/small", "/small?a", "/large", "/nothing", "/plain", "/other", "/other?q=1", "/unread", "/chunked", "/broken", "/missing")
}

func (r requester) condition() string {
	tag := r.of(`"5"`, `"5"`, `"7"`, `"x"`, `W/"5"`, "*", `"x", "5"`, `"x","y"`, "5", `"`, "")
	switch r.IntN(10) {
	case 0, 1, 2:
		return "If-None-Match: " + tag
	case 6, 7:
		return "Range: bytes=0-"
	case 3:
		return "If-Match: " + tag
	case 4:
		return "If-Modified-Since: " + r.of("Sat, 01 Jan 2000 00:00:00 GMT", "never")
	case 5:
		return "If-Unmodified-Since: " + r.of("Sat, 01 Jan 2000 00:00:00 GMT", "never")
	case 8:
		return "If-Range: " + tag
	}
	return r.of("Range", "range", "RANGE") + ": " + r.of("bytes=0-", "bytes=0-", "bytes=1-2", "bytes=-3", "bytes=5-", "bytes=0-0,2-3", "bytes=9999999-", "bytes=2-1", "bytes= 0-", "bytes=0-99999999999999999999", "items=0-", "bytes=", "")
}

func (r requester) oddLine() string {
	return r.of("Connection: close", "Connection: keep-alive", "Connection: Keep-Alive, x", "Connection: close, keep-alive", "Connection:", "Upgrade: h2c",
		"Connection: upgrade", "Expect: 100-continue", "Expect: x", "TE: trailers", "Trailer: X-After", "Proxy-Connection: keep-alive",
		"Host: x", "Host: y", "A : b", ": b", "A", "A: b\x00c", "A: b\rc", "A:\xffb", "A b: c", "A\tb: c", " A: b", "X-Empty:", "X: "+strings.Repeat("v", 100),
		"X: "+strings.Repeat("v", 3*longHeader/2), "Content-Length: 0", "Content-Length: 4", "Content-Length: -1", "Content-Length: +4", "Content-Length: 4, 4",
		"Content-Length: x", "Content-Length:", "content-length:\t3 ", "Content-Length: 03", "Content-Length : 4", "Content-Length: 0000000000000000000000000000000000000000000000000000000000000000000000000004",
		"Transfer-Encoding: chunked", "transfer-encoding: CHUNKED ", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity", "Transfer-Encoding:", "Transfer-Encoding : chunked",
		"A: b\r\n c", "A: b\r\n\tRange: bytes=0-", "Content-Length:\r\n 4", "Transfer-Encoding:\r\n chunked", "Pragma: no-cache", "Cookie: a=b; c")
}

// chunks is a body in chunks.
func (r requester) chunks() string {
	var b strings.Builder
	for range r.IntN(4) {
		data := strings.Repeat("c", 1+r.IntN(40))
		fmt.Fprintf(&b, "%x%s\r\n%s%s", len(data), r.some(6, "", ";a=b", " ", ";", "g"), data, r.some(12, "\r\n", "\n", ""))
	}
	b.WriteString(r.some(12, "0\r\n", "0\n", "00\r\n", "0;x\r\n", "-0\r\n"))
	b.WriteString(r.some(6, "\r\n", "X-After: a\r\n\r\n", "\n", "A\r\n\r\n"))
	return b.String()
}

// one is one request.
func (r requester) one() string {
	end := r.some(40, "\r\n", "\n", "\r\r\n")
	method := r.some(4, r.of("GET", "GET", "HEAD"), "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "get", "BREW", "G@T", "", "CONNECT", "PRI", "\xff")
	lines := []string{}
	if !r.rarely(30) {
		lines = append(lines, r.some(15, "Host: x", "Host: [::1]:80", "host:\ty ", "Host:", "Host: x#y", "Host: x/y", "Host: a b", "HOST: x:80"))
	}
	for range r.IntN(3) {
		lines = append(lines, r.of("Accept: */*", "User-Agent: Lavf/59", "Origin: http://x", "Icy-MetaData: 1", "Accept-Encoding: gzip", "Referer: http://x/"))
	}
	for r.IntN(4) == 0 {
		lines = append(lines, r.condition())
	}
	for r.rarely(6) {
		lines = append(lines, r.oddLine())
	}
	body := ""
	switch {
	case method == "POST" || method == "PUT", r.rarely(25):
		body = strings.Repeat("b", r.IntN(60))
		lines = append(lines, "Content-Length: "+strconv.Itoa(len(body)+r.offByOne(20)))
	case method == "DELETE" || method == "OPTIONS", r.rarely(25):
		body = r.chunks()
		lines = append(lines, "Transfer-Encoding: chunked")
	}
	r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return method + " " + r.target() + r.some(15, " HTTP/1.1", " HTTP/1.0", " HTTP/1.2", " HTTP/2.0", " HTTP/1.1 ", " http/1.1", "", " HTTP/1.10") + end +
		strings.Join(append(lines, ""), end) + end + body
}

// offByOne is 0, or once in n times off by one.
func (r requester) offByOne(n int) int {
	if r.rarely(n) {
		return 1 - 2*r.IntN(2)
	}
	return 0
}

// stream is what one client sends on one connection, and how many requests are in it.
func (r requester) stream() (text string, requests int) {
	var b strings.Builder
	r.calm = r.IntN(2) == 0
	requests = 1 + r.IntN(6)
	for range requests {
		if r.rarely(12) {
			b.WriteString(strings.Repeat("\r\n", 1+r.IntN(r.emptyLines(10))))
		}
		if r.rarely(60) {
			b.WriteString(r.of("\n", "\r", " ", "\r\r\n", "\x00"))
		}
		b.WriteString(r.one())
	}
	text = b.String()
	for r.rarely(15) {
		at := r.IntN(len(text))
		switch r.IntN(3) {
		case 0:
			text = text[:at] + text[at+1:]
		case 1:
			text = text[:at] + string(text[at]) + text[at:]
		case 2:
			text = text[:at] + r.of("\r", "\n", " ", ":", "\x00", "x", "\r\n") + text[at:]
		}
		if text == "" {
			break
		}
	}
	return text + "GET /small?a HTTP/1.1\r\nHost: the.last\r\n\r\n", requests + 1
}

// emptyLines is how many empty lines there may be, once in n times more than are ignored.
func (r requester) emptyLines(n int) int {
	if r.rarely(n) {
		return emptyMost + 4
	}
	return 3
}

var (
	lengthField    = regexp.MustCompile(`(?im)^content-length:`)
	codingField    = regexp.MustCompile(`(?im)^transfer-encoding:`)
	longField      = regexp.MustCompile(`(?im)^(content-length:[^\r\n]{50,}|transfer-encoding:[^\r\n]{47,})\r?$`)
	endOfAnyHeader = regexp.MustCompile(`\n\r?\n`)
	foldedLine     = regexp.MustCompile(`\n[ \t]`)
)

// asAgreed is what a plain http.Server must be sent to answer as we mean to: the
// stream without the empty lines before requests, and one line of nonsense in place
// of the first request that we refuse though it does not. kinds are why it is not the
// stream itself. It reads with net/http, not with this package. Empty when there are
// two reasons to refuse a request, since these have different answers.
func asAgreed(text string) (agreed string, kinds []string) {
	var b strings.Builder
	note := func(kind string) {
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	last := ""
	for text != "" {
		if last == http.MethodPost && text[0] == '\n' {
			b.WriteByte('\n') // net/http bears it, behind a POST
			text = text[1:]
			continue
		}
		for n := 0; strings.HasPrefix(text, "\r\n"); n++ {
			if n == emptyMost {
				return b.String() + refusal, append(kinds, "more empty lines than are ignored")
			}
			note("an empty line before a request")
			text = text[2:]
		}
		if strings.HasPrefix(text, "\r") {
			return b.String() + refusal, append(kinds, "a CR alone before a request") // which net/http bears behind a POST
		}
		header := text
		if end := endOfAnyHeader.FindStringIndex(text); end != nil {
			header = text[:end[1]]
		}
		first, _, _ := strings.Cut(header, "\n")
		why := ""
		switch {
		case foldedLine.MatchString(header):
			why = "a folded line"
		case lengthField.MatchString(header) && codingField.MatchString(header):
			why = "Content-Length and Transfer-Encoding"
		case codingField.MatchString(header) && strings.HasSuffix(strings.TrimSuffix(first, "\r"), "0"):
			why = "Transfer-Encoding in HTTP/1.0"
		case longField.MatchString(header):
			why = "a field of the body's length that is overlong"
		}
		if len(header) > longHeader && (why != "" || lengthField.MatchString(header) || codingField.MatchString(header)) {
			return "", nil
		}
		if why != "" {
			return b.String() + refusal, append(kinds, why)
		}
		source := strings.NewReader(text)
		in := bufio.NewReaderSize(source, 128<<10)
		req, err := http.ReadRequest(in)
		if err != nil {
			break
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			break
		}
		read := len(text) - source.Len() - in.Buffered()
		b.WriteString(text[:read])
		text, last = text[read:], req.Method
	}
	return b.String() + text, kinds
}
