package m3u8

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// canonical are playlists in the form that Encode writes.
var canonical = map[string]string{
	"live": live,
	"bare": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:0\n",
	"VOD of MPEG-TS": `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:10
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:9.009,
http://media.example.com/first.ts
#EXTINF:3.003,
third.ts
#EXT-X-ENDLIST
`,
	"encrypted, keys rotating": `#EXTM3U
#EXT-X-VERSION:5
#EXT-X-TARGETDURATION:15
#EXT-X-MEDIA-SEQUENCE:7794
#EXT-X-KEY:METHOD=AES-128,URI="https://priv.example.com/key.php?r=52",IV=0x9c7db8778570d05c3177c349fd9236aa
#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://52",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"
#EXTINF:2.833,
fileSequence52-A.ts
#EXTINF:15,
fileSequence52-B.ts
#EXT-X-KEY:METHOD=NONE
#EXTINF:13.333333333,
fileSequence53-A.ts
`,
	"low latency, with an open segment": `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,PART-HOLD-BACK=1.2
#EXT-X-PART-INF:PART-TARGET=0.4
#EXT-X-MEDIA-SEQUENCE:266
#EXT-X-SKIP:SKIPPED-SEGMENTS=3
#EXT-X-MAP:URI="init.mp4"
#EXT-X-PART:DURATION=0.4,URI="269.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.4,URI="269.1.m4s"
#EXTINF:2,
269.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:23:45.678Z
#EXT-X-PART:DURATION=0.4,URI="270.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="270.1.m4s"
#EXT-X-RENDITION-REPORT:URI="../1M/playlist.m3u8",LAST-MSN=269,LAST-PART=1
`,
	"unknown tags of the header, then of the first segment": `#EXTM3U
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DEFINE:NAME="a",VALUE="b"
#EXT-X-CUE-OUT:30
#EXT-X-B
#EXT-X-A
#EXTINF:2,
0.ts
`,
	"low latency, its first segment open": `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-PART-INF:PART-TARGET=0.4
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PART:DURATION=0.4,URI="0.0.ts"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="0.1.ts"
`,
	"discontinuities, one of them gone, and a gap": `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:5
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-GAP
#EXTINF:2,
5.m4s
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:23:45.678901234+02:00
#EXT-X-DATERANGE:ID="splice-6FFFFFF0",START-DATE="2014-03-05T11:15:00Z",PLANNED-DURATION=59.993,SCTE35-OUT=0xFC002F
#EXT-X-BITRATE:900
#EXT-X-CUE-OUT:30.0
#EXTINF:2,a title
#EXT-X-BYTERANGE:100@7
6.m4s
`,
}

func TestCanonicalPlaylistsRoundTripByteForByte(t *testing.T) {
	for name, text := range canonical {
		t.Run(name, func(t *testing.T) {
			if got := string(parse(t, text).Encode()); got != text {
				t.Errorf("got\n%s\nwant\n%s", got, text)
			}
		})
	}
}

func TestOtherPlaylistsAreNormalised(t *testing.T) {
	const head, tail = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n", "#EXTINF:2,\na\n"
	for _, c := range []struct{ name, text, want string }{
		{"CRLF", strings.ReplaceAll(head+tail, "\n", "\r\n"), head + tail},
		{"zeros after the point", head + "#EXTINF:2.000000,\na\n", head + tail},
		{"an offset of zero is UTC", head + "#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:23:45+00:00\n" + tail, head + "#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:23:45.000Z\n" + tail},
		{"a date with no zone is UTC", head + "#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:23:45\n" + tail, head + "#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:23:45.000Z\n" + tail},
		{"a map again and again", head + "#EXT-X-MAP:URI=\"i\"\n" + tail + "#EXT-X-MAP:URI=\"i\"\n" + tail, head + "#EXT-X-MAP:URI=\"i\"\n" + tail + tail},
		{"an enumerated string in quotes", head + "#EXT-X-KEY:METHOD=\"NONE\"\n" + tail, head + "#EXT-X-KEY:METHOD=NONE\n" + tail},
		{"tags in another order", head + "#EXTINF:2,\n#EXT-X-GAP\n#EXT-X-DISCONTINUITY\na\n", head + "#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-DISCONTINUITY\n#EXT-X-GAP\n" + tail},
		{"a server control that says nothing", head + "#EXT-X-SERVER-CONTROL:HOLD-BACK=0\n", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=NO\n#EXT-X-MEDIA-SEQUENCE:0\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(parse(t, c.text).Encode()); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestSecondsAreExactToTheNanosecond(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0"}, {1, "0.000000001"}, {time.Second, "1"}, {2002 * time.Millisecond, "2.002"}, {-8500 * time.Millisecond, "-8.5"},
		{4004004004, "4.004004004"}, {100 * time.Millisecond, "0.1"}, {24*time.Hour - 1, "86399.999999999"}, {-1, "-0.000000001"},
	} {
		got := string(appendSeconds(nil, c.d))
		if got != c.want {
			t.Errorf("%d ns: got %q, want %q", c.d, got, c.want)
		}
		if back, err := parseSeconds(got); err != nil || back != c.d {
			t.Errorf("%q: got %d ns and %v, want %d ns", got, back, err, c.d)
		}
	}
}

func TestAppendAllocatesNothingWhereThereIsRoom(t *testing.T) {
	p := parse(t, live)
	room := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { room = p.Append(room[:0]) }); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

func FuzzParseMedia(f *testing.F) {
	f.Add([]byte(live))
	f.Add([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-SERVER-CONTROL:HOLD-BACK=6,A= b ,C=\" d\"\n#EXT-X-KEY:METHOD=\"A,B\",URI=u\n#EXTINF:.5\n#EXT-X-BYTERANGE:1@2\na b\n#EXT-X-BITRATE:1\n#X\n#EXT-X-MAP:URI=\"x\",Y=1\n"))
	f.Add([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PART-INF:PART-TARGET=1,X=2\n#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:23:45.1+05\n#EXT-X-DATERANGE:ID=\"\",B=\n#EXTINF:2,t,t\na\n#EXT-X-KEY:METHOD=NONE\n#EXT-X-FOO\n"))
	for _, c := range oddMedia {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParseMedia(b)
		if err != nil {
			return
		}
		text := p.Encode()
		again, err := ParseMedia(text)
		if err != nil {
			t.Fatalf("what was encoded does not parse: %v\n%s", err, text)
		}
		p.Oddities, again.Oddities = nil, nil
		if !reflect.DeepEqual(p, again) {
			t.Fatalf("got  %+v\nwant %+v\n%s", again, p, text)
		}
		if second := string(again.Encode()); second != string(text) {
			t.Fatalf("encoded again, got\n%s\nwant\n%s", second, text)
		}
		p.Check()
		next := p.NextMSN()
		p.Drop(1)
		if dropped, err := ParseMedia(p.Encode()); err != nil || dropped.NextMSN() != next {
			t.Fatalf("after a drop: got %v, want next msn %d\n%s", err, next, p.Encode())
		}
	})
}

func FuzzParseMultivariant(f *testing.F) {
	f.Add([]byte(variants))
	f.Add([]byte("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,URI=\"x\",RESOLUTION=\"a,b\",CODECS=avc1\nv\n#EXT-X-MEDIA:TYPE=\"A B\",GROUP-ID=g,DEFAULT=NO\n#EXT-X-FOO:x\n"))
	for _, c := range oddVariants {
		f.Add([]byte(oddVariant(c.text)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParseMultivariant(b)
		if err != nil {
			return
		}
		text := p.Encode()
		again, err := ParseMultivariant(text)
		if err != nil {
			t.Fatalf("what was encoded does not parse: %v\n%s", err, text)
		}
		p.Oddities, again.Oddities = nil, nil
		if !reflect.DeepEqual(p, again) {
			t.Fatalf("got  %+v\nwant %+v\n%s", again, p, text)
		}
		names := map[string]bool{}
		for _, s := range p.Slots() {
			if names[string(s.Kind)+s.Name] || s.URI == "" {
				t.Fatalf("slot %+v: want a name of its own, and a URI", s)
			}
			names[string(s.Kind)+s.Name] = true
		}
	})
}

func FuzzParseSeconds(f *testing.F) {
	f.Add("2.002")
	f.Add("-.5")
	f.Add(strings.Repeat("9", 30))
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseSeconds(s)
		if err != nil {
			return
		}
		if back, err := parseSeconds(string(appendSeconds(nil, d))); err != nil || back != d {
			t.Errorf("%q: got %d and %v, want %d", s, back, err, d)
		}
		if math.Abs(d.Seconds()) > maxDuration.Seconds() {
			t.Errorf("%q: got %s, want at most %s", s, d, maxDuration)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	p, err := ParseMedia([]byte(live))
	if err != nil {
		b.Fatal(err)
	}
	room := make([]byte, 0, 4096)
	for b.Loop() {
		room = p.Append(room[:0])
	}
}

func BenchmarkParseMedia(b *testing.B) {
	for b.Loop() {
		if _, err := ParseMedia([]byte(live)); err != nil {
			b.Fatal(err)
		}
	}
}
