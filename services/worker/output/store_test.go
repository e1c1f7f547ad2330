package output

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/servicetest"
)

func TestOutputsByTheSchemesOfTheirURLs(t *testing.T) {
	for u, want := range map[string]bool{"http://a:1": true, "HTTPS://b": true, "srt://c:1": false, "/folder": false, "": false} {
		i, err := kindOf(u)
		if got := err == nil; got != want || got && !slices.Contains(stores[i].schemes, "http") {
			t.Errorf("%q: got kind %d, %v, want one of its own: %t", u, i, err, want)
		}
	}
}

func TestAnOutputOfUnknownSchemeReleasesTheFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "live01")
	c := Config{Path: dir, URLs: []string{"gopher://a"}, Window: testWindow, Log: hclog.NewNullLogger()}
	if _, err := Open(c, "live01", plain, plain.Start(103)); err == nil {
		t.Error("got no error")
	}
	if err := CheckLock(dir); err != nil {
		t.Errorf("got %v, want the lock released", err)
	}
}

// memory is a Store that notes what is published.
type memory struct {
	msns []int64
	full []bool
}

func (m *memory) Publish(s *media.Segment, _ Init, w Window) error {
	m.msns, m.full = append(m.msns, s.MSN), append(m.full, w.Full())
	return nil
}
func (*memory) End(context.Context, Window) error { return nil }
func (*memory) Close() error                      { return nil }

func TestOtherStoresGetWhatTheFolderHas(t *testing.T) {
	dir := t.TempDir()
	o := open(t, dir, 103)
	fill(t, o, 100, 102)
	var m memory
	if err := o.restock([]Store{&m}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.msns, []int64{100, 101, 102}) || !slices.Equal(m.full, []bool{false, false, true}) {
		t.Errorf("got %v, full %v, want the window, full with its last segment", m.msns, m.full)
	}
}

func TestTheReasonOfAFailureHasNoAddress(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	var logged servicetest.Log
	c := Config{Log: hclog.New(&hclog.LoggerOptions{Output: &logged, JSONFormat: true})}
	client := newClient(c, gone.URL, "live01", media.DefaultSegment, newLatest())
	_, err := client.get(t.Context(), "/", media.DefaultSegment)
	if err == nil {
		t.Fatal("got an answer")
	}
	for _, result := range []error{err, err, errRestarted, nil, nil} {
		client.note(result)
	}
	lines := logged.Lines()
	if len(lines) != 2 || lines[0].Message != "packager accepts nothing, still trying" || lines[1].Message != "packager accepts segments again" {
		t.Fatalf("got %v, want a line when it begins and one when it is over", lines)
	}
	if reason := lines[0].Field("reason"); !strings.HasPrefix(reason, "dial tcp ") || strings.Contains(reason, "http://") {
		t.Errorf("got reason %q, want it without the URL", reason)
	}
}
