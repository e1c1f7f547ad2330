package timeline

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
)

func keyed(msn int64, keys ...m3u8.Key) func(*m3u8.MediaPlaylist) {
	return at(msn, func(s *m3u8.Segment) { s.Keys = keys })
}

func aes(uri string) m3u8.Key { return m3u8.Key{Method: "AES-128", URI: uri} }

func TestKeysStandWhereTheyChange(t *testing.T) {
	drm := m3u8.Key{Method: "SAMPLE-AES", URI: "skd://x", KeyFormat: "com.apple.streamingkeydelivery", KeyFormatVersions: "1"}
	for _, c := range []struct {
		name string
		list *m3u8.MediaPlaylist
		next *m3u8.MediaPlaylist
		want []string
	}{
		{"none", lists(100, 5), lists(101, 5), nil},
		{"one for all", lists(100, 5, keyed(100, aes("k"))), lists(101, 5, keyed(101, aes("k"))),
			[]string{`#EXT-X-KEY:METHOD=AES-128,URI="k" 101.ts`}},
		{"said again where nothing changes", lists(100, 5, keyed(100, aes("k")), keyed(102, aes("k"))), lists(101, 5, keyed(101, aes("k")), keyed(104, aes("k"))),
			[]string{`#EXT-X-KEY:METHOD=AES-128,URI="k" 101.ts`}},
		{"another", lists(100, 5, keyed(100, aes("k")), keyed(103, aes("l"))), lists(101, 5, keyed(101, aes("k")), keyed(103, aes("l"))),
			[]string{`#EXT-X-KEY:METHOD=AES-128,URI="k" 101.ts`, `#EXT-X-KEY:METHOD=AES-128,URI="l" 103.ts`}},
		{"no more", lists(100, 5, keyed(100, aes("k")), keyed(103, m3u8.Key{Method: "NONE"})), lists(101, 5, keyed(101, aes("k")), keyed(103, m3u8.Key{Method: "NONE"})),
			[]string{`#EXT-X-KEY:METHOD=AES-128,URI="k" 101.ts`, `#EXT-X-KEY:METHOD=NONE 103.ts`}},
		{"two formats at once", lists(100, 5, keyed(100, aes("k"), drm)), lists(101, 5, keyed(101, aes("k"), drm)),
			[]string{`#EXT-X-KEY:METHOD=AES-128,URI="k" 101.ts`, `#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1" 101.ts`}},
		{"one of two formats changes", lists(100, 5, keyed(100, aes("k"), drm), keyed(104, aes("l"))), lists(101, 5, keyed(101, aes("k"), drm), keyed(104, aes("l"))),
			[]string{`#EXT-X-KEY:METHOD=AES-128,URI="k" 101.ts`, `#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1" 101.ts`,
				`#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1" 104.ts`, `#EXT-X-KEY:METHOD=AES-128,URI="l" 104.ts`}},
		{"one format of two ends", lists(100, 5, keyed(100, aes("k"), drm), keyed(103, m3u8.Key{Method: "NONE"}, aes("k"))), lists(103, 3, keyed(103, aes("k"))),
			[]string{`#EXT-X-KEY:METHOD=AES-128,URI="k" 101.ts`, `#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1" 101.ts`,
				`#EXT-X-KEY:METHOD=NONE 103.ts`, `#EXT-X-KEY:METHOD=AES-128,URI="k" 103.ts`}},
		{"the next packager's is in the clear", lists(100, 5, keyed(100, aes("k"))), lists(105, 1),
			[]string{`#EXT-X-KEY:METHOD=AES-128,URI="k" 101.ts`, `#EXT-X-KEY:METHOD=NONE 105.ts`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			line, check := begun(t, c.list)
			offer(t, line, first(c.next))
			p := show(t, line, check)
			wantLines(t, lines(p, "#EXT-X-KEY"), c.want...)
			again, err := m3u8.ParseMedia(p.Encode())
			if err != nil {
				t.Fatal(err)
			}
			var keys []m3u8.Key
			for i := range again.Segments {
				keys = m3u8.Succeed(keys, again.Segments[i].Keys)
				if got, want := fmt.Sprint(sorted(keys)), fmt.Sprint(sorted(line.Entries[i].Segment.Keys)); got != want {
					t.Errorf("msn %d: keys in force: got %s, want %s", line.Entries[i].MSN, got, want)
				}
			}
		})
	}
}

// sorted are keys by format: their order says nothing.
func sorted(keys []m3u8.Key) map[string]m3u8.Key {
	m := map[string]m3u8.Key{}
	for _, k := range keys {
		m[k.KeyFormat] = k
	}
	return m
}

func TestAVectorThatFollowsFromTheNumberIsWrittenOut(t *testing.T) {
	iv := m3u8.Key{Method: "AES-128", URI: "k", IV: "0x1"}
	drm := m3u8.Key{Method: "SAMPLE-AES", URI: "skd://x", KeyFormat: "com.apple.streamingkeydelivery"}
	line, c := begun(t, lists(100, 3, keyed(100, aes("k"))))
	wantLines(t, lines(line.Playlist(), "#EXT-X-KEY"), `#EXT-X-KEY:METHOD=AES-128,URI="k" 100.ts`)
	if _, _, err := line.Adopt(first(lists(7, 5, keyed(7, aes("k")), keyed(9, iv), keyed(11, drm))), 0); err != nil {
		t.Fatal(err)
	}
	wantLines(t, lines(show(t, line, c), "#EXT-X-KEY"),
		`#EXT-X-KEY:METHOD=AES-128,URI="r1-k",IV=0x00000000000000000000000000000007 r1-7.ts`,
		`#EXT-X-KEY:METHOD=AES-128,URI="r1-k",IV=0x00000000000000000000000000000008 r1-8.ts`,
		`#EXT-X-KEY:METHOD=AES-128,URI="r1-k",IV=0x1 r1-9.ts`,
		`#EXT-X-KEY:METHOD=AES-128,URI="r1-k",IV=0x1 r1-11.ts`,
		`#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery" r1-11.ts`)
}

func TestByteRangesSayWhereTheyBegin(t *testing.T) {
	ranged := func(p *m3u8.MediaPlaylist) {
		each(func(msn int64, s *m3u8.Segment) {
			s.URI, s.ByteRange = "all.ts", &m3u8.ByteRange{Length: 10, Offset: -1}
			if msn == p.MediaSequence {
				s.ByteRange.Offset = 10 * msn
			}
		})(p)
	}
	line, c := begun(t, lists(100, 5, ranged))
	offer(t, line, first(lists(101, 6, ranged)))
	wantLines(t, lines(show(t, line, c), "#EXT-X-BYTERANGE"),
		"#EXT-X-BYTERANGE:10@1020 all.ts", "#EXT-X-BYTERANGE:10@1030 all.ts", "#EXT-X-BYTERANGE:10@1040 all.ts",
		"#EXT-X-BYTERANGE:10@1050 all.ts", "#EXT-X-BYTERANGE:10@1060 all.ts")
	if got := line.Entries[0].Media.ID(); got != "/live01/all.ts#1020-1029" {
		t.Errorf("ID: got %s, want the range in it", got)
	}
	interleaved := lists(100, 4, each(func(msn int64, s *m3u8.Segment) {
		s.URI, s.ByteRange = fmt.Sprintf("%d.ts", msn%2), &m3u8.ByteRange{Length: 10, Offset: -1}
	}))
	line, _ = begun(t, interleaved)
	if got := line.Entries[3].Media.Range.Offset; got != 10 {
		t.Errorf("the second part of the second file: got offset %d, want 10", got)
	}
	if interleaved.Segments[3].ByteRange.Offset != -1 {
		t.Error("the packager's playlist was changed")
	}
}

func TestMapIsWrittenOnceForAllThatHaveIt(t *testing.T) {
	with := func(m *m3u8.Map) func(*m3u8.MediaPlaylist) {
		return each(func(_ int64, s *m3u8.Segment) { s.Map = m })
	}
	line, c := begun(t, lists(100, 5, with(&m3u8.Map{URI: "init.mp4"})))
	for msn := int64(101); msn < 104; msn++ {
		offer(t, line, first(lists(msn, 5, with(&m3u8.Map{URI: "init.mp4"}))))
		show(t, line, c)
	}
	text, err := json.Marshal(line)
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, lines(line.Playlist(), "#EXT-X-MAP"), fmt.Sprintf(`#EXT-X-MAP:URI="init.mp4" %d.ts`, line.Entries[0].MSN))
	restored := &Timeline{}
	if err := json.Unmarshal(text, restored); err != nil {
		t.Fatal(err)
	}
	restored.Share()
	if got, want := string(restored.Playlist().Encode()), string(line.Playlist().Encode()); got != want {
		t.Errorf("from disk: got\n%s\nwant\n%s", got, want)
	}
	a, b := &m3u8.Map{URI: "f", ByteRange: &m3u8.ByteRange{Length: 5, Offset: -1}}, &m3u8.Map{URI: "f", ByteRange: &m3u8.ByteRange{Length: 5, Offset: 5}}
	line, _ = begun(t, lists(100, 5, each(func(msn int64, s *m3u8.Segment) {
		if s.Map = a; msn > 102 {
			s.Map = b
		}
	})))
	wantLines(t, lines(line.Playlist(), "#EXT-X-MAP"), `#EXT-X-MAP:URI="f",BYTERANGE="5@0" 100.ts`, `#EXT-X-MAP:URI="f",BYTERANGE="5@5" 103.ts`)
	if got := line.Entries[3].Init.ID(); got != "/live01/f#5-9" {
		t.Errorf("ID of the init section: got %s, want the range in it", got)
	}
	text, _ = json.Marshal(line)
	restored = &Timeline{}
	if err := json.Unmarshal(text, restored); err != nil {
		t.Fatal(err)
	}
	restored.Share()
	if got, want := string(restored.Playlist().Encode()), string(line.Playlist().Encode()); got != want {
		t.Errorf("two parts of one resource, from disk: got\n%s\nwant\n%s", got, want)
	}
}

func TestWhatTheHeadSaidIsHandedOn(t *testing.T) {
	line, c := begun(t, lists(100, 5, keyed(100, aes("k")), at(100, func(s *m3u8.Segment) { s.Bitrate = 900 }),
		each(func(msn int64, s *m3u8.Segment) {
			if msn > 100 {
				s.ProgramDateTime = time.Time{}
			}
		})))
	offer(t, line, first(lists(105, 1, undated)))
	s := show(t, line, c).Segments[0]
	if len(s.Keys) != 1 || s.Bitrate != 900 || !s.ProgramDateTime.Equal(epoch.Add(202*time.Second)) {
		t.Errorf("new head: got %+v, want the key, 900 kbit/s and its date", s)
	}
}

func TestURIsLeadWherePackagersLead(t *testing.T) {
	for _, c := range []struct{ name, written, uri, key, target string }{
		{"a name", "7.ts", "7.ts", "/live01/7.ts", "/live01/7.ts"},
		{"its own host", "http://server1:8080/live01/7.ts", "7.ts", "/live01/7.ts", "/live01/7.ts"},
		{"its peer's host", "http://server2:8080/live01/7.ts", "7.ts", "/live01/7.ts", "/live01/7.ts"},
		{"a host without a scheme", "//server1:8080/live01/7.ts", "7.ts", "/live01/7.ts", "/live01/7.ts"},
		{"another folder", "http://server1:8080/other/7.ts?t=1", "/other/7.ts?t=1", "/other/7.ts?t=1", "/other/7.ts?t=1"},
		{"a third host", "http://cdn.example/7.ts", "http://cdn.example/7.ts", "", ""},
		{"escapes", "a%2Fb%7e.ts", "a%2Fb%7e.ts", "/live01/a%2Fb~.ts", "/live01/a%2Fb%7e.ts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			line, _ := begun(t, lists(100, 5, at(102, func(s *m3u8.Segment) {
				s.URI, s.Map = c.written, &m3u8.Map{URI: c.written}
				s.Keys = []m3u8.Key{aes(c.written)}
			})))
			e := &line.Entries[2]
			if e.Segment.URI != c.uri || e.Segment.Map.URI != c.uri || e.Segment.Keys[0].URI != c.uri {
				t.Errorf("URIs: got %s, %s and %s, want %s", e.Segment.URI, e.Segment.Map.URI, e.Segment.Keys[0].URI, c.uri)
			}
			if e.Media.Key != c.key || e.Media.Target != c.target {
				t.Errorf("got %s from %s, want %s from %s", e.Media.Key, e.Media.Target, c.key, c.target)
			}
			if outside := c.key == ""; e.Outside() != outside || len(e.Resources()) != 0 == outside || len(e.Keys) != 0 == outside || (e.Init == nil) != outside {
				t.Errorf("outside: got %t with %d resources, want %t", e.Outside(), len(e.Resources()), outside)
			}
			if !e.Enciphered() || line.Entries[1].Enciphered() {
				t.Error("enciphered: want it from the key on")
			}
		})
	}
}

func TestAdoptedNamesAreTheirOwn(t *testing.T) {
	line, c := begun(t, lists(100, 5))
	adopted := lists(100, 5, each(func(msn int64, s *m3u8.Segment) {
		s.Map, s.Keys = &m3u8.Map{URI: "sub/init.mp4?t=1"}, []m3u8.Key{aes("k")}
		if msn == 103 {
			s.URI = "http://cdn.example/103.ts"
		}
	}))
	if _, _, err := line.Adopt(by(1, adopted), 0); err != nil {
		t.Fatal(err)
	}
	text := string(show(t, line, c).Encode())
	for _, want := range []string{"\nr1-100.ts\n", `URI="sub/r1-init.mp4?t=1"`, `URI="r1-k"`, "\nhttp://cdn.example/103.ts\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
}
