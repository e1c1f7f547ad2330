package m3u8

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// variants holds one of each tag of a multivariant playlist.
const variants = `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-START:TIME-OFFSET=-6
#EXT-X-CONTENT-STEERING:SERVER-URI="/steer"
#EXT-X-SESSION-DATA:DATA-ID="com.example.title",VALUE="A, B",LANGUAGE="en"
#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI="skd://1",KEYFORMAT="com.apple.streamingkeydelivery"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aud",NAME="English",LANGUAGE="en",ASSOC-LANGUAGE="fr",DEFAULT=YES,AUTOSELECT=YES,CHARACTERISTICS="public.easy-to-read",CHANNELS="2",URI="en.m3u8",STABLE-RENDITION-ID="e"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="cc",NAME="CC",FORCED=YES,INSTREAM-ID="CC1"
#EXT-X-STREAM-INF:BANDWIDTH=2500000,AVERAGE-BANDWIDTH=2000000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=25.000,HDCP-LEVEL=NONE,AUDIO="aud",CLOSED-CAPTIONS="cc",VIDEO-RANGE=SDR
720p.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=800000,VIDEO="v",SUBTITLES="s",CLOSED-CAPTIONS=NONE
360p.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,RESOLUTION=320x180,URI="iframes.m3u8"
`

func TestParseMultivariantReadsEveryField(t *testing.T) {
	p, err := ParseMultivariant([]byte(variants))
	if err != nil {
		t.Fatal(err)
	}
	want := &MultivariantPlaylist{
		Version: 6, IndependentSegments: true, Start: &Start{TimeOffset: -6e9},
		Renditions: []Rendition{
			{
				Type: "AUDIO", GroupID: "aud", Name: "English", Language: "en", AssocLanguage: "fr", Default: true, AutoSelect: true,
				Characteristics: "public.easy-to-read", Channels: "2", URI: "en.m3u8",
				Unknown: []Attribute{{"STABLE-RENDITION-ID", "e", true}},
			},
			{Type: "CLOSED-CAPTIONS", GroupID: "cc", Name: "CC", Forced: true, InstreamID: "CC1"},
		},
		Variants: []Variant{
			{
				URI: "720p.m3u8", Bandwidth: 2500000, AverageBandwidth: 2000000, Codecs: "avc1.64001f,mp4a.40.2", Resolution: "1280x720",
				FrameRate: "25.000", HDCPLevel: "NONE", Audio: "aud", ClosedCaptions: "cc",
				Unknown: []Attribute{{"VIDEO-RANGE", "SDR", false}},
			},
			{URI: "360p.m3u8", Bandwidth: 800000, Video: "v", Subtitles: "s", ClosedCaptions: "NONE"},
		},
		IFrames:     []Variant{{URI: "iframes.m3u8", Bandwidth: 90000, Resolution: "320x180"}},
		SessionKeys: []Key{{Method: "SAMPLE-AES", URI: "skd://1", KeyFormat: "com.apple.streamingkeydelivery"}},
		SessionData: [][]Attribute{{{"DATA-ID", "com.example.title", true}, {"VALUE", "A, B", true}, {"LANGUAGE", "en", true}}},
		Unknown:     []Tag{`#EXT-X-CONTENT-STEERING:SERVER-URI="/steer"`},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
	if got := string(p.Encode()); got != variants {
		t.Errorf("encoded, got\n%s\nwant\n%s", got, variants)
	}
}

func TestMultivariantPlaylistsThatAreRefused(t *testing.T) {
	const head = "#EXTM3U\n"
	for _, c := range []struct {
		name, text, want string
		truncated        bool
	}{
		{"nothing", "", `playlist line 1: "" instead of #EXTM3U: it is truncated`, true},
		{"no variant", head, "playlist lists no variant", false},
		{"a variant's URI is lost", head + "#EXT-X-STREAM-INF:BANDWIDTH=1\n", "playlist ends with an EXT-X-STREAM-INF without its URI: it is truncated", true},
		{"a segment in it", head + "#EXTINF:2,\na.ts\n", `playlist line 2: bad EXTINF "2,": a segment in a multivariant playlist`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseMultivariant([]byte(c.text))
			if err == nil || err.Error() != c.want || errors.Is(err, ErrTruncated) != c.truncated {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// oddVariants are like oddMedia, without their first line; @ is the tag of a variant.
var oddVariants = []struct{ name, text, want, oddity string }{
	{"no last line end", "@\nv", "@\nv\n", `line 3: last line "": it has no line end: the playlist is truncated, or was written like this`},
	{"I-frames of bandwidth 0", "@\nv\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=0,AVERAGE-BANDWIDTH=1,URI=\"i\"\n", "@\nv\n#EXT-X-I-FRAME-STREAM-INF:AVERAGE-BANDWIDTH=1,URI=\"i\"\n", `it has no BANDWIDTH, or 0`},
	{"I-frames without a URI", "@\nv\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1\n", "@\nv\n", `it has no URI and is ignored`},
	{"a negative average", "@,AVERAGE-BANDWIDTH=-1000\nv\n", "@\nv\n", `line 2: EXT-X-STREAM-INF, AVERAGE-BANDWIDTH "-1000": it is not a whole number and is ignored`},
	{"a bandwidth with a fraction", "#EXT-X-STREAM-INF:BANDWIDTH=1.5\nv\n", "@\nv\n", `only its leading whole number is read`},
	{"no bandwidth", "#EXT-X-STREAM-INF:CODECS=\"a\"\nv\n", "#EXT-X-STREAM-INF:CODECS=\"a\"\nv\n", `it has no BANDWIDTH, or 0`},
	{"no attributes", "#EXT-X-STREAM-INF:\nv\n", "#EXT-X-STREAM-INF:\nv\n", `an attribute is missing`},
	{"a comma too many", "@,\nv\n", "@\nv\n", `an attribute is missing`},
	{"an attribute twice", "@,BANDWIDTH=1\nv\n", "@\nv\n", `an attribute appears twice; the last one counts`},
	{"an attribute in lower case", "#EXT-X-STREAM-INF:bandwidth=1\nv\n", "@\nv\n", `the name of an attribute is read in capitals`},
	{"a rendition without a group", "#EXT-X-MEDIA:TYPE=SUBTITLES,NAME=\"en\",URI=\"s\"\n@\nv\n", "#EXT-X-MEDIA:TYPE=SUBTITLES,NAME=\"en\",URI=\"s\"\n@\nv\n", `it has no TYPE or no GROUP-ID`},
	{"a rendition of a type of its own", "#EXT-X-MEDIA:TYPE=SMELL,GROUP-ID=\"g\"\n@\nv\n", "#EXT-X-MEDIA:TYPE=SMELL,GROUP-ID=\"g\"\n@\nv\n", ""},
	{"another's URI is lost", "#EXT-X-STREAM-INF:BANDWIDTH=2\n@\nv\n", "@\nv\n", `the one before has no URI and is ignored`},
	{"a URI alone", "x\n@\nv\n", "@\nv\n", `line 2: URI "x": it has no EXT-X-STREAM-INF and is ignored`},
	{"comments and blank lines before a URI", "@\n\n# x\n\nv\n", "@\nv\n", ""},
	{"a session key without a URI", "#EXT-X-SESSION-KEY:METHOD=AES-128\n@\nv\n", "#EXT-X-SESSION-KEY:METHOD=AES-128\n@\nv\n", `it has no URI`},
	{"version twice", "#EXT-X-VERSION:3\n#EXT-X-VERSION:4\n@\nv\n", "#EXT-X-VERSION:4\n@\nv\n", `line 3: EXT-X-VERSION "4": it appears twice; the last one counts`},
	{"a tag of media playlists", "#EXT-X-TARGETDURATION:2\n@\nv\n#EXT-X-ENDLIST\n", "@\nv\n", `a tag of media playlists in a multivariant playlist is ignored`},
	{"an unknown tag", "#EXT-X-A:1\n@\n#EXT-X-B\nv\n", "#EXT-X-A:1\n#EXT-X-B\n@\nv\n", ""},
	{"a start without an offset", "#EXT-X-START:PRECISE=YES\n@\nv\n", "@\nv\n", `it has no TIME-OFFSET and is ignored`},
	{"CR", "@\rv\r", "@\nv\n", ""},
}

func oddVariant(lines string) string {
	return "#EXTM3U\n" + strings.ReplaceAll(lines, "@", "#EXT-X-STREAM-INF:BANDWIDTH=1")
}

func TestMultivariantPlaylistsThatPlayersBear(t *testing.T) {
	for _, c := range oddVariants {
		t.Run(c.name, func(t *testing.T) {
			p, err := ParseMultivariant([]byte(oddVariant(c.text)))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := string(p.Encode()), oddVariant(c.want); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			expectOddity(t, p.Oddities, c.oddity)
		})
	}
}

// expectOddity fails unless an oddity contains want, or there are no oddities when that
// is empty.
func expectOddity(t *testing.T, got []string, want string) {
	t.Helper()
	if want == "" && len(got) > 0 || want != "" && (len(got) == 0 || !strings.Contains(strings.Join(got, "\n"), want)) {
		t.Errorf("oddities: got %q, want %q", got, want)
	}
}

func TestSlotsOfTwoSessionsHaveTheSameNames(t *testing.T) {
	one, err := ParseMultivariant([]byte(variants + "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,RESOLUTION=320x180,URI=\"other.m3u8\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	slots := one.Slots()
	var got []string
	for _, s := range slots {
		got = append(got, string(s.Kind)+" "+s.URI)
	}
	want := []string{"rendition en.m3u8", "variant 720p.m3u8", "variant 360p.m3u8", "iframe iframes.m3u8", "iframe other.m3u8"}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	if want := slots[3].Name + " #2"; slots[4].Name != want {
		t.Errorf("the second of two equals: got %s, want %s", slots[4].Name, want)
	}
	two, err := ParseMultivariant(Rewrite(one.Encode(), func(uri string) string { return "s2/" + uri }))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range two.Slots() {
		if s.Kind != slots[i].Kind || s.Name != slots[i].Name || s.URI != "s2/"+slots[i].URI {
			t.Errorf("got %+v, want the name of %+v", s, slots[i])
		}
	}
}
