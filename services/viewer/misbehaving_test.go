package viewer

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// once is true at the first call that is asked about n or a later one.
func once(n int64) func(int64) bool {
	var done atomic.Bool
	return func(m int64) bool { return m >= n && done.CompareAndSwap(false, true) }
}

func TestMisbehaviourIsFoundAndNamed(t *testing.T) {
	const there = 115 // an MSN that the player is at after about 10 s
	for _, c := range []struct {
		name    string
		station func(*station)
		options PlayerOptions
		want    []Rule // exactly these
		text    string // of one of them
		failed  string // of one failed request; empty for none
	}{
		{name: "the MSN goes down", want: []Rule{RuleSequence, RuleGrowth}, text: "from 111 to 106",
			station: func(s *station) {
				back := once(there + 1)
				s.onList = func(p *m3u8.MediaPlaylist, newest int64) {
					if back(newest) {
						*p = *s.playlist(newest - 6)
					}
				}
			}},
		{name: "a segment is gone from the middle", want: []Rule{RuleIdentity, RuleMedia}, text: "msn 115 was 115.m4s 1s",
			station: func(s *station) {
				s.onList = func(p *m3u8.MediaPlaylist, newest int64) {
					if newest > there+1 {
						remove(p, there)
					}
				}
			}},
		{name: "a segment was never listed", want: []Rule{RuleSequence, RuleMedia}, text: "a hole of 1s before msn 115",
			station: func(s *station) {
				s.onList = func(p *m3u8.MediaPlaylist, newest int64) {
					*p = *s.playlist(newest + 1)
					if newest+1 >= there {
						remove(p, there)
					} else {
						p.Segments = p.Segments[:len(p.Segments)-1]
					}
				}
				s.window = 6
			}},
		{name: "a URI changes", want: []Rule{RuleIdentity}, text: "msn 114 was 114.m4s 1s discontinuity 0, is 114.m4s?again",
			station: func(s *station) {
				s.onList = func(p *m3u8.MediaPlaylist, newest int64) {
					if at := there - 1 - p.MediaSequence; newest >= there && at >= 0 {
						p.Segments[at].URI += "?again"
					}
				}
			}},
		{name: "a duration changes", want: []Rule{RuleIdentity}, text: "is 114.m4s 1.01s",
			station: func(s *station) {
				s.onList = func(p *m3u8.MediaPlaylist, newest int64) {
					if at := there - 1 - p.MediaSequence; newest >= there && at >= 0 {
						p.Segments[at].Duration += 10 * time.Millisecond
					}
				}
			}},
		{name: "dates drift", want: []Rule{RuleIdentity}, text: "the date of msn 114 went from 00:00:09.000 to 00:00:09.600",
			station: func(s *station) {
				s.onList = func(p *m3u8.MediaPlaylist, newest int64) {
					for i := range p.Segments {
						if newest >= there {
							p.Segments[i].ProgramDateTime = p.Segments[i].ProgramDateTime.Add(600 * time.Millisecond)
						}
					}
				}
			}},
		{name: "the discontinuity sequence goes down", want: []Rule{RuleDiscontinuity, RuleIdentity}, text: "went down from 3 to 2",
			station: func(s *station) {
				s.onList = func(p *m3u8.MediaPlaylist, newest int64) {
					p.DiscontinuitySequence = 3
					if newest > there {
						p.DiscontinuitySequence = 2
					}
				}
			}},
		{name: "a discontinuity that slid out is not counted", want: []Rule{RuleDiscontinuity, RuleIdentity}, text: "is 0 at msn 109, it was 1 there",
			station: func(s *station) {
				s.onList = func(p *m3u8.MediaPlaylist, _ int64) {
					if at := 108 - p.MediaSequence; at >= 0 && at < int64(len(p.Segments)) {
						p.Segments[at].Discontinuity = true
					}
				}
			}},
		{name: "the target duration changes", want: []Rule{RuleTarget}, text: "went from 1s to 2s",
			station: func(s *station) {
				s.window = 8
				s.onList = func(p *m3u8.MediaPlaylist, newest int64) {
					if newest >= there {
						p.TargetDuration = 2
					}
				}
			}},
		{name: "a segment is longer than the target duration", want: []Rule{RuleTarget}, text: "msn 101 lasts 1.5s",
			station: func(s *station) {
				s.onList = func(p *m3u8.MediaPlaylist, _ int64) {
					if p.MediaSequence <= 101 {
						p.Segments[101-p.MediaSequence].Duration = 1500 * time.Millisecond
					}
				}
				s.window = 6
			}},
		{name: "ENDLIST", want: []Rule{RuleEnd}, text: "EXT-X-ENDLIST at msn 11",
			station: func(s *station) {
				end := once(there)
				s.onList = func(p *m3u8.MediaPlaylist, newest int64) { p.EndList = end(newest) }
			}},
		{name: "the window is too short", want: []Rule{RuleWindow}, text: "2 segments lasts 2s, at least 3s",
			station: func(s *station) { s.window = 2 }},
		{name: "the playlist is cut", want: []Rule{RuleGrowth}, text: "truncated",
			station: func(s *station) {
				half := once(there)
				s.onText = func(text string, newest int64) string {
					if half(newest) {
						return strings.TrimSuffix(text, "\n")
					}
					return text
				}
			}},
		{name: "a page instead of the playlist", want: []Rule{RuleGrowth}, text: "#EXTM3U is due",
			station: func(s *station) {
				page := once(there)
				s.onText = func(text string, newest int64) string {
					if page(newest) {
						return "<html>sorry</html>\n"
					}
					return text
				}
			}},
		{name: "the playlist fails", want: nil, failed: "status 502 Bad Gateway",
			station: func(s *station) {
				bad := once(there)
				s.onRequest = func(w http.ResponseWriter, _ *http.Request, msn int64) bool {
					if msn >= 0 || !bad(s.newest()) {
						return false
					}
					w.WriteHeader(http.StatusBadGateway)
					return true
				}
			}},
		{name: "the playlist stands still", want: []Rule{RuleWindow}, text: "after msn 115, at most 1.5s is allowed",
			station: func(s *station) {
				s.window = 8
				s.onList = func(p *m3u8.MediaPlaylist, newest int64) {
					if newest > there && newest < there+3 {
						*p = *s.playlist(there)
					}
				}
			}},
		{name: "a listed segment is not there", want: []Rule{RuleDownload}, text: "msn 115 is listed, http://proxy/live01/115.m4s is answered with status 404", failed: "status 404 Not Found",
			station: func(s *station) {
				missing := once(there)
				s.onRequest = func(w http.ResponseWriter, r *http.Request, msn int64) bool {
					if msn != there || !missing(msn) {
						return false
					}
					http.NotFound(w, r)
					return true
				}
			}},
		{name: "a listed init section is not there", want: []Rule{RuleDownload}, text: "the init section of msn 1", failed: "status 404 Not Found",
			station: func(s *station) {
				missing := once(there)
				s.onRequest = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
					if !strings.HasSuffix(r.URL.Path, "init.mp4") || !missing(s.newest()) {
						return false
					}
					http.NotFound(w, r)
					return true
				}
			}},
		{name: "a segment leads elsewhere", want: []Rule{RuleDownload}, text: "another host",
			station: func(s *station) {
				s.onList = func(p *m3u8.MediaPlaylist, _ int64) {
					if at := there - p.MediaSequence; at >= 0 && at < int64(len(p.Segments)) {
						p.Segments[at].URI = "http://elsewhere/115.m4s"
					}
				}
			}},
		{name: "a segment is gone as soon as it is not listed", want: []Rule{RuleDownload}, text: "msn 110 has left the playlist lately", failed: "status 404 Not Found",
			station: func(s *station) {
				s.onRequest = func(w http.ResponseWriter, r *http.Request, msn int64) bool {
					if msn < 0 || msn > s.newest()-int64(s.window) {
						return false
					}
					http.NotFound(w, r)
					return true
				}
			}},
		{name: "a segment trickles", want: []Rule{RuleDownload}, text: "its bytes were waited for 1.",
			station: func(s *station) {
				s.onRequest = func(w http.ResponseWriter, r *http.Request, msn int64) bool {
					if msn != there {
						return false
					}
					for _, part := range slices.Collect(slices.Chunk(s.body(msn), 100)) {
						_, _ = w.Write(part)
						_ = http.NewResponseController(w).Flush()
						hang(r, 110*time.Millisecond)
					}
					return true
				}
			}},
		{name: "a body breaks off", want: nil, failed: "broke off after",
			station: func(s *station) { s.onRequest = at(there, func(w http.ResponseWriter) { cut(w, s.body(there)) }) }},
		{name: "a body is cut and ended cleanly, with a Content-Length of its own", want: []Rule{RuleWhole}, text: "truncated",
			station: func(s *station) { s.onBody = change(there, func(b []byte) []byte { return b[:len(b)-200] }) }},
		{name: "a body is cut and ended cleanly, chunked", want: []Rule{RuleWhole}, text: "truncated",
			station: func(s *station) {
				s.onRequest = at(there, func(w http.ResponseWriter) { chunked(w, s.body(there)[:600]) })
			}},
		{name: "a body is cut between fragments", want: []Rule{RuleWhole}, text: "its media lasts 500ms of the 1s",
			station: func(s *station) {
				s.onBody = change(there, func([]byte) []byte { return fragmentOf(there, there*time.Second, time.Second/2, 500) })
			}, options: PlayerOptions{Ledger: new(Ledger)}},
		{name: "a body is empty", want: []Rule{RuleWhole}, text: "a body of 0 bytes",
			station: func(s *station) { s.onBody = change(there, func([]byte) []byte { return nil }) }},
		{name: "a page instead of a segment", want: []Rule{RuleMedia}, text: `neither MPEG-TS nor fMP4: it begins with "<html>`,
			station: func(s *station) {
				s.onBody = change(there, func([]byte) []byte { return []byte("<html>sorry, not now</html>") })
			}},
		{name: "bytes are flipped among those that other players had", want: []Rule{RuleBytes}, text: "held",
			options: PlayerOptions{Ledger: ledgerOf("http://proxy/live01/115.m4s", newStation().body(there))},
			station: func(s *station) { s.onBody = change(there, flip) }},
		{name: "bytes are not those of the reference", want: []Rule{RuleBytes}, text: "it should hold",
			options: PlayerOptions{Reference: func(url string) (Sum, bool) { return Sum{1}, strings.HasSuffix(url, "/115.m4s") }},
			station: func(*station) {}},
		{name: "boxes do not decode", want: []Rule{RuleMedia}, text: "does not belong in one",
			station: func(s *station) {
				s.onBody = change(there, func(b []byte) []byte { return append(b, box("moov")...) })
			}},
		{name: "a track that is not in the init section", want: []Rule{RuleMedia}, text: "track 9 is not in the init section",
			station: func(s *station) {
				s.onBody = change(there, func(b []byte) []byte {
					at := bytes.Index(b, []byte("tfhd"))
					b[at+11] = 9
					return b
				})
			}},
		{name: "timestamps jump", want: []Rule{RuleMedia}, text: "msn 115: track 1 begins at 1m55.3s, the segment before it ends at 1m55s",
			station: func(s *station) {
				s.onBody = func(b []byte, msn int64) []byte {
					if msn < there {
						return b
					}
					return slicesOf(time.Duration(msn)*time.Second+300*time.Millisecond, time.Second, uint32(msn), 1000)
				}
			}},
		{name: "the init section becomes another", want: []Rule{RuleMedia}, text: "changed at msn 115 without a discontinuity",
			station: func(s *station) { s.onList = remap(there, false) }},
		{name: "the init section holds other bytes than before", want: []Rule{RuleBytes, RuleMedia}, text: "init.mp4 held",
			station: func(s *station) {
				s.onRequest = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
					if !strings.HasSuffix(r.URL.Path, "init.mp4") || s.newest() < there {
						return false
					}
					_, _ = w.Write(initSection('x'))
					return true
				}
			}},
		{name: "the init section is cut", want: []Rule{RuleWhole}, text: "init:",
			station: func(s *station) {
				s.onRequest = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
					if !strings.HasSuffix(r.URL.Path, "init.mp4") {
						return false
					}
					_, _ = w.Write(initSection('.')[:100])
					return true
				}
			}},
		{name: "MPEG-TS out of step", want: []Rule{RuleMedia}, text: "packet 3 begins with 0x0",
			station: func(s *station) {
				s.ts = true
				s.onBody = change(there, func(b []byte) []byte { b[3*packetSize] = 0; return b })
			}},
		{name: "MPEG-TS with half a packet", want: []Rule{RuleWhole}, text: "no whole number of MPEG-TS packets",
			station: func(s *station) {
				s.ts = true
				s.onBody = change(there, func(b []byte) []byte { return b[:len(b)-packetSize/2] })
			}},
		{name: "MPEG-TS cut between packets", want: []Rule{RuleWhole}, text: "its media lasts",
			station: func(s *station) {
				s.ts = true
				s.onBody = change(there, func(b []byte) []byte { return b[:5*packetSize] })
			}},
		{name: "MPEG-TS whose timestamps jump", want: []Rule{RuleMedia}, text: "msn 115: track 256 begins",
			station: func(s *station) {
				s.ts = true
				s.onBody = func(b []byte, msn int64) []byte {
					if msn < there {
						return b
					}
					return tsSegment(time.Duration(msn)*time.Second+time.Hour, time.Second)
				}
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStation()
			c.station(s)
			r := watch(t, s, c.options, 30*time.Second)
			got, text := map[Rule]bool{}, ""
			for _, v := range r.Violations {
				got[v.Rule] = true
				text += v.String() + "\n"
			}
			want := map[Rule]bool{}
			for _, rule := range c.want {
				want[rule] = true
			}
			if !maps.Equal(got, want) || !strings.Contains(text, c.text) {
				t.Errorf("got:\n%swant %v with %q", text, c.want, c.text)
			}
			var failed []string
			for _, f := range r.Failures {
				failed = append(failed, f.Err)
			}
			if said := strings.Join(failed, "\n"); (said != "") != (c.failed != "") || !strings.Contains(said, c.failed) {
				t.Errorf("failed requests: got %q, want %q", failed, c.failed)
			}
			if sum := Summarize([]PlayerReport{r}); sum.Clean() {
				t.Errorf("got a clean summary: %s", sum)
			}
			if r.Violated != len(r.Violations) || r.Failed != len(r.Failures) {
				t.Errorf("got counts of %d and %d, want %d and %d", r.Violated, r.Failed, len(r.Violations), len(r.Failures))
			}
		})
	}
}

// at answers the first request for a segment.
func at(msn int64, answer func(http.ResponseWriter)) func(http.ResponseWriter, *http.Request, int64) bool {
	due := once(msn)
	return func(w http.ResponseWriter, _ *http.Request, m int64) bool {
		if m != msn || !due(m) {
			return false
		}
		answer(w)
		return true
	}
}

// change changes the body of a segment, each time it is asked for.
func change(msn int64, to func([]byte) []byte) func([]byte, int64) []byte {
	return func(b []byte, m int64) []byte {
		if m != msn {
			return b
		}
		return to(b)
	}
}

// flip changes one byte in the media of a segment: it decodes still.
func flip(b []byte) []byte {
	b[len(b)-1] ^= 1
	return b
}

// remove takes a segment out of a playlist, and those behind it get its numbers.
func remove(p *m3u8.MediaPlaylist, msn int64) {
	switch at := msn - p.MediaSequence; {
	case at >= 0 && at < int64(len(p.Segments)):
		p.Segments = slices.Delete(p.Segments, int(at), int(at)+1)
	case at < 0:
		p.MediaSequence--
	}
}

// remap changes the init section from a segment on.
func remap(msn int64, discontinuity bool) func(*m3u8.MediaPlaylist, int64) {
	return func(p *m3u8.MediaPlaylist, _ int64) {
		for i := range p.Segments {
			switch m := p.MediaSequence + int64(i); {
			case m > msn && i == 0 && discontinuity:
				p.DiscontinuitySequence = 1
				fallthrough
			case m >= msn:
				p.Segments[i].Map = &m3u8.Map{URI: "init2.mp4"}
				p.Segments[i].Discontinuity = discontinuity && m == msn
			}
		}
	}
}

func ledgerOf(uri string, body []byte) *Ledger {
	l := new(Ledger)
	l.Enter(uri, sumOf(body))
	return l
}
