package proxy

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/proxy/follow"
)

func TestAPlaylistIsDroppedWhenIdleAndBegunAgain(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		v := p.watch()
		time.Sleep(10 * time.Second)
		v.end()
		time.Sleep(p.config.Idle + time.Second)
		if p.stream() != nil {
			t.Error("want it dropped")
		}
		synctest.Wait()
		listed := p.service.streams.Index.Count()
		if total, n := p.service.streams.Cache().Sweep(time.Now()); n != 0 || total != 0 || listed != 0 {
			t.Errorf("left behind: %d objects of %d bytes, %d listed", n, total, listed)
		}
		polls := p.packagers[0].playlists()
		time.Sleep(10 * time.Second)
		if got := p.packagers[0].playlists(); got > polls {
			t.Errorf("packagers were asked %d times more, want none", got-polls)
		}
		v = p.watch()
		time.Sleep(10 * time.Second)
		v.end()
		if n := len(p.service.streams.All()); n != 1 {
			t.Errorf("playlists: got %d, want 1", n)
		}
	})
}

func TestNothingGrowsOverHours(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		sizes := func() []int {
			_, objects := p.service.streams.Cache().Sweep(time.Now())
			return append(p.stream().Sizes(), p.service.streams.Index.Count(), objects)
		}
		v := p.watch()
		time.Sleep(40 * time.Second)
		before := sizes()
		for range 4 {
			p.packagers[0].die()
			time.Sleep(10 * time.Second)
			p.packagers[0].start()
			time.Sleep(20 * time.Second)
		}
		after := sizes()
		for i := range after {
			if after[i] > before[i]+2 {
				t.Errorf("fetches, uses, retired, entries, arrived, index, objects: got %v after %v", after, before)
				break
			}
		}
		v.end()
	}, withPolling)
}

func TestMadeUpNamesKeepNobodyOut(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		nothing := func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/playlist.m3u8") {
				return false
			}
			http.NotFound(w, r)
			return true
		}
		for _, one := range p.packagers {
			one.change(func(o *packager) { o.answers = nothing })
		}
		for i := range 20 {
			p.expect(fmt.Sprintf("/made/up%d.m3u8", i), 404)
		}
		p.expect(live, 200)
	}, func(p *platform) { p.config.Streams = 10 })
}

func TestMoreThanTheAllowedPlaylistsAreForwarded(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, p *platform) {
		p.expect("/a/playlist.m3u8", 200)
		p.expect("/b/playlist.m3u8", 200)
		p.expect("/c/playlist.m3u8", 200) // as a plain proxy has it
		if n := len(p.service.streams.All()); n != 2 {
			t.Errorf("followed: got %d, want 2", n)
		}
		p.expect("/a/playlist.m3u8", 200)
	}, func(p *platform) { p.config.Streams = 2 })
}

func TestAnUnlistedNameIsFetchedOnceAndKeptBriefly(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		for range 5 {
			p.expect("/live01/50.ts", 200)
		}
		asked := func() int { return p.packagers[0].asked("50.ts") + p.packagers[1].asked("50.ts") }
		if got := asked(); got != 1 {
			t.Errorf("requests: got %d, want 1", got)
		}
		time.Sleep(follow.UnlistedKept + 2*time.Second)
		p.expect("/live01/50.ts", 200)
		if got := asked(); got != 2 {
			t.Errorf("requests after %s: got %d, want 2", follow.UnlistedKept, got)
		}
	})
}

func TestAliasesOfAPlaylist(t *testing.T) {
	t.Run("percent-encoded ones are one", func(t *testing.T) {
		inBubble(t, 1, func(t *testing.T, p *platform) {
			for _, alias := range []string{live, "/%6cive01/playlist.m3u8", "/live01/%70laylist.m3u8", "/live01/./playlist.m3u8", "/x/../live01/playlist.m3u8", live + "?_HLS_msn=1"} {
				p.expect(alias, 200)
			}
			if n := len(p.service.streams.All()); n != 1 {
				t.Errorf("followed: got %d playlists, want one", n)
			}
		})
	})
	t.Run("others displace nothing that is watched", func(t *testing.T) {
		inBubble(t, 2, func(t *testing.T, p *platform) {
			v := p.watch()
			time.Sleep(7 * time.Second)
			watched := p.stream()
			for i := range 200 {
				p.expect(fmt.Sprintf("%s?x=%d", live, i), 200)
				time.Sleep(100 * time.Millisecond)
			}
			if p.stream() != watched {
				t.Error("the playlist that is watched was displaced")
			}
			if n := len(p.service.streams.All()); n > p.config.Streams {
				t.Errorf("followed: got %d, want %d at most", n, p.config.Streams)
			}
			v.smooth(2400*time.Millisecond, 50*time.Millisecond)
			v.end()
		}, func(p *platform) { p.config.Streams = 20 })
	})
}

func TestMadeUpPlaylists(t *testing.T) {
	t.Run("that are missing cost one request each", func(t *testing.T) {
		inBubble(t, 2, func(t *testing.T, p *platform) {
			p.everyPackager(func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, "/x/") {
					return false
				}
				http.NotFound(w, r)
				return true
			})
			v := p.watch()
			time.Sleep(5 * time.Second)
			const names = 500
			for i := range names {
				p.expect(fmt.Sprintf("/x/%d.m3u8", i), 404)
				if i%50 == 0 {
					time.Sleep(100 * time.Millisecond)
				}
			}
			p.expect(live+"?new=1", 200)
			time.Sleep(3 * time.Second)
			for _, one := range p.packagers {
				if n := one.asked(".m3u8"); n > names {
					t.Errorf("%s: %d requests for %d names", one.name, n, names)
				}
			}
			v.smooth(2400*time.Millisecond, 50*time.Millisecond)
			v.end()
		})
	})
	t.Run("that hang are bounded and given up", func(t *testing.T) {
		inBubble(t, 2, func(t *testing.T, p *platform) {
			var open, most atomic.Int64
			p.everyPackager(hanging("/hang/", &open, &most))
			v := p.watch()
			time.Sleep(5 * time.Second)
			var flood sync.WaitGroup
			for i := range 200 {
				flood.Go(func() { p.leaveAfter(2*time.Second, fmt.Sprintf("/hang/%d.m3u8", i)) })
			}
			time.Sleep(time.Second)
			if n := len(p.service.streams.All()); n > follow.UnprovenMost+1 {
				t.Errorf("followed: got %d, want %d beside the live one", n, follow.UnprovenMost)
			}
			p.expect(live+"?new=1", 200)
			flood.Wait()
			time.Sleep(follow.UnprovenIdle + time.Second)
			if n := len(p.service.streams.All()); n > 2 {
				t.Errorf("nobody waits: %d playlists are followed still, want 2 at most", n)
			}
			p.expect(live+"?new=2", 200)
			if p.service.streams.Find(live+"?new=2") == nil {
				t.Error("a new playlist finds no room though nobody waits for what hangs")
			}
			v.smooth(2400*time.Millisecond, 50*time.Millisecond)
			v.end()
		})
	})
}

func TestTheLimitOfMemoryLeavesRoomForWhatIsNoMedia(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		name            string
		media, stacks   int64
		atLeast, within int64
	}{
		{name: "few players", media: 1024 * mib, stacks: 4 * mib, atLeast: (1024 + 50) * mib, within: (1024 + 102) * mib},
		{name: "hardly any media", media: mib, stacks: 4 * mib, atLeast: 60 * mib, within: 128 * mib},
		{name: "20,000 who wait", media: 1024 * mib, stacks: 200 * mib, atLeast: (1024 + 600) * mib, within: 2048 * mib},
	} {
		if got := memoryLimit(c.media, c.stacks); got < c.atLeast || got > c.within {
			t.Errorf("%s: got %d MiB, want %d to %d", c.name, got/mib, c.atLeast/mib, c.within/mib)
		}
	}
	if got, least := (&Service{config: Config{CacheBytes: mib}}).MemoryLimit(), memoryLimit(mib, mib/16); got <= least {
		t.Errorf("of this process: got %d, want its stacks counted", got)
	}
}
