package m3u8

import (
	"fmt"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	head  = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
	first = head + "#EXT-X-MEDIA-SEQUENCE:0\n" // how the writer begins
	seg   = "#EXTINF:2,\na\n"
)

// oddMedia are playlists that deviate from the RFC in ways that players accept, with the
// playlist as it is encoded again and the oddity that is noted, empty for no oddity.
var oddMedia = []struct{ name, text, want, oddity string }{
	// Around the playlist.
	{"a byte order mark", "\ufeff#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n", first + seg, "the text before it is ignored"},
	{"blank lines before it", "\n \r\n#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n", first + seg, "line 3: EXTM3U"},
	{"spaces before it", "  #EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n", first + seg, "the text before it is ignored"},
	{"attributes of the first line", "#EXTM3U x-tvg-url=\"u\"\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n", first + seg, `line 1: EXTM3U " x-tvg-url=\"u\""`},
	{"the first line twice", head + "#EXTM3U\n" + seg, first + seg, "line 3: EXTM3U \"\": it appears twice"},
	{"no last line end", head + "#EXTINF:2,\na", first + seg, "line 4: last line \"\": it has no line end"},
	{"no last line end behind a tag", head + seg + "#EXT-X-DISCONTINUITY", first + seg + "#EXT-X-DISCONTINUITY\n", "it has no line end"},
	{"no last line end behind the end", head + seg + "#EXT-X-ENDLIST", first + seg + "#EXT-X-ENDLIST\n", "it has no line end"},
	{"no last line end behind a comment", head + seg + "# end", first + seg, "it has no line end"},
	{"CR alone", "#EXTM3U\r#EXT-X-TARGETDURATION:2\r#EXTINF:2,\ra\r", first + seg, ""},
	{"NULs at its end", head + seg + "\x00\x00\x00", first + seg, "it has no line end"},
	{"spaces before lines", head + " #EXTINF:2,\n\t a\n", first + seg, "line 3: line"},
	{"comments of any bytes", head + "#\x00\xff\x1b\n" + seg, first + seg, ""},
	{"a title that is Latin-1", head + "#EXTINF:2,caf\xe9\na\n", first + "#EXTINF:2,caf\xe9\na\n", "it is not UTF-8"},
	{"a URI that is Latin-1", head + "#EXTINF:2,\ncaf\xe9\n", first + "#EXTINF:2,\ncaf\xe9\n", "it is not UTF-8"},
	{"control characters in a title", head + "#EXTINF:2,\x1b[2J\x00x\na\n", first + "#EXTINF:2, [2J x\na\n", "a control character is read as a blank"},

	// Tags of the whole playlist.
	{"a version that is none", head + "#EXT-X-VERSION:x\n" + seg, first + seg, "it is not a version"},
	{"a version with a fraction", head + "#EXT-X-VERSION:3.0\n" + seg, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n" + seg, "only its leading whole number is read"},
	{"version twice", head + "#EXT-X-VERSION:3\n#EXT-X-VERSION:4\n" + seg, "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n" + seg, "it appears twice"},
	{"a target duration of 2.0", "#EXTM3U\n#EXT-X-TARGETDURATION:2.0\n" + seg, first + seg, "it is rounded up"},
	{"a target duration of 1.2", "#EXTM3U\n#EXT-X-TARGETDURATION: 1.2 s\n" + seg, first + seg, "it is rounded up"},
	{"a target duration in quotes", "#EXTM3U\n#EXT-X-TARGETDURATION:\"2\"\n" + seg, first + seg, "it is rounded up"},
	{"target duration twice", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-TARGETDURATION:2\n" + seg, first + seg, "it appears twice"},
	{"no target duration", "#EXTM3U\n#EXTINF:2.4,\na\n", first + "#EXTINF:2.4,\na\n", "it is 2 by the durations of the segments"},
	{"no target duration, and short segments", "#EXTM3U\n#EXTINF:0.2,\na\n", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:0.2,\na\n", "it is 1 by"},
	{"target duration 0", "#EXTM3U\n#EXT-X-TARGETDURATION:0\n" + seg, first + seg, "it is 2 by"},
	{"a negative target duration", "#EXTM3U\n#EXT-X-TARGETDURATION:-1\n" + seg, first + seg, "it is 2 by"},
	{"a target duration that is none", "#EXTM3U\n#EXT-X-TARGETDURATION:x\n" + seg, first + seg, "it is 2 by"},
	{"an endless target duration", "#EXTM3U\n#EXT-X-TARGETDURATION:99999999999999999999\n" + seg, first + seg, "it is 2 by"},
	{"no duration anywhere", "#EXTM3U\n#EXT-X-TARGETDURATION:x\na\n", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\na\n", "it is 1 by"},
	{"a space before the media sequence", head + "#EXT-X-MEDIA-SEQUENCE: 12\n" + seg, head + "#EXT-X-MEDIA-SEQUENCE:12\n" + seg, "only its leading whole number is read"},
	{"a media sequence of 12.0", head + "#EXT-X-MEDIA-SEQUENCE:12.0\n" + seg, head + "#EXT-X-MEDIA-SEQUENCE:12\n" + seg, "only its leading whole number is read"},
	{"a media sequence in quotes", head + "#EXT-X-MEDIA-SEQUENCE:\"12\"\n" + seg, head + "#EXT-X-MEDIA-SEQUENCE:12\n" + seg, "only its leading whole number is read"},
	{"media sequence twice", head + "#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-MEDIA-SEQUENCE:12\n" + seg, head + "#EXT-X-MEDIA-SEQUENCE:12\n" + seg, "it appears twice"},
	{"media sequence behind the segments", head + seg + "#EXT-X-MEDIA-SEQUENCE:12\n", head + "#EXT-X-MEDIA-SEQUENCE:12\n" + seg, "it stands after a segment"},
	{"a negative media sequence", head + "#EXT-X-MEDIA-SEQUENCE:-1\n" + seg, first + seg, "it is not a number, or is negative"},
	{"a media sequence of 64 bits", head + "#EXT-X-MEDIA-SEQUENCE:9223372036854775820\n" + seg, head + "#EXT-X-MEDIA-SEQUENCE:12\n" + seg, "only its leading whole number is read"},
	{"a media sequence that leaves no room", head + "#EXT-X-MEDIA-SEQUENCE:9223372036854775807\n" + seg, head + "#EXT-X-MEDIA-SEQUENCE:4611686018427387903\n" + seg, "its low bits are used"},
	{"discontinuity sequence behind the segments", head + seg + "#EXT-X-DISCONTINUITY-SEQUENCE:7\n", first + "#EXT-X-DISCONTINUITY-SEQUENCE:7\n" + seg, "it stands after a segment"},
	{"a playlist type in lower case", head + "#EXT-X-PLAYLIST-TYPE: event\n" + seg, first + "#EXT-X-PLAYLIST-TYPE:EVENT\n" + seg, "it is read as EVENT"},
	{"an end in the middle, twice", head + seg + "#EXT-X-ENDLIST \n" + seg + "#EXT-X-ENDLIST\n", first + seg + seg + "#EXT-X-ENDLIST\n", "it appears twice"},
	{"a start of -6.0s", head + "#EXT-X-START:TIME-OFFSET=-6.0s\n" + seg, first + "#EXT-X-START:TIME-OFFSET=-6\n" + seg, "only its leading number is read"},
	{"a start that is none", head + "#EXT-X-START:TIME-OFFSET=x\n" + seg, first + seg, "it has no TIME-OFFSET and is ignored"},
	{"a start that is precisely so", head + "#EXT-X-START:TIME-OFFSET=\"1\",PRECISE=yes\n" + seg, first + "#EXT-X-START:TIME-OFFSET=1\n" + seg, "it is read as NO"},
	{"a server control that promises nothing", head + "#EXT-X-SERVER-CONTROL:HOLD-BACK=-1,PART-HOLD-BACK=x,CAN-SKIP-UNTIL=12s\n" + seg, head + "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=12\n#EXT-X-MEDIA-SEQUENCE:0\n" + seg, "a negative duration is ignored"},
	{"part information that is more", head + "#EXT-X-PART-INF:PART-TARGET=1,X=1,\n" + seg, first + "#EXT-X-PART-INF:PART-TARGET=1,X=1,\n" + seg, "an attribute is missing"},
	{"tags of multivariant playlists", head + "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"a\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + seg, first + seg, "a tag of multivariant playlists"},

	// Of a segment.
	{"a duration of whole seconds", head + "#EXTINF:2\na\n", first + seg, ""},
	{"two commas", head + "#EXTINF:2,5,\na\n", first + "#EXTINF:2,5,\na\n", ""},
	{"attributes of EXTINF", head + "#EXTINF:2.000 kind=\"x,y\",A title\na\n", first + "#EXTINF:2,A title\na\n", "the text between its duration and the comma"},
	{"a quote of EXTINF without an end", head + "#EXTINF:2 \"x,A title\na\n", first + "#EXTINF:2,A title\na\n", "the text between its duration and the comma"},
	{"a unit", head + "#EXTINF:2.0s,\na\n", first + seg, "the text between its duration and the comma"},
	{"scientific notation", head + "#EXTINF:+2.0e0,t\na\n", first + "#EXTINF:2,t\na\n", "not written as a decimal number"},
	{"a duration that is none", head + "#EXTINF:x,t\na\n", first + "#EXTINF:2,t\na\n", "line 3: EXTINF \"x,t\": it has no duration"},
	{"a negative duration", head + "#EXTINF:-1,t\na\n", first + "#EXTINF:2,t\na\n", "no duration"},
	{"an endless duration", head + "#EXTINF:1e9,t\na\n", first + "#EXTINF:2,t\na\n", "no duration"},
	{"a duration that is not a number", head + "#EXTINF:NaN,t\na\n", first + "#EXTINF:2,t\na\n", "no duration"},
	{"a duration beyond a day", head + "#EXTINF:86400.1,t\na\n", first + "#EXTINF:2,t\na\n", "no duration"},
	{"a URI without EXTINF", head + "a\n" + seg, first + seg + seg, "line 3: URI \"a\": it has no EXTINF"},
	{"EXTINF twice", head + "#EXTINF:9,x\n#EXTINF:2,\na\n", first + seg, "the one before has no URI"},
	{"a date with a comma", head + "#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:23:45,5Z\n" + seg, first + "#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:23:45.500Z\n" + seg, ""},
	{"a date with a space", head + "#EXT-X-PROGRAM-DATE-TIME: 2024-04-05 11:23:45.5 +02:00\n" + seg, first + "#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:23:45.500+02:00\n" + seg, "not in the form of ISO 8601"},
	{"a date in basic format", head + "#EXT-X-PROGRAM-DATE-TIME:20240405t112345z\n" + seg, first + "#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:23:45.000Z\n" + seg, "not in the form of ISO 8601"},
	{"a date that is none", head + "#EXT-X-PROGRAM-DATE-TIME:yesterday\n" + seg, first + seg, "it is not a date"},
	{"a bit rate with a unit", head + "#EXT-X-BITRATE:900k\n" + seg, first + "#EXT-X-BITRATE:900\n" + seg, "only its leading whole number is read"},
	{"a bit rate that is none", head + "#EXT-X-BITRATE:x\n" + seg, first + seg, "it is not a bit rate"},
	{"a byte range with blanks", head + "#EXT-X-BYTERANGE: 10 @ \"5\"\n" + seg, first + "#EXTINF:2,\n#EXT-X-BYTERANGE:10@5\na\n", "only its leading whole numbers are read"},
	{"a byte range that is none, of no segment", head + seg + "#EXT-X-BYTERANGE:x\n", first + seg + "#EXT-X-BYTERANGE:x\n", ""},
	{"a discontinuity twice", head + "#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY\n" + seg, first + "#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-DISCONTINUITY\n" + seg, "it counts once"},
	{"a map without a URI", head + "#EXT-X-MAP:BYTERANGE=\"1@2\"\n" + seg, first + seg, "it has no URI and is ignored"},
	{"a map of careless hands", head + "#EXT-X-MAP: uri = i.mp4 , BYTERANGE=7@0,,X=y\"z,\n" + seg, first + "#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"7@0\",X=yz\n" + seg, "is read in capitals"},
	{"a quote without an end", head + "#EXT-X-MAP:URI=\"i\n" + seg, first + "#EXT-X-MAP:URI=\"i\"\n" + seg, "is not closed"},
	{"text behind a quoted string", head + "#EXT-X-MAP:URI=\"i\"b,X=1\n" + seg, first + "#EXT-X-MAP:URI=\"i\",X=1\n" + seg, "is not closed"},
	{"a key in lower case", head + "#EXT-X-KEY:METHOD=none\n" + seg, first + "#EXT-X-KEY:METHOD=NONE\n" + seg, "it is read in capitals"},
	{"a key without a URI", head + "#EXT-X-KEY:METHOD=AES-128\n" + seg, first + "#EXT-X-KEY:METHOD=AES-128\n" + seg, "it has no URI"},
	{"a key without a method", head + "#EXT-X-KEY:URI=\"k\",IV=\"0x1\"\n" + seg, first + "#EXT-X-KEY:URI=\"k\",IV=0x1\n" + seg, "it has no METHOD"},
	{"a key that is nothing", head + "#EXT-X-KEY:\n" + seg, first + "#EXT-X-KEY:\n" + seg, "an attribute is missing"},
	{"a key with an attribute twice", head + "#EXT-X-KEY:METHOD=NONE,METHOD=AES-128,URI=\"k\"\n" + seg, first + "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n" + seg, "an attribute appears twice"},
	{"a DATERANGE without quotes", head + "#EXT-X-DATERANGE:ID=ad 1,START-DATE=2026-11-28T23:00:00Z\n" + seg, first + "#EXT-X-DATERANGE:ID=ad 1,START-DATE=2026-11-28T23:00:00Z\n" + seg, ""},
	{"a DATERANGE with blanks, to the letter", head + "#EXT-X-DATERANGE: ID = \"a\" , X=1,\n" + seg, first + "#EXT-X-DATERANGE: ID = \"a\" , X=1,\n" + seg, "an attribute is missing"},
	{"a DATERANGE of no attributes, to the letter", head + "#EXT-X-DATERANGE:nonsense\n" + seg, first + "#EXT-X-DATERANGE:nonsense\n" + seg, "the parts of it that are not NAME=VALUE"},
	{"more than 128 attributes, to the letter", head + "#EXT-X-DATERANGE:" + manyAttributes(200) + "\n" + seg, first + "#EXT-X-DATERANGE:" + manyAttributes(200) + "\n" + seg, "too many attributes"},
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "A%d=1,", i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func TestMediaPlaylistsThatPlayersBear(t *testing.T) {
	for _, c := range oddMedia {
		t.Run(c.name, func(t *testing.T) {
			p := parse(t, c.text)
			if got, want := string(p.Encode()), c.want; got != want {
				t.Errorf("got\n%q\nwant\n%q", got, want)
			}
			expectOddity(t, p.Oddities, c.oddity)
			if _, err := ParseMediaStrictly([]byte(c.text)); (err == nil) != (c.oddity == "") {
				t.Errorf("strictly: got %v, oddities %q", err, p.Oddities)
			}
		})
	}
}

func TestADateRangeHasItsAttributesHoweverItIsWritten(t *testing.T) {
	p := parse(t, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-DATERANGE: ID = \"a\" , X=1,\n#EXTINF:2,\na\n")
	want := []DateRange{{Attributes: []Attribute{{"ID", "a", true}, {"X", "1", false}}, Text: ` ID = "a" , X=1,`}}
	if got := p.Segments[0].DateRanges; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestOfOneKindOfOddityTheFirstIsTold(t *testing.T) {
	text := "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
	for i := range 50 {
		text += fmt.Sprintf("#EXTINF:2 n=%d,\na\n", i)
	}
	if got := parse(t, text).Oddities; len(got) != 1 || !strings.HasPrefix(got[0], "line 3: EXTINF \"2 n=0,\"") {
		t.Errorf("got %q, want one, of line 3", got)
	}
	for i := range 50 {
		text += fmt.Sprintf("#EXT-X-START:TIME-OFFSET=1\n#EXT-X-SERVER-CONTROL:A%d=\"\n#EXT-X-KEY:B\n#EXT-X-MAP:C\n#EXT-X-BITRATE:x\n#EXTINF:x\na\n", i)
	}
	if got := parse(t, text).Oddities; len(got) != maxOddities {
		t.Errorf("got %d, want %d: %q", len(got), maxOddities, got)
	}
}

func TestAFirstMediaSequenceThatIsGoodStays(t *testing.T) {
	p := parse(t, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-TARGETDURATION:x\n#EXT-X-MEDIA-SEQUENCE:5\n#EXT-X-MEDIA-SEQUENCE:x\n#EXTINF:2,\na\n")
	if p.TargetDuration != 2 || p.MediaSequence != 5 {
		t.Errorf("got target duration %d and media sequence %d, want 2 and 5", p.TargetDuration, p.MediaSequence)
	}
}

func TestLowLatency(t *testing.T) {
	for _, c := range []struct {
		name, text            string
		parts, skips, defines bool
		last                  int
	}{
		{"none of it", head + seg, false, false, false, -1},
		{"part information", head + "#EXT-X-PART-INF:PART-TARGET=0.4\n" + seg, true, false, false, -1},
		{"part information that is odd", head + "#EXT-X-PART-INF:PART-TARGET=0\n" + seg, true, false, false, -1},
		{"parts of a whole segment", head + "#EXT-X-PART:URI=\"p\"\n" + seg, true, false, false, -1},
		{"an open segment", head + seg + "#EXT-X-GAP\n#EXT-X-PART:URI=\"p\"\n#EXT-X-B\n#EXT-X-PART:URI=\"q\"\n#EXT-X-PRELOAD-HINT:TYPE=PART\n", true, false, false, 1},
		{"a hint alone", head + seg + "#EXT-X-PRELOAD-HINT:TYPE=PART\n", true, false, false, -1},
		{"a tag that begins so", head + seg + "#EXT-X-PARTY\n#EXT-X-SKIPS\n#EXT-X-DEFINED\n", false, false, false, -1},
		{"a delta update", head + "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n" + seg, false, true, false, -1},
		{"variables", head + seg + "#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"\n", false, false, true, -1},
	} {
		p := parse(t, c.text)
		if p.Parts() != c.parts || p.LastPart() != c.last || p.Skips() != c.skips || p.Defines() != c.defines {
			t.Errorf("%s: got parts %t, last %d, skips %t, defines %t, want %t, %d, %t, %t", c.name, p.Parts(), p.LastPart(), p.Skips(), p.Defines(), c.parts, c.last, c.skips, c.defines)
		}
	}
}

func TestSucceed(t *testing.T) {
	one, two, other := Key{Method: "AES-128", URI: "1"}, Key{Method: "AES-128", URI: "2"}, Key{Method: "SAMPLE-AES", URI: "1", KeyFormat: "f"}
	for _, c := range []struct {
		name              string
		keys, newer, want []Key
	}{
		{"nothing", nil, nil, nil},
		{"nothing newer", []Key{one}, nil, []Key{one}},
		{"of the same format", []Key{one, other}, []Key{two}, []Key{other, two}},
		{"none", []Key{one, other}, []Key{{Method: "NONE"}}, nil},
		{"none, then one", []Key{one}, []Key{{Method: "NONE"}, other}, []Key{other}},
		{"one that says nothing", []Key{one}, []Key{{URI: "x"}}, []Key{one}},
	} {
		if got := Succeed(c.keys, c.newer); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	with := one
	with.Unknown = []Attribute{{"A", "1", false}}
	if !one.Equal(one) || !with.Equal(with) || one.Equal(two) || one.Equal(with) {
		t.Error("keys: got other than that each is equal to itself alone")
	}
}

func TestALongLineIsReadInTime(t *testing.T) {
	before := worked(t)
	for _, c := range []string{",", "=", "\"", "a=\"b\"", "\x00,", "a=,"} {
		line := "#EXT-X-DATERANGE:" + strings.Repeat(c, maxLine/len(c)-20)
		if _, err := ParseMedia([]byte(live + line + "\n")); err != nil {
			t.Fatal(err)
		}
		Rewrite([]byte(live+"#EXT-X-MAP:"+line+"\n"), strings.ToUpper)
	}
	if took := worked(t) - before; took > 5*time.Second {
		t.Errorf("took %s, want milliseconds", took)
	}
}

// worked is how long this process has kept a processor busy: a busy machine adds
// nothing to it.
func worked(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
