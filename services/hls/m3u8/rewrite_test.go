package m3u8

import (
	"bytes"
	"strings"
	"testing"
)

func TestRewrite(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"segments", "#EXTM3U\n#EXTINF:2,a.ts\na.ts\n", "#EXTM3U\n#EXTINF:2,a.ts\n<a.ts>\n"},
		{"CRLF, blanks and no last line end", "#EXTM3U\r\n \r\n\ta b.ts \r\n\r\nc", "#EXTM3U\r\n \r\n\t<a b.ts> \r\n\r\n<c>"},
		{"CR", "#EXTM3U\ra\rb", "#EXTM3U\r<a>\r<b>"},
		{"a byte order mark", "\ufeff#EXTM3U\na\n", "\ufeff#EXTM3U\n<a>\n"},
		{"every tag that names one", `#EXT-X-KEY:METHOD=AES-128,URI="k?a=1,b",IV=0x1
#EXT-X-SESSION-KEY:URI="k"
#EXT-X-MAP:URI="i",BYTERANGE="1@2"
#EXT-X-MEDIA:TYPE=AUDIO,NAME="URI=x, y",URI="a"
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="i"
#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,URI="i"
#EXT-X-PART:DURATION=1,URI="p",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p"
#EXT-X-RENDITION-REPORT:URI="r",LAST-MSN=1
#EXT-X-SESSION-DATA:DATA-ID="d",URI="j"
`, `#EXT-X-KEY:METHOD=AES-128,URI="<k?a=1,b>",IV=0x1
#EXT-X-SESSION-KEY:URI="<k>"
#EXT-X-MAP:URI="<i>",BYTERANGE="1@2"
#EXT-X-MEDIA:TYPE=AUDIO,NAME="URI=x, y",URI="<a>"
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="<i>"
#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,URI="<i>"
#EXT-X-PART:DURATION=1,URI="<p>",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="<p>"
#EXT-X-RENDITION-REPORT:URI="<r>",LAST-MSN=1
#EXT-X-SESSION-DATA:DATA-ID="d",URI="<j>"
`},
		{"what names none", "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS\n#EXT-X-STREAM-INF:URI=\"a\"\n#EXT-X-DATERANGE:X-ASSET-URI=\"a\"\n#EXT-X-MAP\n#URI=\"a\"\n", "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS\n#EXT-X-STREAM-INF:URI=\"a\"\n#EXT-X-DATERANGE:X-ASSET-URI=\"a\"\n#EXT-X-MAP\n#URI=\"a\"\n"},
		{"oddities around it", " #EXT-X-MAP : ,uri = i.mp4 ,\"x, URI=\"j\"z,\n", " #EXT-X-MAP : ,uri = \"<i.mp4>\" ,\"x, URI=\"<j>\"z,\n"},
		{"a quote without an end", "#EXT-X-MAP:URI=\"i\n", "#EXT-X-MAP:URI=\"<i>\n"},
		{"an empty URI", "#EXT-X-MAP:URI=\"\"\n", "#EXT-X-MAP:URI=\"\"\n"},
		{"variables", "#EXT-X-MAP:URI=\"{$a}i\"\n{$b}/s\n", "#EXT-X-MAP:URI=\"<{$a}i>\"\n<{$b}/s>\n"},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(Rewrite([]byte(c.text), func(uri string) string { return "<" + uri + ">" })); got != c.want {
				t.Errorf("got\n%q\nwant\n%q", got, c.want)
			}
		})
	}
}

func TestRewriteFindsWhatTheParserDoes(t *testing.T) {
	for _, c := range oddMedia {
		p := parse(t, c.text)
		found := map[string]bool{}
		Rewrite([]byte(c.text), func(uri string) string {
			found[uri] = true
			return uri
		})
		for _, s := range p.Segments {
			if !found[s.URI] {
				t.Errorf("%s: %q is not among %v", c.name, s.URI, found)
			}
			if s.Map != nil && !found[s.Map.URI] {
				t.Errorf("%s: %q is not among %v", c.name, s.Map.URI, found)
			}
		}
	}
}

func TestSetNumbers(t *testing.T) {
	for _, c := range []struct {
		name, text     string
		media, discont int64
		want           string
	}{
		{"both", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-DISCONTINUITY-SEQUENCE:2\na\n", 7, 8, "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-DISCONTINUITY-SEQUENCE:8\na\n"},
		{"neither", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\na\n", -1, -1, "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\na\n"},
		{"one, with blanks and CRLF", "#EXTM3U\r\n #EXT-X-MEDIA-SEQUENCE: 1.0 \r\na\r\n", 7, -1, "#EXTM3U\r\n #EXT-X-MEDIA-SEQUENCE: 7 \r\na\r\n"},
		{"behind the segments", "#EXTM3U\na\n#EXT-X-MEDIA-SEQUENCE:1", 7, -1, "#EXTM3U\na\n#EXT-X-MEDIA-SEQUENCE:7"},
		{"each of two", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-MEDIA-SEQUENCE:2\n", 7, -1, "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MEDIA-SEQUENCE:7\n"},
		{"missing, behind the target duration", "#EXTM3U\r\n#EXT-X-TARGETDURATION:2\r\n#EXT-X-A\r\na\r\n", 7, 0, "#EXTM3U\r\n#EXT-X-TARGETDURATION:2\r\n#EXT-X-MEDIA-SEQUENCE:7\r\n#EXT-X-DISCONTINUITY-SEQUENCE:0\r\n#EXT-X-A\r\na\r\n"},
		{"missing, behind the first line", "\ufeff#EXTM3U\na\n#EXT-X-TARGETDURATION:2\n", -1, 3, "\ufeff#EXTM3U\n#EXT-X-DISCONTINUITY-SEQUENCE:3\na\n#EXT-X-TARGETDURATION:2\n"},
		{"missing, behind a line without an end", "#EXTM3U\n#EXT-X-TARGETDURATION:2", 7, -1, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7"},
		{"without a colon", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE\n", 7, -1, "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n"},
		{"no playlist", "<html>\n", 7, 7, "<html>\n"},
	} {
		if got := string(SetNumbers([]byte(c.text), c.media, c.discont)); got != c.want {
			t.Errorf("%s: got\n%q\nwant\n%q", c.name, got, c.want)
		}
	}
}

func FuzzRewrite(f *testing.F) {
	f.Add([]byte(live))
	f.Add([]byte(variants))
	for _, c := range oddMedia {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got := Rewrite(b, func(uri string) string { return uri }); !bytes.Equal(got, b) {
			t.Fatalf("rewritten to itself: got\n%q\nwant\n%q", got, b)
		}
		Rewrite(b, func(uri string) string { return "x" + uri })
		IsMultivariant(b)
		if got := SetNumbers(b, -1, -1); !bytes.Equal(got, b) {
			t.Fatalf("no numbers set: got\n%q\nwant\n%q", got, b)
		}
		p, err := ParseMedia(b)
		if err != nil {
			return
		}
		found := map[string]bool{}
		Rewrite(b, func(uri string) string {
			found[uri] = true
			return uri
		})
		for _, s := range p.Segments {
			if !found[s.URI] || s.Map != nil && !found[s.Map.URI] && !strings.ContainsFunc(string(b), isStray) && !strings.Contains(s.Map.URI, `"`) {
				t.Fatalf("%q, map %+v: not among %v", s.URI, s.Map, found)
			}
		}
		set, err := ParseMedia(SetNumbers(b, 5, 6))
		if err != nil || set.MediaSequence != 5 || set.DiscontinuitySequence != 6 || len(set.Segments) != len(p.Segments) {
			t.Fatalf("numbers set: got %+v, %v", set, err)
		}
	})
}
