package hls

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// live is a playlist as our worker writes it.
const live = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:882001234
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="init-0a1b2c3d.mp4"
#EXT-X-PROGRAM-DATE-TIME:2025-11-24T15:07:48.000Z
#EXTINF:2,
882001234.m4s
#EXT-X-PROGRAM-DATE-TIME:2025-11-24T15:07:50.000Z
#EXTINF:2,
882001235.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-ffffffff.mp4"
#EXT-X-PROGRAM-DATE-TIME:2025-11-24T15:07:52.000Z
#EXTINF:2,
882001236.m4s
`

func TestParseMediaReadsEveryField(t *testing.T) {
	p := parse(t, `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:4
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24.0,HOLD-BACK=12,PART-HOLD-BACK=1.2,X-OWN="a,b"
#EXT-X-PART-INF:PART-TARGET=0.4
#EXT-X-MEDIA-SEQUENCE:9223372036854775800
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-START:TIME-OFFSET=-8.5,PRECISE=YES
#EXT-X-I-FRAMES-ONLY
#EXT-X-DEFINE:NAME="x",VALUE="y"
# a comment, which is dropped

#EXT-X-KEY:METHOD=AES-128,URI="k?a=1,b=2",IV=0x01,KEYFORMAT="identity",KEYFORMATVERSIONS="1",NEW=1
#EXT-X-MAP:URI="i.mp4",BYTERANGE="700@0"
#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:23:45.678-03:00
#EXT-X-DATERANGE:ID="ad",START-DATE="2024-04-05T11:23:45Z",DURATION=30.5
#EXT-X-BITRATE:2300
#EXT-X-CUE-OUT:30
#EXTINF:3.96,a title, with a comma
#EXT-X-BYTERANGE:1000@700
all.mp4
#EXT-X-GAP
#EXT-X-DISCONTINUITY
#EXTINF:4
#EXT-X-BYTERANGE:1000
all.mp4
#EXT-X-PART:DURATION=0.4,URI="p0.mp4"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p1.mp4"
#EXT-X-RENDITION-REPORT:URI="../b.m3u8",LAST-MSN=9
#EXT-X-ENDLIST
`)
	m := &Map{URI: "i.mp4", ByteRange: &ByteRange{700, 0}}
	want := &MediaPlaylist{
		Version: 9, TargetDuration: 4, MediaSequence: 9223372036854775800, DiscontinuitySequence: 3, PlaylistType: "EVENT",
		EndList: true, IFramesOnly: true, PartTarget: 400 * time.Millisecond,
		Start: &Start{TimeOffset: -8500 * time.Millisecond, Precise: true},
		ServerControl: &ServerControl{
			CanBlockReload: true, CanSkipUntil: 24 * time.Second, HoldBack: 12 * time.Second, PartHoldBack: 1200 * time.Millisecond,
			Unknown: []Attribute{{"X-OWN", "a,b", true}},
		},
		Unknown: []Tag{`#EXT-X-DEFINE:NAME="x",VALUE="y"`},
		Segments: []Segment{
			{
				URI: "all.mp4", Duration: 3960 * time.Millisecond, Title: "a title, with a comma", ByteRange: &ByteRange{1000, 700},
				Keys: []Key{{"AES-128", "k?a=1,b=2", "0x01", "identity", "1", []Attribute{{"NEW", "1", false}}}}, Map: m,
				DateRanges: []DateRange{{[]Attribute{{"ID", "ad", true}, {"START-DATE", "2024-04-05T11:23:45Z", true}, {"DURATION", "30.5", false}}}},
				Bitrate:    2300, Unknown: []Tag{"#EXT-X-CUE-OUT:30"},
			},
			{URI: "all.mp4", Duration: 4 * time.Second, ByteRange: &ByteRange{1000, -1}, Gap: true, Discontinuity: true, Map: m},
		},
		Trailing: []Tag{
			`#EXT-X-PART:DURATION=0.4,URI="p0.mp4"`, `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p1.mp4"`,
			`#EXT-X-RENDITION-REPORT:URI="../b.m3u8",LAST-MSN=9`,
		},
	}
	date := p.Segments[0].ProgramDateTime
	if want := time.Date(2024, 4, 5, 14, 23, 45, 678e6, time.UTC); !date.Equal(want) {
		t.Errorf("date: got %s, want %s", date, want)
	}
	if _, offset := date.Zone(); offset != -3*3600 {
		t.Errorf("zone: got %d s, want -10800 s", offset)
	}
	p.Segments[0].ProgramDateTime = time.Time{}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
	if p.LastMSN() != 9223372036854775801 {
		t.Errorf("last msn: got %d, want 9223372036854775801", p.LastMSN())
	}
}

func TestMapAppliesUntilTheNextOne(t *testing.T) {
	p := parse(t, live)
	s := p.Segments
	if s[0].Map != s[1].Map || s[0].Map.URI != "init-0a1b2c3d.mp4" || s[2].Map.URI != "init-ffffffff.mp4" {
		t.Errorf("got %v %v %v, want the first map twice, then the second", s[0].Map, s[1].Map, s[2].Map)
	}
}

func TestUnknownTagsBelongToWhatFollowsThem(t *testing.T) {
	const head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
	for _, c := range []struct {
		name, text            string
		header, first, second []Tag
		trailing              []Tag
	}{
		{"before any segment", head + "#EXT-X-A:1\n#EXTINF:2,\n0\n", []Tag{"#EXT-X-A:1"}, nil, nil, nil},
		{"after a tag of the first segment", head + "#EXT-X-GAP\n#EXT-X-A:1\n#EXTINF:2,\n0\n", nil, []Tag{"#EXT-X-A:1"}, nil, nil},
		{"a part of the first segment", head + "#EXT-X-PART:A=1\n#EXT-X-B\n#EXTINF:2,\n0\n", nil, []Tag{"#EXT-X-PART:A=1", "#EXT-X-B"}, nil, nil},
		{"between two segments", head + "#EXTINF:2,\n0\n#EXT-X-A:1\n#EXTINF:2,\n1\n", nil, nil, []Tag{"#EXT-X-A:1"}, nil},
		{"after the last segment, with known ones", head + "#EXTINF:2,\n0\n#EXT-X-A:1\n#EXT-X-GAP\n", nil, nil, nil, []Tag{"#EXT-X-A:1", "#EXT-X-GAP"}},
		{"parts, and no segment yet", head + "#EXT-X-PART:A=1\n", nil, nil, nil, []Tag{"#EXT-X-PART:A=1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parse(t, c.text)
			segments := append(p.Segments, Segment{}, Segment{})
			for _, x := range []struct {
				where     string
				got, want []Tag
			}{
				{"header", p.Unknown, c.header}, {"first", segments[0].Unknown, c.first},
				{"second", segments[1].Unknown, c.second}, {"trailing", p.Trailing, c.trailing},
			} {
				if !reflect.DeepEqual(x.got, x.want) {
					t.Errorf("%s: got %q, want %q", x.where, x.got, x.want)
				}
			}
		})
	}
}

func TestADateOfNoOffsetIsUTCHoweverItIsWritten(t *testing.T) {
	for _, v := range []string{"2024-04-05T11:23:45Z", "2024-04-05T11:23:45+00:00", "2024-04-05T11:23:45-0000", "2024-04-05T11:23:45"} {
		if d, err := parseDateTime(v); err != nil || d != time.Date(2024, 4, 5, 11, 23, 45, 0, time.UTC) {
			t.Errorf("%s: got %v and %v, want 11:23:45 UTC", v, d, err)
		}
	}
}

func TestMediaPlaylistsThatAreAccepted(t *testing.T) {
	const head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
	for name, text := range map[string]string{
		"no segment yet":                         head,
		"CRLF line ends":                         strings.ReplaceAll(live, "\n", "\r\n"),
		"spaces at the ends of lines":            strings.ReplaceAll(live, "\n", " \t\n"),
		"EXTINF without a comma":                 head + "#EXTINF:2\na.ts\n",
		"a space after EXTINF's colon":           head + "#EXTINF: 2.000,\na.ts\n",
		"a playlist type of a server's own":      head + "#EXT-X-PLAYLIST-TYPE:LIVE\n",
		"a map's URI without quotes":             head + "#EXT-X-MAP:URI=i.mp4\n#EXTINF:2,\na.m4s\n",
		"a date without the colon of its zone":   head + "#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:23:45.1+0200\n#EXTINF:2,\na.ts\n",
		"the highest media sequence":             head + "#EXT-X-MEDIA-SEQUENCE:9223372036854775807\n",
		"more digits than a nanosecond needs":    head + "#EXTINF:1.9999999999999,\na.ts\n",
		"a tag that begins as a known one":       head + "#EXTINFO:x\n#EXT-X-KEYS:1\n",
		"a title in another script, and its tab": head + "#EXTINF:2,第一\tч\na.ts\n",
	} {
		t.Run(name, func(t *testing.T) { parse(t, text) })
	}
}

func TestMediaPlaylistsThatAreRefused(t *testing.T) {
	const head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
	for _, c := range []struct{ name, text, want string }{
		{"empty body", "", `playlist line 1: "" where #EXTM3U is due`},
		{"HTML", "<html>\n<body>502</body>\n", `playlist line 1: "<html>" where #EXTM3U is due`},
		{"byte order mark", "\ufeff" + live, `playlist line 1: "\ufeff#EXTM3U" where #EXTM3U is due`},
		{"a longer first line", "#EXTM3U8\n", `playlist line 1: "#EXTM3U8" where #EXTM3U is due`},
		{"cut in a URI", strings.TrimSuffix(live, "36.m4s\n"), "playlist is truncated: its last line has no end"},
		{"cut before the last line end", strings.TrimSuffix(live, "\n"), "playlist is truncated: its last line has no end"},
		{"cut after EXTINF", strings.TrimSuffix(live, "882001236.m4s\n"), "playlist ends with an EXTINF without its URI"},
		{"cut before the target duration", "#EXTM3U\n", "playlist has no EXT-X-TARGETDURATION"},
		{"a segment's URI is lost", head + "#EXTINF:2,\n#EXTINF:2,\nb.ts\n", `playlist line 4: bad EXTINF "2,": the one before has no URI`},
		{"a segment's EXTINF is lost", head + "a.ts\n", `playlist line 3: URI "a.ts" without its EXTINF`},
		{"two playlists in one", live + live, "playlist line 19: a second #EXTM3U: two playlists in one"},
		{"a number that is none", head + "#EXTINF:x,\na.ts\n", `playlist line 3: bad EXTINF "x,": not a number of seconds`},
		{"a negative duration", head + "#EXTINF:-1,\na.ts\n", `playlist line 3: bad EXTINF "-1,": negative`},
		{"an endless duration", head + "#EXTINF:1e9,\na.ts\n", `playlist line 3: bad EXTINF "1e9,": not a number of seconds`},
		{"a duration beyond a day", head + "#EXTINF:86400.1,\na.ts\n", `playlist line 3: bad EXTINF "86400.1,": at most 24h0m0s is allowed`},
		{"an overflowing duration", head + "#EXTINF:99999999999999999999,\na.ts\n", `playlist line 3: bad EXTINF "99999999999999999999,": at most 31622399 is allowed`},
		{"target duration 0", "#EXTM3U\n#EXT-X-TARGETDURATION:0\n", `playlist line 2: bad EXT-X-TARGETDURATION "0": at least 1 is needed`},
		{"target duration with a fraction", "#EXTM3U\n#EXT-X-TARGETDURATION:2.0\n", `playlist line 2: bad EXT-X-TARGETDURATION "2.0": not a whole number`},
		{"target duration twice", head + "#EXT-X-TARGETDURATION:3\n", `playlist line 3: bad EXT-X-TARGETDURATION "3": it is there twice`},
		{"media sequence twice", head + "#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-MEDIA-SEQUENCE:2\n", `playlist line 4: bad EXT-X-MEDIA-SEQUENCE "2": it is there twice`},
		{"media sequence after a segment", head + "#EXTINF:2,\na.ts\n#EXT-X-MEDIA-SEQUENCE:7\n", `playlist line 5: bad EXT-X-MEDIA-SEQUENCE "7": it must come before the first segment`},
		{"media sequence beyond 2^63-1", head + "#EXT-X-MEDIA-SEQUENCE:9223372036854775808\n", `playlist line 3: bad EXT-X-MEDIA-SEQUENCE "9223372036854775808": at most 9223372036854775807 is allowed`},
		{"media sequence that its segments overflow", head + "#EXT-X-MEDIA-SEQUENCE:9223372036854775807\n#EXTINF:2,\na.ts\n", "playlist's media sequence 9223372036854775807 leaves no room for 1 segments"},
		{"discontinuity sequence that overflows", head + "#EXT-X-DISCONTINUITY-SEQUENCE:9223372036854775807\n#EXT-X-DISCONTINUITY\n#EXTINF:2,\na.ts\n", "playlist's discontinuity sequence 9223372036854775807 leaves no room for 1 segments"},
		{"a negative media sequence", head + "#EXT-X-MEDIA-SEQUENCE:-1\n", `playlist line 3: bad EXT-X-MEDIA-SEQUENCE "-1": not a whole number`},
		{"a date that is none", head + "#EXT-X-PROGRAM-DATE-TIME:yesterday\n", `playlist line 3: bad EXT-X-PROGRAM-DATE-TIME "yesterday": not a date and time of ISO 8601`},
		{"a byte range that overflows", head + "#EXT-X-BYTERANGE:2@9223372036854775806\n", `playlist line 3: bad EXT-X-BYTERANGE "2@9223372036854775806": offset: at most 9223372036854775805 is allowed`},
		{"a map without a URI", head + "#EXT-X-MAP:BYTERANGE=\"1@2\"\n", `playlist line 3: bad EXT-X-MAP "BYTERANGE=\"1@2\"": no URI`},
		{"a quote without an end", head + "#EXT-X-MAP:URI=\"a\n", `playlist line 3: bad EXT-X-MAP "URI=\"a": attribute URI: its quoted string has no end`},
		{"text after a quoted string", head + "#EXT-X-MAP:URI=\"a\"b\n", `playlist line 3: bad EXT-X-MAP "URI=\"a\"b": attribute URI: a comma is due at "b"`},
		{"a quote in an enumerated string", head + "#EXT-X-KEY:METHOD=A\"B\n", `playlist line 3: bad EXT-X-KEY "METHOD=A\"B": attribute METHOD: a quote within "A\"B"`},
		{"an attribute twice", head + "#EXT-X-KEY:METHOD=NONE,METHOD=AES-128\n", `playlist line 3: bad EXT-X-KEY "METHOD=NONE,METHOD=AES-128": attribute METHOD is there twice`},
		{"an attribute list that ends with a comma", head + "#EXT-X-KEY:METHOD=NONE,\n", `playlist line 3: bad EXT-X-KEY "METHOD=NONE,": NAME=VALUE is due at ""`},
		{"a key without a URI", head + "#EXT-X-KEY:METHOD=AES-128\n", `playlist line 3: bad EXT-X-KEY "METHOD=AES-128": no URI`},
		{"a start without an offset", head + "#EXT-X-START:PRECISE=YES\n", `playlist line 3: bad EXT-X-START "PRECISE=YES": no TIME-OFFSET`},
		{"a negative hold back", head + "#EXT-X-SERVER-CONTROL:HOLD-BACK=-1\n", `playlist line 3: bad EXT-X-SERVER-CONTROL "HOLD-BACK=-1": attribute HOLD-BACK: negative`},
		{"a variant in it", head + "#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n", `playlist line 3: bad EXT-X-STREAM-INF "BANDWIDTH=1": a tag of multivariant playlists in a media playlist`},
		{"a NUL", head + "#EXTINF:2,\na\x00.ts\n", "playlist line 4: control character U+0000"},
		{"an escape sequence", head + "#EXTINF:2,\x1b[2J\na.ts\n", "playlist line 3: control character U+001B"},
		{"Latin-1", head + "#EXTINF:2,caf\xe9\na.ts\n", "playlist line 3: byte 13 is not UTF-8"},
		{"a line of more than 64 KiB", head + "#EXTINF:2,\n" + strings.Repeat("a", maxLine+1) + "\n", "playlist line 4: it has 65537 bytes, at most 65536 are allowed"},
		{"more than 128 attributes", head + "#EXT-X-KEY:METHOD=NONE" + manyAttributes(128) + "\n", `more than 128 attributes`},
		{"more than 100000 segments", head + strings.Repeat("#EXTINF:1,\na\n", maxSegments+1), `playlist line 200004: more than 100000 segments`},
		{"more than 8 MiB", "#EXTM3U\n" + strings.Repeat("\n", MaxPlaylist), "playlist of 8388616 bytes: at most 8388608 are allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseMedia([]byte(c.text))
			if err == nil || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestErrorsRepeatOnlyALittleOfWhatIsForeign(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	for _, text := range []string{
		long + "\n",
		"#EXTM3U\n" + long + "\n",
		"#EXTM3U\n#EXTINF:" + long + "\n",
		"#EXTM3U\n#EXT-X-MAP:" + long + "\n",
		"#EXTM3U\n#EXT-X-MAP:" + long + "=\"\n",
		"#EXTM3U\n#EXT-X-MAP:URI=\"\"" + long + "\n",
	} {
		if _, err := ParseMedia([]byte(text)); err == nil || len(err.Error()) > 400 {
			t.Errorf("got an error of %d bytes: %.60s", len(err.Error()), err)
		}
	}
}

func TestIsMultivariant(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"live media playlist", live, false},
		{"variants", variants, true},
		{"variants with CRLF", strings.ReplaceAll(variants, "\n", "\r\n"), true},
		{"tag within a line", "#EXTM3U\n# #EXT-X-STREAM-INF:\n", false},
		{"nothing", "", false},
	} {
		if got := IsMultivariant([]byte(c.text)); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(",A" + strings.Repeat("B", i+1) + "=1")
	}
	return b.String()
}

func parse(t *testing.T, text string) *MediaPlaylist {
	t.Helper()
	p, err := ParseMedia([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
