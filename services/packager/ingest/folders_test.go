package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/disktest"
)

// patience bounds every wait of a test; none is a measure of anything.
const patience = 20 * time.Second

// onBench is a folder that is read when the test says so.
func onBench(t *testing.T) (*disktest.Disk, *bench, *Folders) {
	t.Helper()
	d, b := disktest.New(t, filepath.Join(t.TempDir(), "output")), newBench(t, true)
	return d, b, NewFolders(b.k, d.Output, func() {})
}

func TestAStartPublishesOnceAndNothingOld(t *testing.T) {
	d, b, f := onBench(t)
	d.Publish(100, 103)
	b.want("before the scan", "nothing")
	f.scan(false)
	d.Publish(104, 120) // the scan took long
	b.want("during the scan", "nothing")
	f.scan(true)
	snap := b.snapshot()
	if snap == nil || snap.Newest() != 120 {
		t.Fatalf("got %+v first, want msn 120", snap)
	}
	select {
	case <-snap.Replaced:
		t.Error("it was replaced at once, want one playlist")
	default:
	}
}

func TestWhatAnEarlierRunLeftIsNotPublished(t *testing.T) {
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
			b.now = c.now
			d.Publish(100, 103)
			if c.ended {
				d.End()
			}
			for range 3 { // looking again makes it no newer
				f.scan(true)
				b.pass(0)
				b.want("at first", c.want)
			}
			if got := b.k.Knows("live01"); got != c.known {
				t.Errorf("got known %t, want %t", got, c.known)
			}
			if got := b.log.count("left by an earlier run"); got > 1 {
				t.Errorf("got %d lines about it, want 1 at most", got)
			}
			d.Publish(200, 200)
			f.scan(true)
			if snap := b.snapshot(); snap == nil || snap.Newest() != 200 || snap.List.EndList {
				t.Errorf("once the encoder went on: got %s, want 200", b.shown())
			}
		})
	}
}

// follow waits until notifications alone have led to a segment.
func (f *Folders) follow(t *testing.T, b *bench, signal string, msn int64) {
	t.Helper()
	late := time.After(patience)
	for {
		if snap, _ := b.k.Find(signal); snap != nil && snap.Newest() == msn {
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

func watched(t *testing.T, f *Folders) {
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
			b.want("while it is away", "100 101 102 103")
			d.Check(os.MkdirAll(d.Path(""), 0o755))
			f.scan(true)
			d.Publish(104, 104)
			f.follow(t, b, "live01", 104)
			d.Publish(105, 105)
			f.follow(t, b, "live01", 105)
			b.want("when it is back", "102 103 104 105")
		})
	}
}

func TestAFolderThatVanishedIsWaitedFor(t *testing.T) {
	d, b, f := onBench(t)
	d.Publish(100, 103)
	f.scan(true)
	d.Check(os.RemoveAll(d.Output))
	f.scan(true)
	b.pass(vanishGrace - time.Second)
	f.scan(true)
	b.want("within the grace", "100 101 102 103")
	if got := b.k.Names(); len(got) != 1 {
		t.Errorf("within the grace: got %v that go on, want live01: nobody says that it ends", got)
	}
	b.pass(time.Second)
	f.scan(true)
	b.want("after it", "100 101 102 103 end")
	b.pass(lingers - vanishGrace - time.Second)
	f.scan(true)
	b.want("while players find the end", "100 101 102 103 end")
	b.pass(time.Second)
	b.want("later", "gone")
	if b.snapshot().Media["103.m4s"] == nil {
		t.Error("the media went with the playlist, want it to stay for a while")
	}
	b.pass(mediaLingers)
	if b.k.Knows("live01") {
		t.Error("it is known still")
	}
	f.scan(true)
	if len(f.signals) != 0 {
		t.Error("it is remembered still")
	}
	if got := b.log.count("on disk no more"); got != 1 {
		t.Errorf("got %d lines that it is away, want 1", got)
	}
}

func TestARemovedFilmEnds(t *testing.T) {
	d, b, f := onBench(t)
	d.Publish(100, 103)
	f.scan(true)
	before := b.snapshot()
	d.End()
	f.scan(true)
	b.pass(0)
	b.want("its playlist says that it ends", "100 101 102 103 end")
	select {
	case <-before.Replaced:
	default:
		t.Error("requests that wait for a playlist were not woken")
	}
	if got := b.k.Names(); len(got) != 0 {
		t.Errorf("got %v that go on, want none", got)
	}
	ended := b.snapshot()
	b.pass(lingers)
	f.scan(true)
	b.want("for as long as its worker leaves it", "100 101 102 103 end")
	d.Check(os.Remove(d.Path(media.PlaylistName)))
	f.scan(true)
	b.want("the playlist is removed", "gone")
	select {
	case <-ended.Replaced:
	default:
		t.Error("requests that wait for a playlist were not woken")
	}
	d.Check(os.RemoveAll(d.Path("")))
	f.scan(true)
	b.pass(mediaLingers - 1)
	if s := b.snapshot(); s == nil || s.Media["103.m4s"] == nil {
		t.Error("the media went at once, want it to stay for a while")
	}
	b.pass(1)
	if b.k.Knows("live01") {
		t.Error("it is known still")
	}
	if got := b.log.count("signal ended"); got != 1 {
		t.Errorf("got %d lines that it ended, want 1", got)
	}
	d.Check(os.MkdirAll(d.Path(""), 0o755))
	b.pass(10 * time.Minute)
	d.Publish(430, 430)
	f.scan(true)
	b.want("it is back much later", "430")
}

func TestASignalThatEndsAgainEnds(t *testing.T) {
	d, b, f := onBench(t)
	d.Publish(100, 103)
	f.scan(true)
	d.End()
	f.scan(true)
	b.pass(2 * time.Second)
	b.want("once", "100 101 102 103 end")
	d.Write("104.m4s", d.Segment(104)) // its last segment came after it was said
	d.Add(104)
	d.End()
	f.scan(true)
	b.pass(0)
	b.want("again", "101 102 103 104 end")
}

func TestAFilmThatIsBackGoesOn(t *testing.T) {
	for _, c := range []struct {
		name, init string
		from       int64
		want       string
	}{
		{"the same, soon", "init-aaaa.mp4", 105, "102 103 -104 105"},
		{"the same, later", "init-aaaa.mp4", 112, "112"},
		{"another", "init-bbbb.mp4", 104, "101 102 103 !104"},
		{"another, later", "init-bbbb.mp4", 112, "!112"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, b, f := onBench(t)
			d.Publish(100, 103)
			f.scan(true)
			d.End()
			f.scan(true)
			b.pass(0)
			d.Say() // a worker that took it up says what was there
			f.scan(true)
			b.want("nothing new yet", "100 101 102 103 end")
			d.Init = c.init
			d.Publish(c.from, c.from)
			f.scan(true)
			b.want("it is back", c.want)
			if got := b.k.Names(); len(got) != 1 {
				t.Errorf("got %v that go on, want live01", got)
			}
			b.pass(lingers)
			b.want("for good", c.want)
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
				b := newBench(t, source == "folder")
				d := disktest.New(t, filepath.Join(t.TempDir(), "output"))
				f := NewFolders(b.k, d.Output, func() {})
				p := newBrought(b)
				publish := func(from, to int64) {
					t.Helper()
					if source == "http" {
						p.publish(from, to)
						return
					}
					d.Publish(from, to)
					f.scan(true)
				}
				publish(100, 103)
				first := grid.At(time.Unix(210, 0))
				d.Grid, p.Grid, d.Init, p.Init = grid, grid, "init-bbbb.mp4", "init-bbbb.mp4"
				for n := first; n < first+6; n++ {
					before := b.snapshot()
					b.pass(2 * time.Second)
					publish(n, n)
					if after := b.snapshot(); after.Newest() < before.Newest() {
						t.Fatalf("got msn %d behind %d", after.Newest(), before.Newest())
					}
				}
				if source == "http" { // where others may fill the hole
					b.pass(3 * time.Second)
				}
				snap := b.snapshot()
				if snap.Newest() != first+5 || snap.List.TargetDuration != 2 {
					t.Fatalf("got %s, want msn %d at the end", b.shown(), first+5)
				}
				if errs := snap.List.Check(); errs != nil && grid.Segment >= 2*time.Second {
					t.Errorf("got the broken rules %v", errs)
				}
				if got := snap.List.DiscontinuitySequence; got != 1 {
					t.Errorf("got discontinuity sequence %d, want 1", got)
				}
				if got := b.log.count("signal has trouble"); got != 0 {
					t.Errorf("got %d lines of trouble, want none", got)
				}
			})
		}
	}
}

func TestWhatIsNoFileIsNotRead(t *testing.T) {
	d := disktest.New(t, t.TempDir())
	d.Check(syscall.Mkfifo(d.Path("1.m4s"), 0o644))
	d.Check(os.Mkdir(d.Path("2.m4s"), 0o755))
	d.Check(os.WriteFile(d.Path("target"), disktest.SegmentOf(3, "live01"), 0o644))
	d.Check(os.Symlink("target", d.Path("3.m4s")))
	d.Check(os.WriteFile(d.Path("4.m4s"), nil, 0o644))
	d.Check(os.WriteFile(d.Path("5.m4s"), disktest.SegmentOf(5, "live01"), 0o644))
	f, err := openFolder(d.Output, "live01")
	d.Check(err)
	defer f.close()
	for n, ok := range map[int64]bool{1: false, 2: false, 3: false, 4: false, 5: true, 6: false} {
		if _, _, err := f.media(media.SegmentName(n)); (err == nil) != ok {
			t.Errorf("%d.m4s: got %v, want ok %t", n, err, ok)
		}
	}
	if _, _, err := f.read("5.m4s", 10); err == nil {
		t.Error("a file beyond the limit was read")
	}
	for _, name := range []string{"..", "../live01", "nosuch", "live01/5.m4s"} {
		if f, err := openFolder(d.Output, name); err == nil && name != "../live01" {
			f.close()
			t.Errorf("folder %q was opened", name)
		}
	}
}

func TestMediaExpires(t *testing.T) {
	d, b, f := onBench(t)
	b.now = time.Unix(216, 0)
	d.Publish(100, 107)
	f.scan(true)
	snap := b.snapshot()
	b.pass(0) // 100 to 103 are older than the window
	// RFC 8216's own measure is 10 s; a proxy that was killed may ask a little later.
	b.pass(16 * time.Second)
	if b.snapshot() != snap {
		t.Error("the snapshot was replaced though nothing expired")
	}
	b.pass(1)
	after := b.snapshot()
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

func TestWhoeverWaitsIsWokenByTheNextPlaylist(t *testing.T) {
	d, b, f := onBench(t)
	d.Publish(100, 103)
	f.scan(true)
	before := b.snapshot()
	d.Publish(104, 104)
	f.scan(true)
	after := b.snapshot()
	woken := func(c chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	if !woken(before.Replaced) || woken(after.Replaced) {
		t.Errorf("got the first replaced %t, the second %t, want the first alone", woken(before.Replaced), woken(after.Replaced))
	}
	if before.Newest() != 103 || before.Media["104.m4s"] != nil {
		t.Error("a snapshot changed")
	}
	b.k.mu.Lock()
	b.k.forget(b.k.signals["live01"])
	b.k.mu.Unlock()
	if !woken(after.Replaced) {
		t.Error("the signal is gone and nobody was told")
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
		b.pass(time.Second)
	}
	if got := b.log.count(`is \"8.m4s\"`); got != 3 {
		t.Errorf("within 25 s: got %d lines, want its beginning and two more", got)
	}
	d.Publish(100, 103)
	f.scan(true)
	b.pass(quietFor + time.Second)
	b.pass(time.Second)
	if got := b.log.count("signal has that trouble no more"); got != 1 {
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
	b.want("as its worker says", "100 -101 102")
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
	b.want("at once", "100 101 102 103")
	b.pass(3 * time.Second)
	f.scan(true)
	b.want("once it had its time", "102 103 -104 105")
	if got := b.log.count("it is listed as a gap"); got != 1 {
		t.Errorf("got %d lines about the gap, want 1", got)
	}
}
