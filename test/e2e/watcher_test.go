package e2e

import (
	"fmt"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/test/harness"
)

// watcher loads the proxy's playlist again and again, and notes every change that a
// playlist must never make.
type watcher struct {
	quit chan struct{}
	done chan struct{}
	last chan int64 // the newest MSN, one value

	uris     map[int64]string
	problems []string
}

func watchPlaylist(p *harness.Platform) *watcher {
	w := &watcher{quit: make(chan struct{}), done: make(chan struct{}), last: make(chan int64, 1), uris: map[int64]string{}}
	w.last <- -1
	go func() {
		defer close(w.done)
		for {
			select {
			case <-w.quit:
				return
			case <-time.After(200 * time.Millisecond):
			}
			if list, err := harness.Playlist(p.PlaylistURL()); err == nil {
				w.check(list)
			}
		}
	}()
	return w
}

func (w *watcher) check(list *m3u8.MediaPlaylist) {
	last := <-w.last
	if list.LastMSN() < last {
		w.problems = append(w.problems, fmt.Sprintf("newest msn went from %d to %d", last, list.LastMSN()))
	}
	w.last <- max(last, list.LastMSN())
	if list.EndList {
		w.problems = append(w.problems, "EXT-X-ENDLIST")
	}
	for i, s := range list.Segments {
		msn := list.MediaSequence + int64(i)
		if was, ok := w.uris[msn]; ok && was != s.URI {
			w.problems = append(w.problems, fmt.Sprintf("msn %d was %s, is %s", msn, was, s.URI))
		}
		w.uris[msn] = s.URI
		if s.Discontinuity || s.Gap {
			w.problems = append(w.problems, fmt.Sprintf("msn %d: discontinuity %t, gap %t", msn, s.Discontinuity, s.Gap))
		}
	}
}

func (w *watcher) newest() int64 {
	last := <-w.last
	w.last <- last
	return last
}

func (w *watcher) stop() []string {
	close(w.quit)
	<-w.done
	return w.problems
}
