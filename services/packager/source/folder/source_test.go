package folder

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/disktest"
	"livestream-tui/services/packager/sink"
	"livestream-tui/services/packager/sinktest"
)

// patience bounds every wait of a test; it measures nothing.
const patience = 20 * time.Second

// onBench is a folder that is read when the test says so.
func onBench(t *testing.T) (*disktest.Disk, *sinktest.Bench, *Source) {
	t.Helper()
	d, b := disktest.New(t, filepath.Join(t.TempDir(), "output")), sinktest.New(t, true)
	return d, b, sourceOf(b, d.Output)
}

func sourceOf(b *sinktest.Bench, output string) *Source {
	return New(b.Sink, Options{
		Output: output, Window: 4, Scanned: func() {}, Now: b.Now,
		Log: hclog.New(&hclog.LoggerOptions{Output: b.Log, Level: hclog.Debug}),
	})
}

func TestAStartPublishesOnceAndNothingOld(t *testing.T) {
	d, b, f := onBench(t)
	d.Publish(100, 103)
	b.Want("before the scan", "nothing")
	f.scan(false)
	d.Publish(104, 120) // the scan took long
	b.Want("during the scan", "nothing")
	f.scan(true)
	snap := b.Snapshot()
	if snap == nil || snap.Newest() != 120 {
		t.Fatalf("got %+v first, want msn 120", snap)
	}
	select {
	case <-snap.Replaced:
		t.Error("it was replaced at once, want one playlist")
	default:
	}
}

func TestTheLeftoverOfAnEarlierRunIsNotPublished(t *testing.T) {
	const lasts = 4 * 2 * time.Second // a window
	end := time.Unix(208, 0)          // of segment 103
	for _, c := range []struct {
		name  string
		now   time.Time
		ended bool
		want  string
		known bool
	}{
		{"ended as long ago as a window lasts: the encoder is down for a moment", end.Add(lasts), false, "100 101 102 103", true},
		{"ended longer ago", end.Add(lasts + 1), false, "nothing", true},
		{"from the future: a clock is wrong", end.Add(-time.Hour), false, "100 101 102 103", true},
		{"its film was removed just now", end, true, "100 101 102 103 end", true},
		{"its film was removed long ago: nobody is to wait for it", end.Add(lasts + 1), true, "nothing", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, b, f := onBench(t)
			b.Set(c.now)
			d.Publish(100, 103)
			if c.ended {
				d.End()
			}
			for range 3 { // looking again makes it no newer
				f.scan(true)
				b.Pass(0)
				b.Want("at first", c.want)
			}
			if got := b.Sink.Knows("live01"); got != c.known {
				t.Errorf("got known %t, want %t", got, c.known)
			}
			if got := b.Log.Count("left by an earlier run"); got > 1 {
				t.Errorf("got %d lines about it, want 1 at most", got)
			}
			d.Publish(200, 200)
			f.scan(true)
			if snap := b.Snapshot(); snap == nil || snap.Newest() != 200 || snap.List.EndList {
				t.Errorf("once the encoder went on: got %s, want 200", b.Shown())
			}
		})
	}
}

// follow waits until notifications alone have led to a segment.
func (f *Source) follow(t *testing.T, b *sinktest.Bench, signal string, msn int64) {
	t.Helper()
	late := time.After(patience)
	for {
		if snap, _ := b.Sink.Find(signal); snap != nil && snap.Newest() == msn {
			return
		}
		select {
		case e := <-f.watcher.Events:
			f.notified(f.watcher.Events, e)
		case <-late:
			t.Fatalf("%s: no notification led to msn %d", signal, msn)
		}
	}
}

func watched(t *testing.T, f *Source) {
	t.Helper()
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = watcher.Close() })
	f.watcher = watcher
}

func TestNotificationsAreEnough(t *testing.T) {
	d, b, f := onBench(t)
	watched(t, f)
	f.scan(true)
	d.Publish(100, 103)
	f.follow(t, b, "live01", 103)
	d.Publish(104, 104)
	f.follow(t, b, "live01", 104)
	d.Signal, d.List = "live02", disktest.NewList()
	d.Check(os.MkdirAll(d.Path(""), 0o755))
	d.Publish(105, 105)
	f.follow(t, b, "live02", 105)
}

func TestAFolderThatWasMadeAnewIsWatchedAnew(t *testing.T) {
	for _, c := range []struct {
		name string
		away func(d *disktest.Disk) error
	}{
		{"the signal's was removed", func(d *disktest.Disk) error { return os.RemoveAll(d.Path("")) }},
		{"the signal's was moved away", func(d *disktest.Disk) error { return os.Rename(d.Path(""), d.Path("")+".old") }},
		{"the folder of signals was removed", func(d *disktest.Disk) error { return os.RemoveAll(d.Output) }},
		{"the folder of signals was moved away", func(d *disktest.Disk) error { return os.Rename(d.Output, d.Output+".old") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, b, f := onBench(t)
			watched(t, f)
			d.Publish(100, 103)
			f.scan(true)
			d.Check(c.away(d))
			f.scan(true) // as each second, or sooner
			if got := f.every(); got > rescanEvery {
				t.Errorf("got %s to the next look", got)
			}
			b.Want("while it is away", "100 101 102 103")
			d.Check(os.MkdirAll(d.Path(""), 0o755))
			f.scan(true)
			d.Publish(104, 104)
			f.follow(t, b, "live01", 104)
			d.Publish(105, 105)
			f.follow(t, b, "live01", 105)
			b.Want("when it is back", "102 103 104 105")
		})
	}
}

// grids are what a film may be replaced by.
func grids() map[string]media.Grid {
	ntsc := media.Grid{Segment: 2002 * time.Millisecond}
	ntsc.Offset = 200 - ntsc.At(time.Unix(208, 0)) // goes on at 200
	next := ntsc
	next.Offset = 104 - (media.Grid{Segment: ntsc.Segment}).At(time.Unix(210, 0))
	return map[string]media.Grid{
		"half as long segments, so twice as many":     {Segment: time.Second},
		"29.97 frames a second, far beyond":           ntsc,
		"29.97 frames a second, the very next number": next,
	}
}

func TestAFilmOnAnotherGridGoesOnUpwards(t *testing.T) {
	for name, grid := range grids() {
		for _, source := range []string{"folder", "http"} {
			t.Run(name+" by "+source, func(t *testing.T) {
				b := sinktest.New(t, source == "folder")
				d := disktest.New(t, filepath.Join(t.TempDir(), "output"))
				f := sourceOf(b, d.Output)
				p := sinktest.NewWorker(b)
				publish := func(from, to int64) {
					t.Helper()
					if source == "http" {
						p.Publish(from, to)
						return
					}
					d.Publish(from, to)
					f.scan(true)
				}
				publish(100, 103)
				first := grid.At(time.Unix(210, 0))
				d.Grid, p.Grid, d.Init, p.Init = grid, grid, "init-bbbb.mp4", "init-bbbb.mp4"
				for n := first; n < first+6; n++ {
					before := b.Snapshot()
					b.Pass(2 * time.Second)
					publish(n, n)
					if after := b.Snapshot(); after.Newest() < before.Newest() {
						t.Fatalf("got msn %d behind %d", after.Newest(), before.Newest())
					}
				}
				if source == "http" { // where others may fill the hole
					b.Pass(3 * time.Second)
				}
				snap := b.Snapshot()
				if snap.Newest() != first+5 || snap.List.TargetDuration != 2 {
					t.Fatalf("got %s, want msn %d at the end", b.Shown(), first+5)
				}
				if errs := snap.List.Check(); errs != nil && grid.Segment >= 2*time.Second {
					t.Errorf("got the broken rules %v", errs)
				}
				if got := snap.List.DiscontinuitySequence; got != 1 {
					t.Errorf("got discontinuity sequence %d, want 1", got)
				}
				if got := b.Log.Count("signal has trouble"); got != 0 {
					t.Errorf("got %d lines of trouble, want none", got)
				}
			})
		}
	}
}

func TestMediaExpires(t *testing.T) {
	d, b, f := onBench(t)
	b.Set(time.Unix(216, 0))
	d.Publish(100, 107)
	f.scan(true)
	snap := b.Snapshot()
	b.Pass(0) // 100 to 103 are older than the window
	// RFC 8216's own measure is 10 s; a proxy that was killed may ask a little later.
	b.Pass(16 * time.Second)
	if b.Snapshot() != snap {
		t.Error("the snapshot was replaced though nothing expired")
	}
	b.Pass(1)
	after := b.Snapshot()
	if after.Media["103.m4s"] != nil || after.Media["104.m4s"] == nil || after.Media["init-aaaa.mp4"] == nil {
		t.Errorf("got %v, want what is listed", after.Media)
	}
	if snap.Media["103.m4s"] == nil {
		t.Error("a snapshot changed")
	}
	select {
	case <-snap.Replaced:
		t.Error("requests that wait for a playlist were woken")
	default:
	}
	if string(after.Body) != string(snap.Body) || after.Replaced != snap.Replaced {
		t.Error("the playlist changed")
	}
}

func TestARepeatedTroubleIsToldWhenItBeginsLastsAndEnds(t *testing.T) {
	d, b, f := onBench(t)
	broken := func(n int64) {
		d.Write(media.PlaylistName, fmt.Appendf(nil, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:%d\n#EXT-X-MAP:URI=\"init-a.mp4\"\n#EXTINF:2,\n8.m4s\n", n))
	}
	for second := range 25 {
		broken(int64(100 + second)) // a number that moves is no other trouble
		f.scan(true)
		b.Pass(time.Second)
	}
	if got := b.Log.Count(`is \"8.m4s\"`); got != 3 {
		t.Errorf("within 25 s: got %d lines, want its beginning and two more", got)
	}
	d.Publish(100, 103)
	f.scan(true)
	b.Pass(sink.QuietFor + time.Second)
	b.Pass(time.Second)
	if got := b.Log.Count("signal no longer has that trouble"); got != 1 {
		t.Errorf("got %d lines that it is over, want 1", got)
	}
}

func TestAGapInTheFolderNeedsNoMedia(t *testing.T) {
	d, b, f := onBench(t)
	d.Publish(100, 100)
	d.Add(101)
	d.List.Segments[1].Gap = true
	d.Publish(102, 102)
	f.scan(true)
	b.Want("as its worker says", "100 -101 102")
}

func TestMediaThatStaysHalfBecomesAGap(t *testing.T) {
	d, b, f := onBench(t)
	d.Publish(100, 103)
	f.scan(true)
	whole := d.Segment(104)
	d.Write("104.m4s", whole[:len(whole)/2])
	d.Add(104)
	d.Publish(105, 105)
	f.scan(true)
	b.Want("at once", "100 101 102 103")
	b.Pass(3 * time.Second)
	f.scan(true)
	b.Want("once it had its time", "102 103 -104 105")
	if got := b.Log.Count("it is listed as a gap"); got != 1 {
		t.Errorf("got %d lines about the gap, want 1", got)
	}
}
