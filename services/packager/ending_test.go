package packager

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/packager/disktest"
)

// pass sets the packager's clock forward.
func (r *running) pass(d time.Duration) { r.step.Add(int64(d)) }

func TestASignalThatEndedIsServedUntilItIsRemoved(t *testing.T) {
	t.Parallel()
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	r := run(t, d.Output)
	r.awaitMSN(103)
	held := make(chan answer, 1)
	go func() { held <- r.get("/live01/playlist.m3u8?_HLS_msn=104") }()
	servicetest.Await(t, "a held request", func() bool { return r.s.held.Load() == 1 })
	d.End()
	if got := <-held; got.status != 200 || !strings.HasSuffix(got.body, "103.m4s\n#EXT-X-ENDLIST\n") {
		t.Errorf("a held request: got %d\n%s\nwant the end at once", got.status, got.body)
	}
	if got := r.get("/live01/playlist.m3u8?_HLS_msn=104"); got.status != 200 || !strings.Contains(got.body, "#EXT-X-ENDLIST") {
		t.Errorf("a later request: got %d, want no wait for what will not come", got.status)
	}
	if got := r.get("/signals").body; got != "[]\n" {
		t.Errorf("signals: got %s, want none that goes on", got)
	}
	r.pass(time.Minute)
	if got := r.get("/live01/playlist.m3u8"); got.status != 200 {
		t.Errorf("while it is on disk: got %d, want 200", got.status)
	}
	d.Check(os.RemoveAll(d.Path("")))
	servicetest.Await(t, "the playlist to be gone", func() bool { return r.get("/live01/playlist.m3u8").status == 404 })
	if got := r.get("/live01/103.m4s"); got.status != 200 {
		t.Errorf("the media: got %d, want it to stay for those who play its end", got.status)
	}
	r.pass(10 * time.Second)
	servicetest.Await(t, "the media to be gone", func() bool { return r.get("/live01/103.m4s").status == 404 })
	servicetest.Await(t, "not ready", func() bool { ok, _ := r.s.Ready(); return !ok })
}

func TestASignalThatVanishedIsServedForAWhile(t *testing.T) {
	t.Parallel()
	d := disktest.New(t, t.TempDir())
	d.Publish(100, 103)
	r := run(t, d.Output)
	r.awaitMSN(103)
	before := r.get("/live01/playlist.m3u8").body
	d.Check(os.RemoveAll(d.Path("")))
	r.pass(19 * time.Second)
	if got := r.get("/live01/playlist.m3u8"); got.body != before {
		t.Errorf("within the grace: got\n%s\nwant\n%s", got.body, before)
	}
	servicetest.Await(t, "it is missed", func() bool {
		r.pass(time.Second) // the grace begins when it is missed first
		return strings.Contains(r.get("/live01/playlist.m3u8").body, "#EXT-X-ENDLIST")
	})
	if got := r.get("/live01/103.m4s"); got.status != 200 {
		t.Errorf("the media: got %d, want 200", got.status)
	}
	servicetest.Await(t, "the playlist to be gone", func() bool {
		r.pass(time.Second)
		return r.get("/live01/playlist.m3u8").status == 404
	})
}

func TestTheFolderOfSignalsMayBeSweptAway(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(d *disktest.Disk) error{
		"removed": func(d *disktest.Disk) error { return os.RemoveAll(d.Output) },
		"moved":   func(d *disktest.Disk) error { return os.Rename(d.Output, d.Output+".old") },
	} {
		t.Run(name, func(t *testing.T) {
			d := disktest.New(t, t.TempDir()+"/output")
			d.Publish(100, 103)
			r := run(t, d.Output)
			r.awaitMSN(103)
			stop, stopped := make(chan struct{}), make(chan int)
			go func() { // players of it
				bad := 0
				for {
					for _, name := range []string{media.PlaylistName, "103.m4s", d.Init} {
						if r.get("/live01/"+name).status != http.StatusOK {
							bad++
						}
					}
					select {
					case <-stop:
						stopped <- bad
						return
					default:
					}
				}
			}()
			for n := int64(104); n < 107; n++ {
				d.Check(away(d))
				d.Check(os.RemoveAll(d.Output + ".old"))
				d.Check(os.MkdirAll(d.Path(""), 0o755))
				d.Publish(n, n)
				r.awaitMSN(n)
			}
			close(stop)
			if bad := <-stopped; bad > 0 {
				t.Errorf("got %d answers that were not 200, want none", bad)
			}
		})
	}
}

func TestADeletedSignalEnds(t *testing.T) {
	t.Parallel()
	r, p := runHTTP(t)
	p.publish(100, 103)
	held := make(chan answer, 1)
	go func() { held <- r.get("/live01/playlist.m3u8?_HLS_msn=104") }()
	servicetest.Await(t, "a held request", func() bool { return r.s.held.Load() == 1 })
	if got := r.do(http.MethodDelete, "/live01/playlist.m3u8"); got.status != 204 {
		t.Fatalf("got %d %s, want 204", got.status, got.body)
	}
	r.pass(3 * time.Second) // within which another worker might go on
	if got := <-held; got.status != 200 || !strings.Contains(got.body, "#EXT-X-ENDLIST") {
		t.Errorf("a held request: got %d\n%s\nwant the end", got.status, got.body)
	}
	r.pass(42 * time.Second)
	servicetest.Await(t, "the playlist to be gone", func() bool { return r.get("/live01/playlist.m3u8").status == 404 })
	if got := r.get("/live01/103.m4s"); got.status != 200 {
		t.Errorf("the media: got %d, want it to stay for those who play its end", got.status)
	}
	r.pass(10 * time.Second)
	servicetest.Await(t, "the media to be gone", func() bool { return r.get("/live01/103.m4s").status == 404 })
}

func TestAFilmOnAnotherGridIsServed(t *testing.T) {
	t.Parallel()
	grid := media.Grid{Segment: 2002 * time.Millisecond}
	grid.Offset = 104 - grid.At(time.Unix(208, 0))
	r, p := runHTTP(t)
	d := disktest.New(t, t.TempDir())
	folder := run(t, d.Output)
	p.publish(100, 103)
	d.Publish(100, 103)
	p.Grid, p.Init, d.Grid, d.Init = grid, "init-bbbb.mp4", grid, "init-bbbb.mp4"
	for n := int64(104); n < 107; n++ {
		r.pass(2 * time.Second)
		folder.pass(2 * time.Second)
		p.publish(n, n)
		d.Publish(n, n)
		r.awaitMSN(n)
		folder.awaitMSN(n)
	}
	if got := r.states(); got != "103 !104 105 106" {
		t.Errorf("got %s, want a discontinuity where the film was replaced", got)
	}
	if errs := r.list().Check(); errs != nil {
		t.Errorf("got the broken rules %v", errs)
	}
	if got, want := r.get("/live01/playlist.m3u8").body, folder.get("/live01/playlist.m3u8").body; got != want {
		t.Errorf("by HTTP\n%s\nby the folder\n%s", got, want)
	}
}
