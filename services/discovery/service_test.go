package discovery

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/servicetest"
)

func TestDiscoveryFollowsDiskAndPackagers(t *testing.T) {
	t.Parallel()
	var f reporter
	server := httptest.NewServer(&f)
	t.Cleanup(server.Close)
	p := run(t, servicetest.Patience, server.URL)
	servicetest.Await(t, "a report of nothing", func() bool { return f.reports() > 0 })
	// The reporter counts a report before discovery has its answer.
	servicetest.Await(t, "readiness after a report", func() bool {
		ok, _ := p.s.Ready()
		return ok
	})

	p.ingest("live01")
	servicetest.Await(t, "both packagers up", func() bool { return f.state("live01", 0) == report.Up && f.state("live01", 1) == report.Up })
	if got := p.log.Count("Registered signal 'live01' as ingest source"); got != 1 {
		t.Errorf("registered: got %d lines, want 1", got)
	}

	p.packagers[0].broken.Store(true)
	servicetest.Await(t, "the broken one is down", func() bool { return f.state("live01", 0) == report.Down && f.state("live01", 1) == report.Up })
	p.packagers[0].broken.Store(false)
	servicetest.Await(t, "it is up again", func() bool { return f.state("live01", 0) == report.Up })
	if p.log.Count("packager is down") == 0 || p.log.Count("packager is up") < 3 {
		t.Error("the changes of state are not in the log")
	}

	p.ingest("live02")
	servicetest.Await(t, "the second signal", func() bool { return slices.Equal(f.signals(), []string{"live01", "live02"}) })
	if err := os.RemoveAll(filepath.Join(p.output, "live01")); err != nil {
		t.Fatal(err)
	}
	servicetest.Await(t, "the first signal is gone", func() bool { return slices.Equal(f.signals(), []string{"live02"}) })
	if got := p.log.Count("Signal 'live01' is no longer an ingest source: it has no playlist on disk, and no packager has it"); got != 1 {
		t.Errorf("gone: got %d lines, want 1", got)
	}

	p.cancel()
	if err := p.ended(); err != nil {
		t.Errorf("Run: got %v, want a clean end", err)
	}
}

func TestWithoutAFolderThePackagersTellWhichSignalsThereAre(t *testing.T) {
	t.Parallel()
	var f reporter
	server := httptest.NewServer(&f)
	t.Cleanup(server.Close)
	p := run(t, servicetest.Patience, server.URL)
	p.packagers[1].have("live02", "../x", "live01")
	servicetest.Await(t, "what one has", func() bool { return slices.Equal(f.signals(), []string{"live01", "live02"}) })
	p.packagers[0].have("live03")
	p.ingest("live04")
	want := []string{"live01", "live02", "live03", "live04"}
	servicetest.Await(t, "the union", func() bool { return slices.Equal(f.signals(), want) })
	// One that does not answer has not lost what it has.
	p.packagers[1].broken.Store(true)
	servicetest.Await(t, "it is down", func() bool { return f.state("live01", 1) == report.Down })
	if got := f.signals(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	p.packagers[1].broken.Store(false)
	p.packagers[1].have("live02")
	servicetest.Await(t, "what no packager has to go", func() bool { return slices.Equal(f.signals(), []string{"live02", "live03", "live04"}) })
}

func TestASignalThatEndedIsNoSourceAnyMore(t *testing.T) {
	t.Parallel()
	var f reporter
	server := httptest.NewServer(&f)
	t.Cleanup(server.Close)
	p := run(t, servicetest.Patience, server.URL)
	put := func(signal string, text []byte) {
		t.Helper()
		p.ingest(signal)
		path := filepath.Join(p.output, signal, media.PlaylistName)
		if err := errors.Join(os.WriteFile(path+".new", text, 0o644), os.Rename(path+".new", path)); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	if err := os.MkdirAll(p.output, 0o755); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(t.TempDir(), "live03")
	if err := errors.Join(os.Mkdir(left, 0o755), os.WriteFile(filepath.Join(left, media.PlaylistName), listed(100, now, time.Hour, false), 0o644),
		os.Rename(left, filepath.Join(p.output, "live03"))); err != nil { // seen at once with all that it has
		t.Fatal(err)
	}
	put("live01", listed(100, now, 0, false))
	put("live02", listed(100, now, 0, false))
	servicetest.Await(t, "two signals", func() bool { return slices.Equal(f.signals(), []string{"live01", "live02"}) })
	put("live01", listed(100, now, 0, true))
	servicetest.Await(t, "the one that ended to go", func() bool { return slices.Equal(f.signals(), []string{"live02"}) })
	// As the packagers say, where nothing is on disk.
	p.packagers[0].have("live04")
	p.packagers[1].have("live04")
	servicetest.Await(t, "another", func() bool { return slices.Equal(f.signals(), []string{"live02", "live04"}) })
	p.packagers[0].ended.Store(true)
	p.packagers[0].have()
	p.packagers[1].broken.Store(true)
	servicetest.Await(t, "it to go as well, though one packager cannot say so", func() bool { return slices.Equal(f.signals(), []string{"live02"}) })
	put("live03", listed(101, now, 0, false))
	servicetest.Await(t, "what an earlier run left to come once it is added to", func() bool { return slices.Equal(f.signals(), []string{"live02", "live03"}) })
	for message, want := range map[string]int{
		"Signal 'live01' is no longer an ingest source: it has ended":                                       1,
		"Signal 'live04' is no longer an ingest source: it has ended":                                       1,
		"Signal 'live03' is not an ingest source: an earlier run left it, and nothing is added to it":       1,
		"Registered signal 'live03' as ingest source":                                                       1,
		"Signal 'live01' is no longer an ingest source: it has no playlist on disk, and no packager has it": 0,
	} {
		if got := p.log.Count(message); got != want {
			t.Errorf("%q: got %d lines, want %d", message, got, want)
		}
	}
}
