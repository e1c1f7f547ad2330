package proxy

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// fieldKeyOf is a key of 16 bytes that begins with first.
func fieldKeyOf(first byte) []byte {
	key := make([]byte, 16)
	for i := range key {
		key[i] = first + byte(i)
	}
	return key
}

// fieldEncrypted is a packager whose live playlist is encrypted, with keys as key has
// them for each number, named under uri.
type fieldEncrypted struct {
	live *fieldLive
	path string
	uri  func(n int) string
	key  func(n int) []byte
	iv   func(n int) []byte // nil for the implied one
	slow time.Duration      // that each each-th segment below upto takes
	each int
	upto int
}

// encrypted is one with a single key.
func (f *field) encrypted(first byte, uri string) *fieldEncrypted {
	return &fieldEncrypted{live: f.live(fieldLive{}), path: "/ch/v.m3u8", each: 1, upto: 1 << 30,
		uri: func(int) string { return uri }, key: func(int) []byte { return fieldKeyOf(first) }}
}

// tag is the EXT-X-KEY of number n.
func (e *fieldEncrypted) tag(n int) string {
	tag := fmt.Sprintf("#EXT-X-KEY:METHOD=AES-128,URI=\"%s\"", e.uri(n))
	if e.iv != nil {
		tag += fmt.Sprintf(",IV=0x%X", e.iv(n))
	}
	return tag
}

func (e *fieldEncrypted) answer(r *fieldRequest) *fieldReply {
	l := *e.live
	folder := e.path[:strings.LastIndex(e.path, "/")+1]
	if r.path == e.path {
		first, _ := l.listed()
		l.per = func(n int) string {
			if n == first || e.tag(n) != e.tag(n-1) {
				return e.tag(n)
			}
			return ""
		}
		return r.text(l.playlist())
	}
	last := l.last()
	for n := last; n >= max(l.msn0, last-2*l.window); n-- {
		if name, _, _ := strings.Cut(e.uri(n), "?"); strings.TrimPrefix(r.path, folder) == name || r.path == name {
			return r.bytes(e.key(n))
		}
	}
	if n, ok := l.find(strings.TrimPrefix(r.path, folder)); ok {
		if e.slow > 0 && n%e.each == 0 && n < e.upto {
			time.Sleep(e.slow)
		}
		iv := fieldVector(n)
		if e.iv != nil {
			iv = e.iv(n)
		}
		return r.bytes(fieldEncrypt(l.body(n), e.key(n), iv))
	}
	return nil
}

// Packagers encrypt the same media with keys of their own at URIs of their own; one
// dies: each segment decrypts with its key. A key holds for the segments behind its
// tag, so that segment and key come from one packager (RFC 8216, 4.3.2.4).
func fieldOwnKeys(f *field) {
	one, two := f.encrypted(0, "a.key"), f.encrypted(100, "b.key")
	one.slow, one.each, one.upto = 500*time.Millisecond, 3, 13
	a, _ := f.packagers(one.answer, two.answer)
	f.after(6*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 18*time.Second, fieldPlayer{keys: "kept"})
	f.opens(v, 0)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 12, anyOrder: true})
}

// Packagers encrypt with keys of their own under one key URI; one dies, comes back:
// each segment decrypts with the key it is given (RFC 8216, 4.3.2.4).
func fieldOwnKeysSameURI(f *field) {
	one, two := f.encrypted(0, "live.key"), f.encrypted(100, "live.key")
	one.slow, one.each, one.upto = 500*time.Millisecond, 3, 13
	a, _ := f.packagers(one.answer, two.answer)
	f.after(7*time.Second, a.kill)
	f.after(14*time.Second, a.start)
	v := f.follow("/ch/v.m3u8", 22*time.Second, fieldPlayer{keys: "fresh"})
	f.opens(v, 1)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 15, anyOrder: true})
}

// Packagers with keys of their own, the first slow with segments: each segment decrypts
// with the key named for it. Bytes of another packager are cipher text of another key.
func fieldOwnKeysSlow(f *field) {
	one, two := f.encrypted(0, "a.key"), f.encrypted(100, "b.key")
	one.slow = 700 * time.Millisecond
	f.packagers(one.answer, two.answer)
	v := f.follow("/ch/v.m3u8", 14*time.Second, fieldPlayer{keys: "kept", every: 200 * time.Millisecond})
	f.opens(v, 0)
	f.plays(v, fieldWant{wait: 5 * time.Second, least: 9, anyOrder: true})
}

// A recording encrypted with AES-128 plays to its end: segments are cipher text, and
// only the player with the key can know the container (RFC 8216, 4.3.2.4 and 5.2).
func fieldFilmEncrypted(f *field) {
	key := fieldKeyOf(0)
	text := "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-KEY:METHOD=AES-128,URI=\"k/film.key\"\n"
	for n := range 8 {
		text += fmt.Sprintf("#EXTINF:1.0,\nv%d.ts\n", n)
	}
	f.packagers(func(r *fieldRequest) *fieldReply {
		switch r.path {
		case "/vod/v.m3u8":
			return r.text(text + "#EXT-X-ENDLIST\n")
		case "/vod/k/film.key":
			return r.bytes(key)
		}
		if n, ok := r.number("/vod/v", ".ts"); ok && n < 8 {
			return r.bytes(fieldEncrypt(fieldSecond(n), key, fieldVector(n)))
		}
		return nil
	})
	g := f.get("/vod/k/film.key")
	f.check(bytes.Equal(g.body, key), "key: got %s, want 200 and its 16 bytes", g)
	v := f.follow("/vod/v.m3u8", 20*time.Second, fieldPlayer{tries: 2, keys: "kept", start: 8})
	f.opens(v, 0)
	f.plays(v, fieldWant{wait: 20 * time.Second, least: 8})
}

// Keys change with each third segment, and a packager dies: numbers are the packagers',
// and so are the vectors that they imply (RFC 8216, 5.2).
func fieldKeyRotation(f *field) {
	var both []fieldAnswer
	for _, own := range []byte{0, 100} {
		e := f.encrypted(0, "")
		e.uri = func(n int) string { return fmt.Sprintf("%d-%d.key", own, n/3) }
		e.key = func(n int) []byte { return fieldKeyOf(own + byte(n/3)) }
		both = append(both, e.answer)
	}
	a, _ := f.packagers(both...)
	f.after(7*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 20*time.Second, fieldPlayer{keys: "kept"})
	f.opens(v, 0)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 14})
}

// Packagers start anew with numbers from 0: the vector that a number implies is that of
// the packager's number, whatever number the segment has for players.
func fieldImpliedVector(f *field) {
	old, anew := f.encrypted(0, "live.key"), f.encrypted(0, "live.key")
	old.live = f.live(fieldLive{ready: 60})
	anew.live = f.live(fieldLive{t0: f.began.Add(4 * time.Second), media0: 64, name: "new%d.ts"})
	f.packagers(fieldChange(f, 8*time.Second, old.answer, anew.answer))
	v := f.follow("/ch/v.m3u8", 22*time.Second, fieldPlayer{keys: "kept"})
	f.opens(v, 0)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 14, anyOrder: true})
}

// An IV that is written stays as it is, over a kill too.
func fieldWrittenVector(f *field) {
	e := f.encrypted(0, "live.key")
	e.iv = func(n int) []byte { return fieldKeyOf(byte(n / 4)) }
	a, _ := f.packagers(e.answer)
	f.after(6*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 16*time.Second, fieldPlayer{keys: "kept"})
	f.opens(v, 0)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 11, smooth: true})
}

// Segments in clear between encrypted ones, METHOD=NONE: each is what its tag says.
func fieldClearBetween(f *field) {
	e := f.encrypted(0, "live.key")
	inClear := func(n int) bool { return n/3%2 == 1 }
	plain := func(r *fieldRequest) *fieldReply {
		if n, ok := r.number("/ch/seg", ".ts"); ok && inClear(n) && n <= e.live.last() {
			return r.bytes(e.live.body(n))
		}
		if r.path != "/ch/v.m3u8" {
			return nil
		}
		l := *e.live
		l.per = func(n int) string {
			if inClear(n) {
				return "#EXT-X-KEY:METHOD=NONE"
			}
			return e.tag(n)
		}
		return r.text(l.playlist())
	}
	a, _ := f.packagers(fieldEither(plain, e.answer))
	f.after(6*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 16*time.Second, fieldPlayer{keys: "kept"})
	f.opens(v, 0)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 11, smooth: true})
	for _, p := range v.good {
		f.check((p.fieldSegment.key == nil) == inClear(p.msn), "number %d: got key %v, want one where it is encrypted", p.msn, p.fieldSegment.key)
	}
}

// The key is at another host, absolute or //host; the segments are the packagers'.
func fieldKeyAtOtherHost(f *field) {
	f.origin("keys", func(r *fieldRequest) *fieldReply {
		if r.path == "/k/live.key" && r.query.Get("id") == "7" {
			return r.bytes(fieldKeyOf(7))
		}
		return nil
	})
	one, two := f.encrypted(7, "http://keys/k/live.key?id=7"), f.encrypted(7, "//keys/k/live.key?id=7")
	one.path, two.path = "/abs/v.m3u8", "/net/v.m3u8"
	a, _ := f.packagers(fieldEither(one.answer, two.answer))
	f.after(6*time.Second, a.kill)
	f.each(2, func(i int) {
		path := []string{one.path, two.path}[i]
		v := f.follow(path, 14*time.Second, fieldPlayer{keys: "kept"})
		f.opens(v, 0)
		f.plays(v, fieldWant{what: path, wait: 6 * time.Second, least: 9, smooth: true})
	})
}

// Packagers name their key by their own address, and one dies.
func fieldKeyAtOwnHost(f *field) {
	e := f.encrypted(9, "/keys/live.key")
	own := func(r *fieldRequest) *fieldReply {
		got := e.answer(r)
		if got != nil && r.path == "/ch/v.m3u8" {
			got.body = bytes.ReplaceAll(got.body, []byte(`URI="/keys`), []byte(`URI="`+r.origin.url()+`/keys`))
		}
		return got
	}
	a, _ := f.packagers(own)
	f.after(6*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 14*time.Second, fieldPlayer{keys: "kept"})
	f.opens(v, 0)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 9})
}

// A key with a token in its URI, new in each playlist: the key comes, and a key is
// nothing that anybody keeps for ever.
func fieldKeyWithToken(f *field) {
	e := f.encrypted(11, "live.key?token=x")
	tokens := func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/live.key" && !strings.HasPrefix(r.query.Get("token"), "t") {
			return r.status(403)
		}
		got := e.answer(r)
		if got != nil && r.path == "/ch/v.m3u8" {
			got.body = bytes.ReplaceAll(got.body, []byte("token=x"), fmt.Appendf(nil, "token=t%d", time.Now().UnixMilli()))
		}
		return got
	}
	f.packagers(tokens)
	v := f.follow("/ch/v.m3u8", 12*time.Second, fieldPlayer{keys: "fresh"})
	f.opens(v, 0)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 9, smooth: true})
	for _, p := range v.good[max(0, len(v.good)-1):] {
		if p.key != nil {
			cc := p.key.header.Get("Cache-Control")
			f.check(!strings.Contains(cc, "immutable"), "key: got Cache-Control %q, want nothing immutable", cc)
		}
	}
}

// The key at one URI changes after a while: a player that asks again gets the new one.
func fieldKeyReplaced(f *field) {
	e := f.encrypted(0, "live.key")
	key := func() []byte {
		if f.since() > 10*time.Second {
			return fieldKeyOf(77)
		}
		return fieldKeyOf(0)
	}
	f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/live.key" {
			return r.bytes(key())
		}
		return e.answer(r)
	})
	for _, at := range []time.Duration{0, 5 * time.Second, 16 * time.Second} {
		time.Sleep(at - f.since())
		if at == 0 {
			f.follow("/ch/v.m3u8", 2*time.Second, fieldPlayer{keys: "kept"})
		}
		g := f.get("/ch/live.key")
		f.check(bytes.Equal(g.body, key()), "key after %s: got %s %x, want %x", f.since(), g, g.body, key())
	}
}

// Keys of other methods and formats are the player's to understand: SAMPLE-AES with
// skd:, data: and urn: URIs, several for one segment, stay as they are written.
func fieldKeysOfDRM(f *field) {
	keys := []string{
		`#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://key/1234",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"`,
		`#EXT-X-KEY:METHOD=SAMPLE-AES,URI="data:text/plain;base64,AAAAW3Bzc2g=",KEYFORMAT="urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",KEYFORMATVERSIONS="1"`,
		`#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI="urn:key:7",KEYID=0x00112233445566778899AABBCCDDEEFF,KEYFORMAT="org.w3.clearkey"`,
	}
	a, _ := f.packagers(f.live(fieldLive{version: 6, head: fieldLine(strings.Join(keys, "\n"))}).at("/ch/v.m3u8"))
	f.after(5*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 14*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 9, smooth: true})
	with, all := v.seen(0, 0, func(p *fieldPlaylist) bool {
		for _, k := range keys {
			for _, part := range strings.Split(k, ",") {
				if !strings.Contains(p.text, part) {
					return false
				}
			}
		}
		return true
	})
	f.check(all > 0 && with == all, "got all keys in %d of %d playlists, want them in each", with, all)
}

// Encrypted fMP4 with its initialization section in clear: key and map each hold for
// what stands behind them.
func fieldEncryptedFragments(f *field) {
	e := f.encrypted(33, "live.key")
	e.live = f.live(fieldLive{name: "seg%d.m4s", version: 7, head: fieldLine(`#EXT-X-MAP:URI="init.mp4"`), body: fieldFragment})
	a, _ := f.packagers(fieldEither(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/init.mp4" {
			return r.bytes(fieldInit(), "Content-Type", "video/mp4")
		}
		return nil
	}, e.answer))
	f.after(5*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 14*time.Second, fieldPlayer{keys: "kept"})
	f.opens(v, 0)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 9, smooth: true})
	for _, p := range v.good {
		f.check(p.init != nil, "number %d: got no EXT-X-MAP, want one", p.msn)
	}
}
