package proxy

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
)

// A playlist that is passed through is announced, and announced again once it is refused
// or no longer asked for: otherwise a count of degraded playlists would stay too high.
func TestADegradedPlaylistDoesNotStayOneForEver(t *testing.T) {
	for name, c := range map[string]struct {
		later func(f *field, gone *atomic.Bool) // after it is passed through
		want  event.Serving
	}{
		"nobody asks": {func(*field, *atomic.Bool) { time.Sleep(12 * time.Second) },
			event.Serving{Mode: "not followed", Reason: "no player asks for it any more"}},
		"refused": {func(f *field, gone *atomic.Bool) {
			gone.Store(true)
			for range 30 {
				time.Sleep(time.Second)
				f.get("/ll/v.m3u8")
			}
		}, event.Serving{Mode: "refused", Reason: "packagers refuse it"}},
	} {
		t.Run(name, func(t *testing.T) {
			bad := runField(t, startField, false, func(f *field) {
				f.settings = service.Environment{"PROXY_ADMIN": "public", "PROXY_IDLE": "10s"}
				l := f.lowLatency()
				var gone atomic.Bool
				f.packagers(fieldEither(func(r *fieldRequest) *fieldReply {
					if gone.Load() {
						return r.status(403)
					}
					if r.path == "/ll/main.m3u8" {
						return r.text(fieldMaster("v.m3u8"))
					}
					return nil
				}, l.answer))
				f.get("/ll/main.m3u8")
				f.get("/ll/v.m3u8")
				time.Sleep(time.Second)
				c.later(f, &gone)

				var list []struct {
					Event string `json:"event"`
					event.Serving
				}
				g := f.get("/events")
				if err := json.Unmarshal(g.body, &list); err != nil {
					f.check(false, "events: %v", err)
					return
				}
				var got []event.Serving
				for _, e := range list {
					if strings.HasPrefix(e.Playlist, "/ll/v.m3u8") {
						got = append(got, e.Serving)
					} else {
						f.check(!e.Degraded, "got %+v, want a multivariant playlist not degraded", e)
					}
				}
				c.want.Playlist = "/ll/v.m3u8"
				f.check(len(got) == 2 && got[0].Degraded && got[0].Mode == "passed through" && got[1] == c.want,
					"got %+v, want it passed through, then %+v", got, c.want)
				f.check(len(list) > len(got), "got no word on the multivariant playlist")
			})
			for _, b := range bad {
				t.Error(b)
			}
		})
	}
}
