package m3u8

import (
	"errors"
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
				DateRanges: []DateRange{{Attributes: []Attribute{{"ID", "ad", true}, {"START-DATE", "2024-04-05T11:23:45Z", true}, {"DURATION", "30.5", false}}}},
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
	for _, c := range []struct {
		name, text            string
		header, first, second []Tag
		trailing              []Tag
	}{
		{"before the first segment", head + "#EXT-X-CUE-OUT:6\n#EXT-X-A:1\n#EXTINF:2,\n0\n", nil, []Tag{"#EXT-X-CUE-OUT:6", "#EXT-X-A:1"}, nil, nil},
		{"a vendor's, which need not begin with EXT", head + "#ACME-SEGMENT:1\n#EXTINF:2,\n0\n#ACME-AD\n#EXTINF:2,\n1\n", nil, []Tag{"#ACME-SEGMENT:1"}, []Tag{"#ACME-AD"}, nil},
		{"comments", head + "# Created by hand\n#Created: 1\n#NOTE\n##A:1\n#EXTINF:2,\n0\n", nil, nil, nil, nil},
		{"of the whole playlist", head + "#EXT-X-A:1\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXTINF:2,\n0\n#EXT-X-ALLOW-CACHE:NO\n#EXTINF:2,\n1\n", []Tag{"#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"", "#EXT-X-SKIP:SKIPPED-SEGMENTS=3", "#EXT-X-ALLOW-CACHE:NO"}, []Tag{"#EXT-X-A:1"}, nil, nil},
		{"after a tag of the first segment", head + "#EXT-X-GAP\n#EXT-X-A:1\n#EXTINF:2,\n0\n", nil, []Tag{"#EXT-X-A:1"}, nil, nil},
		{"a part of the first segment", head + "#EXT-X-PART:A=1\n#EXT-X-B\n#EXTINF:2,\n0\n", nil, []Tag{"#EXT-X-PART:A=1", "#EXT-X-B"}, nil, nil},
		{"between two segments", head + "#EXTINF:2,\n0\n#EXT-X-A:1\n#EXTINF:2,\n1\n", nil, nil, []Tag{"#EXT-X-A:1"}, nil},
		{"after the last segment, with known ones", head + "#EXTINF:2,\n0\n#EXT-X-A:1\n#EXT-X-GAP\n", nil, nil, nil, []Tag{"#EXT-X-A:1", "#EXT-X-GAP"}},
		{"dates behind the last segment, as they are written", head + "#EXTINF:2,\n0\n#EXT-X-DATERANGE:ID=\"a\" ,B=1,\n", nil, nil, nil, []Tag{"#EXT-X-DATERANGE:ID=\"a\" ,B=1,"}},
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

func TestMediaPlaylistsWithoutOddities(t *testing.T) {
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
		t.Run(name, func(t *testing.T) {
			if _, err := ParseMediaStrictly([]byte(text)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMediaPlaylistsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		truncated        bool
	}{
		{"empty body", "", `playlist line 1: "" instead of #EXTM3U: it is truncated`, true},
		{"blank lines", "\n \n", `playlist line 2: "" instead of #EXTM3U: it is truncated`, true},
		{"cut in the first line", "#EXTM", `playlist line 1: "#EXTM" instead of #EXTM3U: it is truncated`, true},
		{"HTML", "<html>\n<body>502</body>\n", `playlist line 1: "<html>" instead of #EXTM3U`, false},
		{"text before it", "x\n" + live, `playlist line 1: "x" instead of #EXTM3U`, false},
		{"cut after EXTINF", strings.TrimSuffix(live, "882001236.m4s\n"), "playlist ends with an EXTINF without its URI: it is truncated", true},
		{"cut in EXTINF", strings.TrimSuffix(live, ",\n882001236.m4s\n"), "playlist ends with an EXTINF without its URI: it is truncated", true},
		{"cut in a tag", head + seg + "#EXT-X-PROG", `playlist line 5: "#EXT-X-PROG" is not a tag: it is truncated`, true},
		{"cut before the target duration", "#EXTM3U\n", "playlist has no EXT-X-TARGETDURATION: it is truncated", true},
		{"URIs alone", "#EXTM3U\na.ts\n", "playlist has neither EXT-X-TARGETDURATION nor EXTINF", false},
		{"a variant in it", head + "#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n", `playlist line 4: URI "v.m3u8" of a variant in a media playlist`, false},
		{"a variant alone", variants, `playlist line 11: URI "720p.m3u8" of a variant in a media playlist`, false},
		{"a byte range that is none", head + "#EXT-X-BYTERANGE:x\n#EXTINF:2,\na\n", `playlist line 5: URI "a": bad EXT-X-BYTERANGE "x": length: not a whole number`, false},
		{"a byte range that overflows", head + "#EXT-X-BYTERANGE:2@9223372036854775806\n#EXTINF:2,\na\n", `offset: at most 9223372036854775805 is allowed`, false},
		{"a byte range of a map that is none", head + "#EXT-X-MAP:URI=\"i\",BYTERANGE=\"1@\"\n#EXTINF:2,\na\n", `playlist line 3: bad EXT-X-MAP "URI=\"i\",BYTERANGE=\"1@\"": attribute BYTERANGE: offset: not a whole number`, false},
		{"a NUL in a URI", head + "#EXTINF:2,\na\x00.ts\n", "playlist line 4: control character U+0000 in a URI", false},
		{"a line of more than 256 KiB", head + "#EXTINF:2,\n" + strings.Repeat("a", maxLine+1) + "\n", "playlist line 4: it has 262145 bytes, at most 262144 are allowed", false},
		{"more than 100000 segments", head + strings.Repeat("#EXTINF:1,\na\n", maxSegments+1), `playlist line 200004: more than 100000 segments`, false},
		{"more than 8 MiB", "#EXTM3U\n" + strings.Repeat("\n", MaxPlaylist), "playlist of 8388616 bytes: at most 8388608 are allowed", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseMedia([]byte(c.text))
			if err == nil || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if got := errors.Is(err, ErrTruncated); got != c.truncated {
				t.Errorf("truncated: got %t, want %t", got, c.truncated)
			}
		})
	}
}

func TestErrorsQuoteLittleForeignText(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	for _, text := range []string{
		long + "\n",
		"#EXTM3U\n" + long + "\n",
		live + "#EXTINF:" + long + "\na\n",
		live + "#EXT-X-MAP:" + long + "\n",
		live + "#EXT-X-MAP:" + long + "=\"\n",
		live + "#EXT-X-MAP:URI=\"\"" + long + "\n",
		live + "#EXT-X-KEY:METHOD=NONE,METHOD=" + long + "\n",
		live + "#EXT-X-SERVER-CONTROL:HOLD-BACK=" + long + "\n",
	} {
		if _, err := ParseMediaStrictly([]byte(text)); err == nil || len(err.Error()) > 400 {
			t.Errorf("got %.500v, want an error of 400 bytes at most", err)
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
		{"variants with CR, and spaces", strings.ReplaceAll(strings.ReplaceAll(variants, "\n", "\r"), "#EXT-X-STREAM", " #EXT-X-STREAM"), true},
		{"renditions alone", "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO\n", true},
		{"variants, and a tag of the other kind", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n", true},
		{"segments, and a tag of the other kind", "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO\n#EXTINF:2,\na\n", false},
		{"both, which a media playlist may not be either", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv\n#EXTINF:2,\na\n", false},
		{"tag within a line", "#EXTM3U\n# #EXT-X-STREAM-INF:\n", false},
		{"nothing", "", false},
	} {
		if got := IsMultivariant([]byte(c.text)); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}

func parse(t *testing.T, text string) *MediaPlaylist {
	t.Helper()
	p, err := ParseMedia([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
