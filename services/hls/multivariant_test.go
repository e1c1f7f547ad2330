package hls

import (
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
	for _, c := range []struct{ name, text, want string }{
		{"truncated", strings.TrimSuffix(variants, "\n"), "playlist is truncated: its last line has no end"},
		{"no variant", head, "playlist lists no variant"},
		{"a variant's URI is lost", head + "#EXT-X-STREAM-INF:BANDWIDTH=1\n", "playlist ends with an EXT-X-STREAM-INF without its URI"},
		{"another's URI is lost", head + "#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-STREAM-INF:BANDWIDTH=2\na\n", `playlist line 3: bad EXT-X-STREAM-INF "BANDWIDTH=2": the one before has no URI`},
		{"a URI alone", head + "a.m3u8\n", `playlist line 2: URI "a.m3u8" without its EXT-X-STREAM-INF`},
		{"no bandwidth", head + "#EXT-X-STREAM-INF:CODECS=\"a\"\na\n", `playlist line 2: bad EXT-X-STREAM-INF "CODECS=\"a\"": no BANDWIDTH, or 0`},
		{"a bandwidth that is none", head + "#EXT-X-STREAM-INF:BANDWIDTH=1.5\na\n", `playlist line 2: bad EXT-X-STREAM-INF "BANDWIDTH=1.5": attribute BANDWIDTH: not a whole number`},
		{"I-frames without a URI", head + "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1\n", `playlist line 2: bad EXT-X-I-FRAME-STREAM-INF "BANDWIDTH=1": no URI`},
		{"a rendition without a group", head + "#EXT-X-MEDIA:TYPE=AUDIO\n", `playlist line 2: bad EXT-X-MEDIA "TYPE=AUDIO": no TYPE or no GROUP-ID`},
		{"version twice", head + "#EXT-X-VERSION:3\n#EXT-X-VERSION:3\n", `playlist line 3: bad EXT-X-VERSION "3": it is there twice`},
		{"a segment in it", head + "#EXTINF:2,\na.ts\n", `playlist line 2: bad EXTINF "2,": a tag of media playlists in a multivariant playlist`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseMultivariant([]byte(c.text))
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
