package m3u8

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDrop(t *testing.T) {
	const head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
	for _, c := range []struct {
		name, before string
		n            int
		want         string
	}{
		{"none", head + "#EXT-X-MEDIA-SEQUENCE:5\n#EXTINF:2,\na\n", 0, head + "#EXT-X-MEDIA-SEQUENCE:5\n#EXTINF:2,\na\n"},
		{"more than there are", head + "#EXT-X-MEDIA-SEQUENCE:5\n#EXTINF:2,\na\n", 9, head + "#EXT-X-MEDIA-SEQUENCE:6\n"},
		{
			"discontinuities that slide out are counted, the one that leads is not",
			head + "#EXT-X-MEDIA-SEQUENCE:5\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXT-X-DISCONTINUITY\n#EXTINF:2,\na\n#EXTINF:2,\nb\n#EXT-X-DISCONTINUITY\n#EXTINF:2,\nc\n", 2,
			head + "#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-DISCONTINUITY-SEQUENCE:4\n#EXT-X-DISCONTINUITY\n#EXTINF:2,\nc\n",
		},
		{
			"the map, the bit rate and the date stay in force",
			head + "#EXT-X-MAP:URI=\"i\"\n#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:00:00Z\n#EXT-X-BITRATE:900\n#EXTINF:1.5,\na\n#EXTINF:2,\nb\n#EXTINF:2,\nc\n", 2,
			head + "#EXT-X-MEDIA-SEQUENCE:2\n#EXT-X-MAP:URI=\"i\"\n#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:00:03.500Z\n#EXT-X-BITRATE:900\n#EXTINF:2,\nc\n",
		},
		{
			"no date is reckoned over a discontinuity",
			head + "#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:00:00Z\n#EXTINF:2,\na\n#EXT-X-DISCONTINUITY\n#EXTINF:2,\nb\n", 1,
			head + "#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-DISCONTINUITY\n#EXTINF:2,\nb\n",
		},
		{
			"nor over one that is dropped",
			head + "#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:00:00Z\n#EXTINF:2,\na\n#EXT-X-DISCONTINUITY\n#EXTINF:2,\nb\n#EXTINF:2,\nc\n", 2,
			head + "#EXT-X-MEDIA-SEQUENCE:2\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXTINF:2,\nc\n",
		},
		{
			"keys stay in force, one of each format, the newest",
			head + "#EXT-X-KEY:METHOD=AES-128,URI=\"1\"\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"f1\",KEYFORMAT=\"f\"\n#EXTINF:2,\na\n#EXT-X-KEY:METHOD=AES-128,URI=\"2\"\n#EXTINF:2,\nb\n#EXTINF:2,\nc\n", 2,
			head + "#EXT-X-MEDIA-SEQUENCE:2\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"f1\",KEYFORMAT=\"f\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"2\"\n#EXTINF:2,\nc\n",
		},
		{
			"METHOD=NONE ends them",
			head + "#EXT-X-KEY:METHOD=AES-128,URI=\"1\"\n#EXTINF:2,\na\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:2,\nb\n#EXTINF:2,\nc\n", 2,
			head + "#EXT-X-MEDIA-SEQUENCE:2\n#EXTINF:2,\nc\n",
		},
		{
			"a byte range without an offset gets it",
			head + "#EXTINF:2,\n#EXT-X-BYTERANGE:100@50\na\n#EXTINF:2,\n#EXT-X-BYTERANGE:10\na\n#EXTINF:2,\n#EXT-X-BYTERANGE:20\na\n", 2,
			head + "#EXT-X-MEDIA-SEQUENCE:2\n#EXTINF:2,\n#EXT-X-BYTERANGE:20@160\na\n",
		},
		{
			"but not that of another resource",
			head + "#EXTINF:2,\n#EXT-X-BYTERANGE:100@50\na\n#EXTINF:2,\n#EXT-X-BYTERANGE:20\nb\n#EXTINF:2,\n#EXT-X-BYTERANGE:20\nb\n", 2,
			head + "#EXT-X-MEDIA-SEQUENCE:2\n#EXTINF:2,\n#EXT-X-BYTERANGE:20\nb\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parse(t, c.before)
			p.Drop(c.n)
			if got := string(p.Encode()); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestDropLeavesAPlaylistThatSharesTheSegmentsAlone(t *testing.T) {
	p := parse(t, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PROGRAM-DATE-TIME:2024-04-05T11:00:00Z\n#EXT-X-KEY:METHOD=AES-128,URI=\"1\"\n#EXTINF:2,\na\n#EXTINF:2,\nb\n")
	shared := *p
	before := string(shared.Encode())
	p.Drop(1)
	if got := string(shared.Encode()); got != before {
		t.Errorf("got\n%s\nwant\n%s", got, before)
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"live, as the worker writes it", live, nil},
		{"a young playlist may be short", "#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.499999999,\na\n", nil},
		{"one that ended too", "#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:9\n#EXTINF:2,\na\n#EXT-X-ENDLIST\n", nil},
		{"a segment that rounds to more than the target", "#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na\n#EXTINF:2.5,\nb\n", []string{"msn 1 lasts 2.5s, more than the target duration of 2s"}},
		{"a window that is too short", "#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:9\n#EXTINF:2,\na\n#EXTINF:2,\nb\n", []string{"the window lasts 4s, at least three target durations of 2s are needed"}},
		{"a version that is too low", "#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"i\"\n#EXTINF:1.5,\na\n", []string{"EXT-X-VERSION is 1, EXT-X-MAP without EXT-X-I-FRAMES-ONLY needs 6"}},
		{"a byte range from nowhere", "#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n#EXT-X-BYTERANGE:9\na\n", []string{"msn 0: its byte range has no offset, and does not go on from the segment before"}},
		{"a date range without a date", "#EXT-X-TARGETDURATION:2\n#EXT-X-DATERANGE:ID=\"a\"\n#EXTINF:2,\na\n", []string{"EXT-X-DATERANGE without any EXT-X-PROGRAM-DATE-TIME"}},
		{
			"a server control that promises too little", "#EXT-X-TARGETDURATION:2\n#EXT-X-SERVER-CONTROL:HOLD-BACK=5,PART-HOLD-BACK=0.5,CAN-SKIP-DATERANGES=YES\n#EXT-X-PART-INF:PART-TARGET=0.4\n",
			[]string{"HOLD-BACK is 5s, at least 6s is needed", "PART-HOLD-BACK is 500ms, at least 800ms is needed", "CAN-SKIP-DATERANGES without CAN-SKIP-UNTIL"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := c.text
			if !strings.HasPrefix(text, "#EXTM3U") {
				text = "#EXTM3U\n" + text
			}
			var got []string
			for _, err := range parse(t, text).Check() {
				got = append(got, err.Error())
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestPosLess(t *testing.T) {
	ordered := []Pos{{-1, -1}, {0, 0}, {0, 1}, {0, -1}, {1, 0}, {1, -1}, {2, -1}}
	for i, p := range ordered {
		for j, q := range ordered {
			if got := p.Less(q); got != (i < j) {
				t.Errorf("%v before %v: got %t, want %t", p, q, got, i < j)
			}
		}
	}
}

func TestTheSumOfAllDurationsNeverOverflows(t *testing.T) {
	if sum := maxSegments * float64(maxSegment); sum > float64(1<<63-1) {
		t.Errorf("%d segments of %s are longer than a time.Duration holds, %s", maxSegments, maxSegment, time.Duration(1<<63-1))
	}
}
