package fastpath

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"
)

var requests = []struct {
	name  string
	text  string
	plain bool
}{
	{"the least", "GET /a/1.ts HTTP/1.1\r\nHost: x\r\n\r\n", true},
	{"as a browser asks", "GET /a/i.m3u8?t=%20&_=1 HTTP/1.1\r\nHost: live.example:8080\r\nConnection: keep-alive\r\nUser-Agent: Mozilla/5.0 (X11; Linux)\r\nAccept: */*\r\nOrigin: http://x\r\nReferer: http://x/\r\nAccept-Encoding: gzip\r\n\r\n", true},
	{"names in any case, values with space", "GET / HTTP/1.1\r\nhOST: \t[::1]:80 \r\ncoNNection:Keep-Alive\r\n\r\n", true},
	{"who has it already", "GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"abc\"\r\n\r\n", true},
	{"the range of all, as FFmpeg asks", "GET /a/1.ts HTTP/1.1\r\nUser-Agent: Lavf/59.27.100\r\nAccept: */*\r\nRange: bytes=0-\r\nConnection: keep-alive\r\nHost: 127.0.0.1:8080\r\nIcy-MetaData: 1\r\n\r\n", true},
	{"and the next one behind it", "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\n", true},
	{"a field named like one of ours", "GET / HTTP/1.1\r\nHost: x\r\nRange-Of: 1\r\nIf: x\r\nTea: x\r\n\r\n", true},
	{"no body wanted", "HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n", true},
	{"what the player reports", "GET / HTTP/1.1\r\nHost: x\r\nCMCD-Request: bl=1\r\ncmcd-session: sid=\"a\"\r\n\r\n", true},
	{"a report in the target", "GET /live01/playlist.m3u8?CMCD=bl%3D21300%2Ccid%3D%22live01%22%2Csid%3D%226e2fb550-c457-11e9-bb97-0800200c9a66%22 HTTP/1.1\r\nHost: x\r\n\r\n", true},
	{"long values beyond ASCII and with tabs", "GET /live01/playlist.m3u8 HTTP/1.1\r\nHost: x\r\nX-Long: caf\xc3\xa9, \t and as much more behind it\r\n\r\n", true},
	{"escapes in the path", "GET /a%20b%2fc/%E9.ts HTTP/1.1\r\nHost: x\r\n\r\n", true},
	{"bad escapes in the query, where none is read", "GET /a?b=%0X%&%%% HTTP/1.1\r\nHost: x\r\n\r\n", true},
	{"an empty field", "GET / HTTP/1.1\r\nHost: x\r\nX-Empty:\r\n\r\n", true},

	{"who asks says who it is", "GET / HTTP/1.1\r\nHost: x\r\ncookie: a=1; b=2\r\n\r\n", true},
	{"who asks says so twice", "GET / HTTP/1.1\r\nHost: x\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n", false},
	{"an empty cookie", "GET / HTTP/1.1\r\nHost: x\r\nCookie:\r\n\r\n", false},
	{"who asks may do so", "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\r\n", false},
	{"nothing", "", false},
	{"not whole", "GET / HTTP/1.1\r\nHost: x\r\n", false},
	{"another method", "HEADS / HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"another version", "GET / HTTP/1.0\r\nHost: x\r\n\r\n", false},
	{"no version", "GET /\r\nHost: x\r\n\r\n", false},
	{"two spaces", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"a space in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"a target beyond ASCII", "GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"a bad escape", "GET /%0X0000 HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"a bad escape behind a good one", "GET /%20%g0?%20 HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"an escape that is cut off", "GET /a%2 HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"an escape that is cut off by the query", "GET /a%2?0 HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"absolute form", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"no host", "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n", false},
	{"an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", false},
	{"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", false},
	{"a host that the http.Server refuses", "GET / HTTP/1.1\r\nHost: x#y\r\n\r\n", false},
	{"a host with a path", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", false},
	{"a range", "GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=1-\r\n\r\n", false},
	{"a range, shouted", "GET / HTTP/1.1\r\nHost: x\r\nRANGE: bytes=0-1\r\n\r\n", false},
	{"two ranges", "GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=0-\r\nRange: bytes=0-\r\n\r\n", false},
	{"ranges in one", "GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=0-,0-\r\n\r\n", false},
	{"the range of all, if", "GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=0-\r\nIf-Range: \"a\"\r\n\r\n", false},
	{"If-Range", "GET / HTTP/1.1\r\nHost: x\r\nIf-Range: \"a\"\r\n\r\n", false},
	{"If-Match", "GET / HTTP/1.1\r\nHost: x\r\nIf-Match: \"a\"\r\n\r\n", false},
	{"If-Modified-Since", "GET / HTTP/1.1\r\nHost: x\r\nIf-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT\r\n\r\n", false},
	{"two tags", "GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"a\", \"b\"\r\n\r\n", false},
	{"two fields of tags", "GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"a\"\r\nIf-None-Match: \"b\"\r\n\r\n", false},
	{"a weak tag", "GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: W/\"a\"\r\n\r\n", false},
	{"any tag", "GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n", false},
	{"the last request", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
	{"an upgrade", "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n", false},
	{"a body", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", false},
	{"a body in chunks", "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false},
	{"Expect", "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", false},
	{"a folded line", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", false},
	{"a space before the colon", "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", false},
	{"no colon", "GET / HTTP/1.1\r\nHost: x\r\nA\r\n\r\n", false},
	{"no name", "GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n", false},
	{"a bare LF", "GET / HTTP/1.1\nHost: x\r\nA: b\r\n\r\n", false},
	{"a bare LF in a field", "GET / HTTP/1.1\r\nHost: x\r\nA: b\nRange: bytes=0-\r\n\r\n", false},
	{"a bare CR in a field", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rRange: c\r\n\r\n", false},
	{"an end in bare LFs before ours", "GET / HTTP/1.1\nHost: x\n\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n", false},
	{"a zero in a field", "GET / HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n", false},
	{"an empty line first", "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", false},
}

func TestParse(t *testing.T) {
	for _, tt := range requests {
		t.Run(tt.name, func(t *testing.T) {
			r, plain := parse([]byte(tt.text), nil)
			if plain != tt.plain {
				t.Fatalf("plain: got %v, want %v", plain, tt.plain)
			}
			if plain {
				agree(t, []byte(tt.text), r)
			}
		})
	}
}

// agree fails the test unless net/http reads the same request.
func agree(t *testing.T, text []byte, r request) {
	t.Helper()
	in := bufio.NewReader(bytes.NewReader(text))
	want, err := http.ReadRequest(in)
	if err != nil {
		t.Fatalf("net/http says %v of %q", err, text)
	}
	if want.Method != map[bool]string{false: http.MethodGet, true: http.MethodHead}[r.head] || want.RequestURI != string(r.target) || want.Header.Get("If-None-Match") != string(r.ifNoneMatch) ||
		want.ContentLength != 0 || want.Close || len(want.TransferEncoding) > 0 || want.Header.Get("Range") != map[bool]string{true: "bytes=0-"}[r.fromStart] || want.ProtoMinor != 1 || want.Header.Get("Cookie") != string(r.cookie) {
		t.Fatalf("got %q and %q of %q, net/http has %+v", r.target, r.ifNoneMatch, text, want)
	}
	if left := in.Buffered(); left != len(text)-r.size {
		t.Fatalf("got %d bytes of %q, net/http leaves %d", r.size, text, left)
	}
}

// Eight bytes at a time, the same is found as byte by byte.
func TestEveryByteIsLookedAt(t *testing.T) {
	for c := range 256 {
		visible := c > ' ' && c < 0x7f
		value := c >= ' ' && c != 0x7f || c == '\t'
		for size := range 20 {
			for at := range size {
				for _, fill := range []byte{'!', '~', '%', 'x'} {
					b := bytes.Repeat([]byte{fill}, size)
					b[at] = byte(c)
					if got := isVisible(b); got != visible {
						t.Fatalf("%q: visible: got %t, want %t", b, got, visible)
					}
					if got := isFieldValue(b); got != value {
						t.Fatalf("%q: a value: got %t, want %t", b, got, value)
					}
				}
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range requests {
		f.Add([]byte(tt.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, plain := parse(text, nil); plain && len(text) < 4<<10 {
			agree(t, text, r)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	const plain = "GET /live01/playlist.m3u8 HTTP/1.1\r\nHost: x\r\n"
	const argument = "bl%3D21300%2Cbr%3D3200%2Ccid%3D%22live01%22%2Cd%3D2000%2Cmtp%3D48100%2Cot%3Dm%2Csf%3Dh%2Csid%3D%226e2fb550-c457-11e9-bb97-0800200c9a66%22%2Cst%3Dl%2Ctb%3D6000"
	const fields = "CMCD-Object: br=3200,d=2000,ot=m,tb=6000\r\nCMCD-Request: bl=21300,mtp=48100\r\nCMCD-Session: cid=\"live01\",sf=h,sid=\"6e2fb550-c457-11e9-bb97-0800200c9a66\",st=l\r\n"
	for _, c := range []struct{ name, text string }{
		{"plain", plain},
		{"as a browser asks", "GET /a/i.m3u8?t=%20&_=1 HTTP/1.1\r\nHost: live.example:8080\r\nConnection: keep-alive\r\nUser-Agent: Mozilla/5.0 (X11; Linux)\r\nAccept: */*\r\nOrigin: http://x\r\nReferer: http://x/\r\nAccept-Encoding: gzip\r\n"},
		{"a report in the query", strings.Replace(plain, ".m3u8", ".m3u8?CMCD="+argument, 1)},
		{"a report in the header", plain + fields},
		{"as long as that, without a report", plain + strings.ReplaceAll(fields, "CMCD", "XXXX")},
	} {
		b.Run(c.name, func(b *testing.B) {
			text := []byte(c.text + "\r\n")
			var room [4][]byte
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := parse(text, room[:0]); !ok {
					b.Fatal("not plain")
				}
			}
		})
	}
}
