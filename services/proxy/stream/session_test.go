package stream

import (
	"strings"
	"testing"
	"time"
)

const mine = "/live01/video.m3u8?s=a" // what the first packager's copy names

// targets are what each packager is asked for.
func targets(key string, want ...string) act {
	return func(w *world) {
		w.t.Helper()
		for i, target := range want {
			if o := w.loads[place{key, i}]; o == nil || o.Target != target {
				w.t.Errorf("%s: packager %d: got %+v, want it asked for %s", w.now, i, o, target)
			}
		}
	}
}

func session(name string) func(p *simulated) { return func(p *simulated) { p.session = name } }

func TestSessions(t *testing.T) {
	play(t, []scenario{
		{"each packager is asked for its own", []*simulated{{session: "a"}, {session: "b"}}, []act{
			begins(main, mine), run(s10), targets(mine, mine, "/live01/video.m3u8?s=b"), wants(mine, Merged, ""), listed(mine, "1000 1001 1002 1003 1004 1005"),
			becomes(0, dies), run(s10), active(two), listed(mine, "1005 1006 1007 1008 1009 1010"), silent("discontinuity"),
		}},
		{"one change is a change", []*simulated{{session: "a"}, {session: "b"}}, []act{
			begins(main, mine), run(s10), becomes(0, session("c")), becomes(1, session("d")), run(2 * time.Minute), func(w *world) {
				if !strings.Contains(string(w.lists[main].shown.Body), "s=c") {
					w.t.Errorf("got\n%s\nwant the copy as it is now", w.lists[main].shown.Body)
				}
			}, targets(mine, "/live01/video.m3u8?s=c", "/live01/video.m3u8?s=d"), listed(mine, "1060 1061 1062 1063 1064 1065"),
		}},
		{"one that has ended is begun anew", []*simulated{{session: "a"}}, []act{
			begins(main, mine), run(s10), becomes(0, session("c")), run(s10), targets(mine, "/live01/video.m3u8?s=c"),
			wants(mine, Merged, ""), listed(mine, "1005 1006 1007 1008 1009 1010"),
		}},
		{"one that comes back has another", []*simulated{{session: "a"}, {session: "b"}}, []act{
			begins(main, mine), run(s10), becomes(0, dies), run(s10), becomes(0, lives), becomes(0, session("c")), run(s10), becomes(1, dies), run(s10),
			targets(mine, "/live01/video.m3u8?s=c"), active(one), listed(mine, "1015 1016 1017 1018 1019 1020"),
		}},
	})
}
