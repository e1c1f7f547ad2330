package proxy

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	fieldPart  = 500 * time.Millisecond
	fieldParts = 4 // of a segment
)

// fieldLowLatency is a packager of a low-latency playlist (RFC 8216bis, 4.4.3.8 and
// 6.2.5.2): parts of half a second, a hint of the next one, and blocking reload.
type fieldLowLatency struct{ live *fieldLive }

// ready is when a part is there.
func (l fieldLowLatency) ready(n, part int) time.Time {
	return l.live.t0.Add(time.Duration(n*fieldParts+part+1) * fieldPart)
}

// newest is the last part that is there.
func (l fieldLowLatency) newest() (n, part int) {
	k := int(time.Since(l.live.t0)/fieldPart) - 1
	return k / fieldParts, k % fieldParts
}

func (l fieldLowLatency) body(n, part int) []byte {
	body := fieldSecond(n)
	return body[len(body)*part/fieldParts : len(body)*(part+1)/fieldParts]
}

func (l fieldLowLatency) playlist() string {
	newest, part := l.newest()
	last := newest
	if part < fieldParts-1 {
		last-- // it is not whole yet
	}
	text := fmt.Sprintf("#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n#EXT-X-PART-INF:PART-TARGET=0.5\n"+
		"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,CAN-SKIP-UNTIL=12.0\n#EXT-X-MEDIA-SEQUENCE:%d\n", last-5)
	for n := last - 5; n <= newest; n++ {
		parts := fieldParts
		if n == newest && n > last {
			parts = part + 1
		}
		for k := 0; k < parts && n > last-2; k++ {
			text += fmt.Sprintf("#EXT-X-PART:DURATION=0.5,URI=\"part%d.%d.ts\"", n, k)
			if k == 0 {
				text += ",INDEPENDENT=YES"
			}
			text += "\n"
		}
		if n <= last {
			text += fmt.Sprintf("#EXTINF:2.000,\nseg%d.ts\n", n)
		}
	}
	next := newest*fieldParts + part + 1
	return text + fmt.Sprintf("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"part%d.%d.ts\"\n", next/fieldParts, next%fieldParts)
}

func (l fieldLowLatency) answer(r *fieldRequest) *fieldReply {
	if r.path == "/ll/v.m3u8" {
		if n, err := strconv.Atoi(r.query.Get("_HLS_msn")); err == nil {
			part, err := strconv.Atoi(r.query.Get("_HLS_part"))
			if err != nil {
				part = fieldParts - 1
			}
			time.Sleep(min(6*time.Second, time.Until(l.ready(n, part))))
		}
		if r.query.Get("_HLS_skip") != "" {
			return r.text(strings.Replace(l.playlist(), "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXT-X-MEDIA-SEQUENCE", 1))
		}
		return r.text(l.playlist())
	}
	newest, last := l.newest()
	if name, ok := strings.CutPrefix(r.path, "/ll/part"); ok {
		var n, part int
		if _, err := fmt.Sscanf(name, "%d.%d.ts", &n, &part); err != nil || part >= fieldParts || time.Until(l.ready(n, part)) > 2*time.Second {
			return nil
		}
		time.Sleep(time.Until(l.ready(n, part))) // a hint is held until it is there
		return r.bytes(l.body(n, part))
	}
	if n, ok := r.number("/ll/seg", ".ts"); ok && (n < newest || n == newest && last == fieldParts-1) {
		return r.bytes(fieldSecond(n))
	}
	return nil
}

func (f *field) lowLatency() fieldLowLatency {
	return fieldLowLatency{f.live(fieldLive{dur: 2 * time.Second})}
}

// blocking asks for the next part as low-latency players do.
func (l fieldLowLatency) blocking() fieldPlayer {
	return fieldPlayer{every: 50 * time.Millisecond, arguments: func(newest int) string {
		if newest < 0 {
			return ""
		}
		n, part := l.newest()
		next := n*fieldParts + part + 1
		return fmt.Sprintf("_HLS_msn=%d&_HLS_part=%d", next/fieldParts, next%fieldParts)
	}}
}

// Low-latency playlists pass: parts, hint and server control are there, the parts are
// those of now, blocking reload is answered, and the parts come.
func fieldLowLatencyPasses(f *field) {
	l := f.lowLatency()
	f.packagers(l.answer)
	late := 0
	how := l.blocking()
	how.until = func(p *fieldPlaylist) bool {
		n, part := l.newest()
		if f.since() > 2*time.Second && !strings.Contains(p.text, fmt.Sprintf("part%d.%d.ts", n, part)) {
			late++
		}
		return false
	}
	v := f.follow("/ll/v.m3u8", 12*time.Second, how)
	f.plays(v, fieldWant{wait: 5 * time.Second, least: 7, smooth: true})
	for _, tag := range []string{"#EXT-X-PART:", "#EXT-X-PART-INF:", "#EXT-X-PRELOAD-HINT:", "#EXT-X-SERVER-CONTROL:"} {
		f.within(v, tag, 0, 0, 1)
	}
	f.check(late <= len(v.looks)/4, "got the newest part missing in %d of %d playlists, want it in most", late, len(v.looks))
	f.check(len(v.looks) >= 20 && len(v.looks) <= 60, "got %d playlists in 12 s, want one for each part of half a second", len(v.looks))
	f.parts(v, l)
}

// parts fetches what the last playlist has in parts.
func (f *field) parts(v *fieldView, l fieldLowLatency) {
	if v.atEnd == nil {
		return
	}
	for _, p := range v.atEnd.parts {
		var n, part int
		if _, err := fmt.Sscanf(p.attributes["URI"][strings.LastIndex(p.attributes["URI"], "/")+1:], "part%d.%d.ts", &n, &part); err != nil {
			f.check(false, "got part %v, want the packager's", p.attributes)
			continue
		}
		g := f.get(p.url)
		f.check(g.status == 200 && bytes.Equal(g.body, l.body(n, part)), "part %d of number %d: got %s, want its bytes", part, n, g)
	}
	n, part := l.newest()
	next := n*fieldParts + part + 1
	g := f.get(fmt.Sprintf("/ll/part%d.%d.ts", next/fieldParts, next%fieldParts))
	f.check(g.status == 200 && bytes.Equal(g.body, l.body(next/fieldParts, next%fieldParts)), "the part that the hint names: got %s, want its bytes", g)
}

// A low-latency playlist over a kill, for a player that blocks and one that does not.
func fieldLowLatencyKill(f *field) {
	l := f.lowLatency()
	a, _ := f.packagers(l.answer)
	f.after(7*time.Second, a.kill)
	f.each(2, func(i int) {
		how := []fieldPlayer{l.blocking(), {}}[i]
		v := f.follow("/ll/v.m3u8", 20*time.Second, how)
		f.plays(v, fieldWant{what: []string{"a player that blocks", "a player that does not"}[i], wait: 7 * time.Second, least: 9, smooth: true})
	})
}

// Delta updates are no packager's to give to a player that did not ask, and no proxy's
// to ask for.
func fieldNoDelta(f *field) {
	l := f.lowLatency()
	a, b := f.packagers(l.answer)
	var v *fieldView
	f.together(func() { v = f.follow("/ll/v.m3u8", 8*time.Second) }, func() {
		for range 5 {
			time.Sleep(time.Second)
			g := f.get("/ll/v.m3u8?_HLS_skip=YES")
			f.check(g.status == 200, "with _HLS_skip: got %s, want 200", g)
			f.check(f.plain || !strings.Contains(string(g.body), "EXT-X-SKIP"), "with _HLS_skip: got a delta update of a packager, want a whole playlist")
		}
	})
	f.plays(v, fieldWant{wait: 5 * time.Second, least: 4, smooth: true})
	f.gone(v, "EXT-X-SKIP", 0, 0)
	f.check(f.plain || a.asked("_HLS_skip")+b.asked("_HLS_skip") == 0, "got packagers asked for delta updates, want none")
}
