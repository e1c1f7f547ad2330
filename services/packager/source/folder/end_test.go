package folder

import (
	"os"
	"testing"
	"time"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/sink"
)

func TestAFolderThatVanishedIsWaitedFor(t *testing.T) {
	d, b, f := onBench(t)
	d.Publish(100, 103)
	f.scan(true)
	d.Check(os.RemoveAll(d.Output))
	f.scan(true)
	b.Pass(sink.VanishGrace - time.Second)
	f.scan(true)
	b.Want("within the grace", "100 101 102 103")
	if got := b.Sink.Names(); len(got) != 1 {
		t.Errorf("within the grace: got %v that go on, want live01: nobody says that it ends", got)
	}
	b.Pass(time.Second)
	f.scan(true)
	b.Want("after it", "100 101 102 103 end")
	b.Pass(sink.Lingers - sink.VanishGrace - time.Second)
	f.scan(true)
	b.Want("while players find the end", "100 101 102 103 end")
	b.Pass(time.Second)
	b.Want("later", "gone")
	if b.Snapshot().Media["103.m4s"] == nil {
		t.Error("the media went with the playlist, want it to stay for a while")
	}
	b.Pass(sink.MediaLingers)
	if b.Sink.Knows("live01") {
		t.Error("it is known still")
	}
	f.scan(true)
	if len(f.signals) != 0 {
		t.Error("it is remembered still")
	}
	if got := b.Log.Count("no longer on disk"); got != 1 {
		t.Errorf("got %d lines that it is away, want 1", got)
	}
}

func TestARemovedFilmEnds(t *testing.T) {
	d, b, f := onBench(t)
	d.Publish(100, 103)
	f.scan(true)
	before := b.Snapshot()
	d.End()
	f.scan(true)
	b.Pass(0)
	b.Want("its playlist says that it ends", "100 101 102 103 end")
	select {
	case <-before.Replaced:
	default:
		t.Error("requests that wait for a playlist were not woken")
	}
	if got := b.Sink.Names(); len(got) != 0 {
		t.Errorf("got %v that go on, want none", got)
	}
	ended := b.Snapshot()
	b.Pass(sink.Lingers)
	f.scan(true)
	b.Want("for as long as its worker leaves it", "100 101 102 103 end")
	d.Check(os.Remove(d.Path(media.PlaylistName)))
	f.scan(true)
	b.Want("the playlist is removed", "gone")
	select {
	case <-ended.Replaced:
	default:
		t.Error("requests that wait for a playlist were not woken")
	}
	d.Check(os.RemoveAll(d.Path("")))
	f.scan(true)
	b.Pass(sink.MediaLingers - 1)
	if s := b.Snapshot(); s == nil || s.Media["103.m4s"] == nil {
		t.Error("the media went at once, want it to stay for a while")
	}
	b.Pass(1)
	if b.Sink.Knows("live01") {
		t.Error("it is known still")
	}
	if got := b.Log.Count("signal ended"); got != 1 {
		t.Errorf("got %d lines that it ended, want 1", got)
	}
	d.Check(os.MkdirAll(d.Path(""), 0o755))
	b.Pass(10 * time.Minute)
	d.Publish(430, 430)
	f.scan(true)
	b.Want("it is back much later", "430")
}

func TestASignalThatEndsAgainEnds(t *testing.T) {
	d, b, f := onBench(t)
	d.Publish(100, 103)
	f.scan(true)
	d.End()
	f.scan(true)
	b.Pass(2 * time.Second)
	b.Want("once", "100 101 102 103 end")
	d.Write("104.m4s", d.Segment(104)) // its last segment came after it was said
	d.Add(104)
	d.End()
	f.scan(true)
	b.Pass(0)
	b.Want("again", "101 102 103 104 end")
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
			b.Pass(0)
			d.Say() // a worker that took it up lists what was there
			f.scan(true)
			b.Want("nothing new yet", "100 101 102 103 end")
			d.Init = c.init
			d.Publish(c.from, c.from)
			f.scan(true)
			b.Want("it is back", c.want)
			if got := b.Sink.Names(); len(got) != 1 {
				t.Errorf("got %v that go on, want live01", got)
			}
			b.Pass(sink.Lingers)
			b.Want("for good", c.want)
		})
	}
}
