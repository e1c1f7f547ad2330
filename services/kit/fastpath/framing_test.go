package fastpath

import (
	"strings"
	"testing"
)

// passed returns what the server reads of a text that comes in pieces.
func passed(text string, piece int) string {
	var f framing
	var got strings.Builder
	for len(text) > 0 {
		b := []byte(text[:min(piece, len(text))])
		text = text[len(b):]
		n, refused := f.pass(b)
		got.Write(b[:n])
		if refused {
			return got.String() + refusal
		}
	}
	return got.String()
}

func TestFraming(t *testing.T) {
	const get, post = "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\n"
	for _, c := range []struct{ name, text, want string }{
		{"a request", get, get},
		{"two", get + get, get + get},
		{"an empty line first", "\r\n" + get, get},
		{"some between two", get + "\r\n\r\n\r\n" + get, get + get},
		{"as many as are ignored", get + strings.Repeat("\r\n", emptyMost) + get, get + get},
		{"one more", get + strings.Repeat("\r\n", emptyMost+1) + get, get + refusal},
		{"as many before each", strings.Repeat(strings.Repeat("\r\n", emptyMost)+get, 3), get + get + get},
		{"a CR alone", "\rGET", refusal},
		{"bare LFs are the server's to judge", "\nGET / HTTP/1.1\nHost: x\n\n\r\n" + get, "\nGET / HTTP/1.1\nHost: x\n\n" + get},
		{"behind a body", post + "Content-Length: 4\r\n\r\n\r\n\r\n" + "\r\n" + get, post + "Content-Length: 4\r\n\r\n\r\n\r\n" + get},
		{"behind no body", post + "Content-Length: 0\r\n\r\n" + "\r\n" + get, post + "Content-Length: 0\r\n\r\n" + get},
		{"behind chunks", post + "Transfer-Encoding: chunked\r\n\r\n3;a=b\r\n\r\nx\r\nA \r\n0123456789\r\n0\r\n\r\n\r\n" + get, post + "Transfer-Encoding: chunked\r\n\r\n3;a=b\r\n\r\nx\r\nA \r\n0123456789\r\n0\r\n\r\n" + get},
		{"behind a trailer", post + "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\nC: d\r\n\r\n\r\n" + get, post + "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\nC: d\r\n\r\n" + get},
		{"no chunk", post + "Transfer-Encoding: chunked\r\n\r\nx\r\n\r\n", post + "Transfer-Encoding: chunked\r\n\r\nx\r\n\r\n"},
		{"both lengths", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r" + refusal},
		{"both, the other way and in other letters", post + "TRANSFER-ENCODING: x\r\ncontent-length:4\r\n\r\n", post + "TRANSFER-ENCODING: x\r\ncontent-length:4\r\n\r" + refusal},
		{"both, in the second request", get + post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", get + post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r" + refusal},
		{"chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r" + refusal},
		{"another coding is the server's to refuse", post + "Transfer-Encoding: gzip\r\n\r\n\r\nx", post + "Transfer-Encoding: gzip\r\n\r\n\r\nx"},
		{"two lengths that agree", post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd\r\n" + get, post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd" + get},
		{"two lengths that do not", post + "Content-Length: 4\r\nContent-Length: 5\r\n\r\n", post + "Content-Length: 4\r\nContent-Length: 5\r" + refusal},
		{"no length", post + "Content-Length: four\r\n\r\n", post + "Content-Length: four\r" + refusal},
		{"a length that is overlong", post + "Content-Length: " + strings.Repeat("0", lineKept) + "4\r\n\r\n", post + "Content-Length: " + strings.Repeat("0", lineKept) + "4\r" + refusal},
		{"a long field of another kind", post + "Content-Lengths: " + strings.Repeat("0", lineKept) + "\r\n\r\n\r\n" + get, post + "Content-Lengths: " + strings.Repeat("0", lineKept) + "\r\n\r\n" + get},
		{"a folded line", post + "A: b\r\n c\r\n\r\n", post + "A: b\r\n" + refusal},
		{"a folded coding", post + "Transfer-Encoding:\r\n chunked\r\n\r\n", post + "Transfer-Encoding:\r\n" + refusal},
		{"a folded length", post + "Content-Length:\r\n\t4\r\n\r\n", post + "Content-Length:\r" + refusal},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, piece := range []int{len(c.text), 1, 2, 3, 7} {
				if got := passed(c.text, piece); got != c.want {
					t.Errorf("in pieces of %d: got %q, want %q", piece, got, c.want)
				}
			}
		})
	}
}

// After a refusal nothing is taken for a request.
func TestNothingIsReadBehindARefusal(t *testing.T) {
	s := serveAll(t, listen(t))
	for _, text := range []string{
		"POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET /other HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
	} {
		p := s.dial()
		p.send(plainGET("/small") + text + plainGET("/small"))
		if _, body := p.answer(); body != "small" {
			t.Errorf("before %q: got %q", text, body)
		}
		res, _ := p.answer()
		if res.StatusCode != 400 || !res.Close {
			t.Errorf("%q: got %v, want 400 and the end", text, res)
		}
		if b, err := p.in.ReadByte(); err == nil {
			t.Errorf("behind %q: got %q, want the end", text, b)
		}
		if n := s.byServer.Load(); n != 0 {
			t.Errorf("%q: the server answered %d", text, n)
		}
	}
}

func TestEmptyLinesDoNotChangeWhichSideAnswers(t *testing.T) {
	s := serveAll(t, listen(t))
	p := s.dial()
	p.send("\r\n" + plainGET("/small") + "\r\n\r\n" + plainGET("/small"))
	for range 2 {
		if _, body := p.answer(); body != "small" {
			t.Errorf("got %q", body)
		}
	}
	if n := s.byServer.Load(); n != 0 {
		t.Errorf("the server answered %d, want none", n)
	}
	p.send("\r\n")
	p.send("\r\n" + plainGET("/other"))
	if _, body := p.answer(); body != "GET /other " {
		t.Errorf("got %q", body)
	}
	p.send("\r\n\r\n" + plainGET("/again"))
	if _, body := p.answer(); body != "GET /again " {
		t.Errorf("got %q", body)
	}
}

func FuzzFraming(f *testing.F) {
	f.Add("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 3)
	f.Add("\r\nPOST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n\r\nGET", 1)
	f.Fuzz(func(t *testing.T, text string, piece int) {
		if piece < 1 {
			return
		}
		if whole, pieces := passed(text, len(text)), passed(text, piece); whole != pieces {
			t.Errorf("got %q in pieces of %d, %q at once", pieces, piece, whole)
		}
	})
}
