package proxy

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A playlist whose last line has no end, sent with its length, plays like any other:
// lines are terminated by LF or CRLF (RFC 8216, 4.1), and Content-Length shows that
// nothing was cut off (RFC 9110, 8.6).
func fieldNoFinalNewline(f *field) {
	live := f.live(fieldLive{})
	bare := func() string { return strings.TrimRight(live.playlist(), "\n") }
	f.packagers(fieldEither(fieldPages(map[string]func() string{
		"/ch/v.m3u8":      bare,
		"/ch/crlf.m3u8":   func() string { return strings.ReplaceAll(bare(), "\n", "\r\n") },
		"/ch/master.m3u8": func() string { return strings.TrimRight(fieldMaster("v.m3u8"), "\n") },
		"/ch/vod.m3u8": func() string {
			return strings.Replace(live.playlist(), "#EXT-X-VERSION:3", "#EXT-X-PLAYLIST-TYPE:VOD", 1) + "#EXT-X-ENDLIST"
		},
	}), live.in("/ch/")))
	var v, crlf, vod *fieldView
	f.together(func() { v = f.follow("/ch/v.m3u8", 8*time.Second) }, func() { crlf = f.follow("/ch/crlf.m3u8", 8*time.Second) },
		func() { vod = f.follow("/ch/vod.m3u8", 8*time.Second) })
	f.variants(f.get("/ch/master.m3u8"), "multivariant playlist")
	f.plays(v, fieldWant{what: "LF", wait: 4 * time.Second, least: 5})
	f.plays(crlf, fieldWant{what: "CRLF", wait: 4 * time.Second, least: 5})
	f.plays(vod, fieldWant{what: "VOD", wait: 9 * time.Second, least: 3})
	f.check(vod.atEnd != nil && vod.atEnd.ended, "VOD: got no end, want EXT-X-ENDLIST")
}

// oddity is a playlist that breaks the letter of the RFC in a way that players bear.
type fieldOddity struct {
	name string
	make func(playlist string) string
}

// fieldOnce replaces once.
func fieldOnce(old, with string) func(string) string {
	return func(p string) string { return strings.Replace(p, old, with, 1) }
}

// odd follows each odd media playlist as a player does.
func (f *field) odd(oddities []fieldOddity) {
	live := f.live(fieldLive{dur: 2 * time.Second})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if i, ok := r.number("/ch/list", ".m3u8"); ok && i < len(oddities) {
			return r.text(oddities[i].make(live.playlist()))
		}
		return live.in("/ch/")(r)
	})
	f.each(len(oddities), func(i int) {
		v := f.follow(fmt.Sprintf("/ch/list%d.m3u8", i), 7*time.Second, fieldPlayer{every: time.Second})
		f.plays(v, fieldWant{what: oddities[i].name, wait: 6 * time.Second, least: 5})
	})
}

var fieldSequence = regexp.MustCompile(`#EXT-X-MEDIA-SEQUENCE:(\d+)\n`)

// fieldEachSegment puts a line in front of each segment.
func fieldEachSegment(line func(msn int) string) func(string) string {
	return func(p string) string {
		n := int(fieldNumber(fieldSequence.FindStringSubmatch(p)[1])) - 1
		return regexp.MustCompile(`(?m)^#EXTINF`).ReplaceAllStringFunc(p, func(s string) string {
			n++
			return line(n) + "\n" + s
		})
	}
}

// Media playlists with faults that players bear play and go on: what is not understood
// is passed over (RFC 8216, 6.3.1).
func fieldOddMediaPlaylists(f *field) {
	f.odd([]fieldOddity{
		{"target duration 2.0", fieldOnce("TARGETDURATION:2", "TARGETDURATION:2.0")},
		{"a space before the media sequence", fieldOnce("SEQUENCE:", "SEQUENCE: ")},
		{"no target duration", fieldOnce("#EXT-X-TARGETDURATION:2\n", "")},
		{"EXTINF of whole seconds", func(p string) string { return strings.ReplaceAll(p, "2.000,", "2,") }},
		{"EXTINF with attributes", func(p string) string { return strings.ReplaceAll(p, "2.000,", `2.000 kind="x",A title`) }},
		{"the media sequence behind the segments", func(p string) string {
			m := fieldSequence.FindString(p)
			return strings.Replace(p, m, "", 1) + m
		}},
		{"dates with a comma", fieldEachSegment(func(n int) string {
			date := fieldDate(time.Unix(1764370800, 0).Add(time.Duration(2*n) * time.Second))
			return "#EXT-X-PROGRAM-DATE-TIME:" + strings.Replace(date, ".", ",", 1)
		})},
		{"DATERANGE without quotes", fieldOnce("#EXTINF", "#EXT-X-DATERANGE:ID=ad 1,START-DATE=2026-11-28T23:00:00Z\n#EXTINF")},
		{"START of -6.0s", fieldOnce("#EXT-X-VERSION:3", "#EXT-X-VERSION:3\n#EXT-X-START:TIME-OFFSET=-6.0s")},
	})
}

// More of the same: blanks, comments, titles, values of other kinds, tags twice.
func fieldOddMediaPlaylistsMore(f *field) {
	all := func(old, with string) func(string) string {
		return func(p string) string { return strings.ReplaceAll(p, old, with) }
	}
	f.odd([]fieldOddity{
		{"blank lines and comments", all("#EXTINF", "\n# a comment\n#comment: too\n\n#EXTINF")},
		{"no comma behind EXTINF", all("2.000,", "2.000")},
		{"a space before the duration", all("#EXTINF:", "#EXTINF: ")},
		{"a title in UTF-8 with commas", all("2.000,", "2.000,Zwölf, Uhr, \"日本\"")},
		{"a version of 99", fieldOnce("VERSION:3", "VERSION:99")},
		{"no version", fieldOnce("#EXT-X-VERSION:3\n", "")},
		{"version three point zero", fieldOnce("VERSION:3", "VERSION:3.0")},
		{"an unknown playlist type", fieldOnce("#EXT-X-VERSION:3", "#EXT-X-VERSION:3\n#EXT-X-PLAYLIST-TYPE:LIVE")},
		{"ALLOW-CACHE and INDEPENDENT-SEGMENTS twice", fieldOnce("#EXT-X-VERSION:3", "#EXT-X-VERSION:3\n#EXT-X-ALLOW-CACHE:NO\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-INDEPENDENT-SEGMENTS")},
		{"the target duration twice", fieldOnce("#EXT-X-TARGETDURATION:2\n", "#EXT-X-TARGETDURATION:2\n#EXT-X-TARGETDURATION:2\n")},
		{"a target duration of 0", fieldOnce("TARGETDURATION:2", "TARGETDURATION:0")},
		{"a target duration of 60", fieldOnce("TARGETDURATION:2", "TARGETDURATION:60")},
		{"a target duration in words", fieldOnce("TARGETDURATION:2", "TARGETDURATION:two")},
		{"a date that is none", fieldEachSegment(func(int) string { return "#EXT-X-PROGRAM-DATE-TIME:yesterday" })},
		{"dates without a zone", fieldEachSegment(func(n int) string {
			return "#EXT-X-PROGRAM-DATE-TIME:" + time.Unix(1764370800+2*int64(n), 0).UTC().Format("2006-01-02T15:04:05.000")
		})},
		{"dates with a zone of four digits", fieldEachSegment(func(n int) string {
			return "#EXT-X-PROGRAM-DATE-TIME:" + time.Unix(1764370800+2*int64(n), 0).UTC().Format("2006-01-02T15:04:05.000-0700")
		})},
		{"a date with the first segment only", fieldOnce("#EXTINF", "#EXT-X-PROGRAM-DATE-TIME:2026-11-28T23:00:00Z\n#EXTINF")},
		{"a key of no method", fieldOnce("#EXTINF", "#EXT-X-KEY:METHOD=NONE,URI=\"\"\n#EXTINF")},
		{"a discontinuity sequence that is none", fieldOnce("#EXT-X-VERSION:3", "#EXT-X-VERSION:3\n#EXT-X-DISCONTINUITY-SEQUENCE:none")},
		{"a trailing comma in attributes", fieldOnce("#EXTINF", "#EXT-X-DATERANGE:ID=\"x\",START-DATE=\"2026-11-28T23:00:00Z\",\n#EXTINF")},
		{"a START without its offset", fieldOnce("#EXT-X-VERSION:3", "#EXT-X-VERSION:3\n#EXT-X-START:PRECISE=YES")},
		{"a server control of garbage", fieldOnce("#EXT-X-VERSION:3", "#EXT-X-VERSION:3\n#EXT-X-SERVER-CONTROL:HOLD-BACK=x,CAN-SKIP-UNTIL")},
		{"a bit rate that is negative", all("#EXTINF", "#EXT-X-BITRATE:-1\n#EXTINF")},
		{"a space for a title", all(",\n", ", \n")},
		{"an end of line that is CRLF here and LF there", fieldOnce("\n#EXT-X-VERSION", "\r\n#EXT-X-VERSION")},
		{"EXTINF of no duration", all("2.000,", "0,")},
		{"EXTM3U twice", fieldOnce("#EXT-X-VERSION:3", "#EXT-X-VERSION:3\n#EXTM3U")},
		{"lower case and unknown tags", fieldOnce("#EXT-X-VERSION:3", "#EXT-X-VERSION:3\n#ext-x-thing\n#EXT-X-\n#EXT\n#EXTVLCOPT:network-caching=1000")},
	})
}

// oddMasters checks that the variant of each odd multivariant playlist is found and
// plays.
func (f *field) oddMasters(oddities []fieldOddity) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if i, ok := r.number("/ch/master", ".m3u8"); ok && i < len(oddities) {
			return r.text(oddities[i].make(fieldMaster("ok.m3u8")))
		}
		return live.at("/ch/ok.m3u8")(r)
	})
	f.each(len(oddities), func(i int) {
		list := f.variants(f.get(fmt.Sprintf("/ch/master%d.m3u8", i)), oddities[i].name)
		if len(list) > 0 {
			v := f.follow(list[0], 2*time.Second, fieldPlayer{listOnly: true})
			f.check(v.atEnd != nil, "%s: its variant gives %s, want a media playlist", oddities[i].name, v.firstBad)
		}
	})
}

// Multivariant playlists with faults that players bear lead to their variant:
// attributes and tags that are not understood are passed over (RFC 8216, 6.3.1).
func fieldOddMasters(f *field) {
	f.oddMasters([]fieldOddity{
		{"an I-frame bandwidth of 0", fieldOnce("ok.m3u8", "ok.m3u8\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=0,AVERAGE-BANDWIDTH=1,URI=\"i.m3u8\"")},
		{"a negative average", fieldOnce("1000000", "1000000,AVERAGE-BANDWIDTH=-1000")},
		{"a trailing comma", fieldOnce("1000000", "1000000,")},
		{"a rendition without a group", fieldOnce("#EXT-X-STREAM", "#EXT-X-MEDIA:TYPE=SUBTITLES,NAME=\"en\",URI=\"s.m3u8\"\n#EXT-X-STREAM")},
		{"content steering", fieldOnce("#EXT-X-STREAM", "#EXT-X-CONTENT-STEERING:SERVER-URI=\"https://s.example/x\",PATHWAY-ID=\"a\"\n#EXT-X-STREAM")},
	})
}

// More of the same: bandwidths, resolutions, renditions, blanks.
func fieldOddMastersMore(f *field) {
	before := func(lines string) func(string) string { return fieldOnce("#EXT-X-STREAM", lines+"\n#EXT-X-STREAM") }
	with := func(attributes string) func(string) string { return fieldOnce("1000000", "1000000,"+attributes) }
	f.oddMasters([]fieldOddity{
		{"a bandwidth of 0", fieldOnce("1000000", "0")},
		{"a negative bandwidth", fieldOnce("1000000", "-1")},
		{"a bandwidth with a fraction", fieldOnce("1000000", "1000000.5")},
		{"no bandwidth", fieldOnce("BANDWIDTH=1000000", "RESOLUTION=640x360")},
		{"half a resolution", with("RESOLUTION=1920x")},
		{"a resolution with a capital", with("RESOLUTION=1920X1080")},
		{"a frame rate in words", with("FRAME-RATE=fast")},
		{"codecs without quotes", with("CODECS=avc1.64001f")},
		{"spaces behind commas", with(" CODECS=\"avc1.64001f\" , RESOLUTION=640x360")},
		{"a program id", with("PROGRAM-ID=1")},
		{"an attribute twice", with("BANDWIDTH=1000000")},
		{"lower case attributes", with("name=\"x\"")},
		{"a group that is not there", with("AUDIO=\"gone\",SUBTITLES=\"gone\"")},
		{"captions of NONE", with("CLOSED-CAPTIONS=NONE")},
		{"captions without their instream id", before("#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"c\",NAME=\"cc\"")},
		{"an unknown type of rendition", before("#EXT-X-MEDIA:TYPE=HOLOGRAM,GROUP-ID=\"h\",NAME=\"h\",URI=\"h.m3u8\"")},
		{"a rendition without a name", before("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"a.m3u8\"")},
		{"a rendition twice", before("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"en\"\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"en\"")},
		{"session data of both kinds", before("#EXT-X-SESSION-DATA:DATA-ID=\"x\",VALUE=\"1\",URI=\"x.json\"")},
		{"a blank line before the URI", fieldOnce("\nok.m3u8", "\n\nok.m3u8")},
		{"a comment before the URI", fieldOnce("\nok.m3u8", "\n# 360p\nok.m3u8")},
		{"unknown tags", before("#EXT-X-MAGIC:YES\n## created by hand")},
		{"a version of 99", before("#EXT-X-VERSION:99")},
		{"independent segments with a value", before("#EXT-X-INDEPENDENT-SEGMENTS:YES")},
	})
}

// Live playlists with the right Content-Type and without .m3u8 stay live, and no header
// says that they may be kept: a playlist is known by its path or its media type (RFC
// 8216, 4), and what changes is not fresh for an hour (RFC 9111, 4.2).
func fieldPlaylistWithoutSuffix(f *field) {
	live := f.live(fieldLive{})
	paths := []string{"/ch/live.tv/list(kind=hls)", "/ch/hls", "/ch/hls?id=1"}
	f.packagers(func(r *fieldRequest) *fieldReply {
		switch r.RequestURI {
		case paths[0]:
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("/media/seg%d.ts", n) }))
		case paths[1], paths[2]:
			return r.text(live.playlist())
		}
		return fieldEither(live.in("/ch/"), live.in("/media/"))(r)
	})
	f.each(len(paths), func(i int) {
		f.plays(f.follow(paths[i], 14*time.Second), fieldWant{what: paths[i], wait: 4 * time.Second, least: 9})
		f.keptShort(f.get(paths[i]))
	})
}

// keptShort checks that no header allows to keep a live playlist for long.
func (f *field) keptShort(g *fieldGot) {
	cc := g.header.Get("Cache-Control")
	age := regexp.MustCompile(`max-age=(\d+)`).FindStringSubmatch(cc)
	f.check(!strings.Contains(cc, "immutable") && (age == nil || age[1] == "0" || age[1] == "1"), "%s: got Cache-Control %q, want no promise beyond a target duration", g.url, cc)
}

// A playlist is known by its first line where neither its path nor its type says so,
// and whatever type it is said to be.
func fieldPlaylistTypes(f *field) {
	live := f.live(fieldLive{})
	types := []string{"text/plain", "text/html", "application/octet-stream", "", "audio/mpegurl", "application/x-mpegURL; charset=utf-8", "APPLICATION/VND.APPLE.MPEGURL", "binary/octet-stream", "nonsense"}
	f.packagers(func(r *fieldRequest) *fieldReply {
		for i, kind := range types {
			if r.path == fmt.Sprintf("/ch/list%d", i) || r.path == fmt.Sprintf("/ch/list%d.m3u8", i) {
				return r.text(live.playlist(), "Content-Type", kind)
			}
		}
		return live.in("/ch/")(r)
	})
	f.each(2*len(types), func(i int) {
		path := fmt.Sprintf("/ch/list%d", i/2) + []string{"", ".m3u8"}[i%2]
		v := f.follow(path, 5*time.Second, fieldPlayer{every: 700 * time.Millisecond})
		f.plays(v, fieldWant{what: fmt.Sprintf("%s of type %q", path, types[i/2]), wait: 4 * time.Second, least: 6})
		f.keptShort(f.get(path))
	})
}
