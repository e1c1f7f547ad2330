package proxy

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// dateRange is an EXT-X-DATERANGE that starts at seconds from now.
func (f *field) dateRange(id, rest string, at time.Duration) string {
	return fmt.Sprintf("#EXT-X-DATERANGE:ID=\"%s\",START-DATE=\"%s\",%s", id, fieldDate(time.Now().Add(at)), rest)
}

const fieldAsset = `CLASS="com.apple.hls.interstitial",DURATION=30,X-ASSET-URI="http://ads.example/ad.m3u8"`

// within checks that so large a part of the playlists seen between two times has it.
func (f *field) within(v *fieldView, part string, from, to time.Duration, least float64) {
	with, all := v.seen(from, to, func(p *fieldPlaylist) bool { return strings.Contains(p.text, part) })
	f.check(all > 0 && float64(with) >= least*float64(all), "got %s in %d of %d playlists, want it in %.0f %%", part, with, all, 100*least)
}

// gone checks that none of the playlists seen between two times has it.
func (f *field) gone(v *fieldView, part string, from, to time.Duration) {
	with, all := v.seen(from, to, func(p *fieldPlaylist) bool { return strings.Contains(p.text, part) })
	f.check(with == 0, "got %s in %d of %d playlists, want it in none", part, with, all)
}

// A proxy that first looks during an ad break: the break's tags stay with their
// segments and leave with them. An unknown tag is passed over; one in front of a
// segment belongs there, not to the whole playlist (RFC 8216, 4.1 and 6.3.1).
func fieldCueOutFirstLook(f *field) {
	f.packagers(f.live(fieldLive{per: fieldBreak, window: 4}).at("/ch/v.m3u8")) // numbers 6 to 9: the first opens the break
	v := f.follow("/ch/v.m3u8", 15*time.Second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 10})
	f.breaks(v, 6, 12)
}

// fieldBreak is a break from number 6 to 12.
func fieldBreak(n int) string {
	switch {
	case n == 6:
		return "#EXT-OATCLS-SCTE35:/DAlAAAA\n#EXT-X-CUE-OUT:6.0"
	case n > 6 && n < 12:
		return fmt.Sprintf("#EXT-X-CUE-OUT-CONT:ElapsedTime=%d,Duration=6", n-6)
	case n == 12:
		return "#EXT-X-CUE-IN"
	}
	return ""
}

// breaks checks that the tags of a break stand where they belong, in each playlist.
func (f *field) breaks(v *fieldView, out, in int) {
	seen := false
	for _, p := range v.looks {
		for _, s := range p.segments {
			tags := strings.Join(s.tags, "\n")
			begins := strings.Contains(tags, "CUE-OUT:")
			if begins != (s.msn == out) {
				f.check(false, "got CUE-OUT %v at number %d, want it at number %d alone", begins, s.msn, out)
				return
			}
			if ends := strings.Contains(tags, "CUE-IN"); ends != (s.msn == in) {
				f.check(false, "got CUE-IN %v at number %d, want it at number %d alone", ends, s.msn, in)
				return
			}
			if cont := strings.Contains(tags, "CUE-OUT-CONT"); cont != (s.msn > out && s.msn < in) {
				f.check(false, "got CUE-OUT-CONT %v at number %d, want it from %d to %d", cont, s.msn, out+1, in-1)
				return
			}
			seen = seen || s.msn == in
		}
	}
	f.check(seen, "got no CUE-IN, want it in front of number %d", in)
}

// The tags of a break over a kill in the middle of it.
func fieldCueOutKill(f *field) {
	shifted := func(n int) string { return fieldBreak(n - 8) } // numbers 14 to 20
	a, _ := f.packagers(f.live(fieldLive{per: shifted, window: 8}).at("/ch/v.m3u8"))
	f.after(7*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 20*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 15, smooth: true})
	f.breaks(v, 14, 20)
}

// A DATERANGE that appears at the head of a live playlist while it is watched reaches
// players: it belongs to the playlist, and may be added at any time (RFC 8216bis,
// 4.4.5.1).
func fieldDateRangeAtHead(f *field) {
	tag := f.dateRange("head", fieldAsset, 0)
	f.packagers(f.live(fieldLive{dated: true, head: func() string {
		if f.since() > 3*time.Second {
			return tag
		}
		return "#EXT-X-INDEPENDENT-SEGMENTS"
	}}).at("/ch/v.m3u8"))
	v := f.follow("/ch/v.m3u8", 13*time.Second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 9})
	f.within(v, `ID="head"`, 6*time.Second, 0, 0.8)
}

// A DATERANGE written behind the last segment, as inserters of interstitials do,
// reaches players while packagers have it (RFC 8216bis, 4.4.5.1).
func fieldDateRangeBehindLast(f *field) {
	tag := f.dateRange("tail", fieldAsset, 0)
	f.packagers(f.live(fieldLive{dated: true, tail: func() string {
		if f.since() > 3*time.Second {
			return tag
		}
		return ""
	}}).at("/ch/v.m3u8"))
	v := f.follow("/ch/v.m3u8", 13*time.Second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 9})
	f.within(v, `ID="tail"`, 6*time.Second, 0, 0.8)
}

// An open DATERANGE that packagers repeat at the head as long as the break lasts stays
// there, and goes when it is gone: it must not be lost because the segment behind it
// has left (RFC 8216bis, 4.4.5.1).
func fieldDateRangeOpen(f *field) {
	tag := f.dateRange("open", "SCTE35-OUT=0xFC002F", -8*time.Second)
	f.packagers(f.live(fieldLive{window: 4, dated: true, head: func() string {
		if f.since() < 13*time.Second {
			return tag
		}
		return ""
	}}).at("/ch/v.m3u8"))
	v := f.follow("/ch/v.m3u8", 22*time.Second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 15})
	f.within(v, `ID="open"`, 0, 11*time.Second, 0.9)
	f.gone(v, `ID="open"`, 19*time.Second, 0)
}

// Attributes added to a DATERANGE of a segment that is already listed reach players: a
// DATERANGE of the same ID with more attributes may be added, and the union is what
// holds (RFC 8216bis, 4.4.5.1).
func fieldDateRangeUpdated(f *field) {
	tag := f.dateRange("u", `CLASS="com.apple.hls.interstitial",X-ASSET-URI="http://ads.example/ad.m3u8"`, 0)
	f.packagers(f.live(fieldLive{window: 20, ready: 20, dated: true, per: func(n int) string {
		switch {
		case n != 17:
			return ""
		case f.since() > 4*time.Second:
			return tag + "\n#EXT-X-DATERANGE:ID=\"u\",X-PLAYOUT-LIMIT=5"
		}
		return tag
	}}).at("/ch/v.m3u8"))
	v := f.follow("/ch/v.m3u8", 13*time.Second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 9})
	f.within(v, `ID="u"`, 0, 0, 1)
	f.within(v, "X-PLAYOUT-LIMIT=5", 7*time.Second, 0, 0.8)
}

// A DATERANGE that is taken away before its time, as a cancelled break is, goes; the one
// that is put in its place comes.
func fieldDateRangeRemoved(f *field) {
	one, two := f.dateRange("one", fieldAsset, 20*time.Second), f.dateRange("two", fieldAsset, 30*time.Second)
	f.packagers(f.live(fieldLive{dated: true, head: func() string {
		switch {
		case f.since() < 6*time.Second:
			return one
		case f.since() < 9*time.Second:
			return ""
		}
		return two
	}}).at("/ch/v.m3u8"))
	v := f.follow("/ch/v.m3u8", 18*time.Second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 13})
	f.within(v, `ID="one"`, 0, 5*time.Second, 0.9)
	f.gone(v, `ID="one"`, 13*time.Second, 0)
	f.within(v, `ID="two"`, 12*time.Second, 0, 0.9)
}

// An open DATERANGE over a kill: it stays as the other packager has it, with its end
// when it is known.
func fieldDateRangeKill(f *field) {
	begin := f.began
	a, _ := f.packagers(f.live(fieldLive{window: 5, dated: true, head: func() string {
		tag := fmt.Sprintf("#EXT-X-DATERANGE:ID=\"k\",START-DATE=\"%s\",SCTE35-OUT=0xFC002F", fieldDate(begin))
		if f.since() > 11*time.Second {
			tag += fmt.Sprintf("\n#EXT-X-DATERANGE:ID=\"k\",END-DATE=\"%s\",SCTE35-IN=0xFC003F", fieldDate(begin.Add(11*time.Second)))
		}
		return tag
	}}).at("/ch/v.m3u8"))
	f.after(5*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 18*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 13, smooth: true})
	f.within(v, "SCTE35-OUT=0xFC002F", 0, 0, 1)
	f.within(v, "SCTE35-IN=0xFC003F", 14*time.Second, 0, 0.9)
}

// An unknown tag in the header of every playlist is there once, in each playlist and
// also when all segments that were there at first have left.
func fieldHeaderTagsOnce(f *field) {
	tags := []string{"#EXT-X-VENDOR:by=\"somebody\"", "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-START:TIME-OFFSET=-6", "#EXT-X-ALLOW-CACHE:NO"}
	a, _ := f.packagers(f.live(fieldLive{window: 4, head: fieldLine(strings.Join(tags, "\n"))}).at("/ch/v.m3u8"))
	f.after(6*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 16*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 11, smooth: true})
	for _, tag := range tags {
		name, _, _ := strings.Cut(tag, ":")
		once, all := v.seen(0, 0, func(p *fieldPlaylist) bool { return strings.Count(p.text, name) == 1 })
		f.check(all > 0 && once == all, "got %s once in %d of %d playlists, want it once in each", name, once, all)
	}
}

// Tags in front of each segment, unknown ones and titles too, stay with it: no segment
// has one of another.
func fieldTagsOfSegments(f *field) {
	a, _ := f.packagers(f.live(fieldLive{per: func(n int) string {
		tag := fmt.Sprintf("#EXT-X-VENDOR-SEGMENT:n=%d\n# comment %d", n, n)
		if n%4 == 0 {
			tag += fmt.Sprintf("\n#EXT-X-SCTE35:TYPE=0x34,ID=%d,CUE=\"/DAl%d==\"", n, n)
		}
		if n%5 == 0 {
			tag += fmt.Sprintf("\n#EXT-X-ASSET:CAID=%d", n)
		}
		return tag
	}}).at("/ch/v.m3u8"))
	f.after(6*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 16*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 11, smooth: true})
	number := regexp.MustCompile(`(?:n|ID|CAID)=(\d+)`)
	for _, p := range v.looks {
		for i, s := range p.segments {
			tags := s.tags
			if i == 0 {
				tags = tags[min(4, len(tags)):] // the header stands in front of it too
			}
			text := strings.Join(tags, "\n")
			f.check(i == 0 || strings.Contains(text, fmt.Sprintf("n=%d\n", s.msn)), "number %d: got tags %q, want its own", s.msn, tags)
			f.check(i == 0 || strings.Contains(text, "#EXT-X-SCTE35") == (s.msn%4 == 0), "number %d: got tags %q, want SCTE35 at each fourth alone", s.msn, tags)
			for _, m := range number.FindAllStringSubmatch(text, -1) {
				f.check(m[1] == fmt.Sprint(s.msn), "number %d: got tag of %s, want its own", s.msn, m[1])
			}
		}
	}
}

// A GAP of the packagers' own is one: the player passes over it, and it leaves.
func fieldOwnGap(f *field) {
	live := f.live(fieldLive{version: 8, per: func(n int) string {
		if n == 14 {
			return "#EXT-X-GAP"
		}
		return ""
	}})
	a, _ := f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/seg14.ts" {
			return nil
		}
		return live.at("/ch/v.m3u8")(r)
	})
	f.after(8*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 18*time.Second)
	f.check(len(v.gaps) == 1 && v.gaps[0] == 14, "got gaps at %v, want one at number 14", v.gaps)
	v.gaps = nil
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 12, anyOrder: true, smooth: true})
}

// I-frame playlists are playlists like any other: their ranges and their tag stay.
func fieldIFrames(f *field) {
	size := fieldPacket * 3
	live := f.live(fieldLive{version: 4, head: fieldLine("#EXT-X-I-FRAMES-ONLY"), per: func(int) string { return fmt.Sprintf("#EXT-X-BYTERANGE:%d@0", size) }})
	master := fieldMaster("v.m3u8") + "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,URI=\"iframes.m3u8\"\n"
	f.packagers(fieldEither(fieldPages(map[string]func() string{"/ch/master.m3u8": fieldLine(master)}), live.at("/ch/iframes.m3u8"), f.live(fieldLive{}).at("/ch/v.m3u8")))
	g := f.get("/ch/master.m3u8")
	if !f.check(g.status == 200 && len(g.playlist().iframes) == 1, "multivariant playlist: got %s, want 200 and the I-frame playlist", g) {
		return
	}
	v := f.follow(g.playlist().iframes[0].url, 9*time.Second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 6, anyOrder: true, smooth: true})
	f.within(v, "#EXT-X-I-FRAMES-ONLY", 0, 0, 1)
	for _, p := range v.good {
		f.check(strings.HasPrefix(string(fieldSecond(p.msn)), string(p.got.body)), "number %d: got other bytes, want the first %d of its segment", p.msn, size)
	}
}
