package event

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
)

// line is e as a supervisor reads it from the log of a child.
func line(t *testing.T, e Event) Line {
	t.Helper()
	var log bytes.Buffer
	Emit(hclog.New(&hclog.LoggerOptions{Name: "proxy", Output: &log, JSONFormat: true}), "something happened", e)
	return ParseLine(bytes.TrimRight(log.Bytes(), "\n"), arrived)
}

func TestEventsSurviveTheLog(t *testing.T) {
	for _, c := range []struct {
		name string
		in   Event
	}{
		{"a failover", Failover{Signal: "live01", From: "http://localhost:8080", To: "http://localhost:9090",
			Cause: `server1 "refused" the connection`, MSNBefore: 927081286, MSNAfter: 1<<62 + 1, GapMS: 41.25, Saved: 3}},
		{"a failover to nowhere", Failover{Signal: "live01", From: "http://localhost:8080", MSNBefore: -1, MSNAfter: -1, GapMS: -1}},
		{"a playlist that is passed through", Serving{Playlist: "/live01/playlist.m3u8?a=b", Mode: "passed through", Reason: "low latency", Degraded: true}},
		{"a playlist that is merged", Serving{Playlist: "/live01/playlist.m3u8", Mode: "merged"}},
		{"progress", Progress{Signal: "live01", Stage: "mezzanine", Percent: 33.5}},
		{"progress that is a whole number, of no signal", Progress{Stage: "test film", Percent: 50}},
		{"a viewer's word", Viewing{Signal: "live01", State: ViewStalled, StalledForMS: 1200, Stalls: 2, StalledMS: 3200, LongestStallMS: 2000,
			BufferMS: 4100, LatencyMS: -1, MSN: 1<<62 + 1, Violations: 1, FailedRequests: 4, Packager: "http://localhost:8080", PlaylistAgeMS: 1900, BitrateBPS: 2_300_000}},
		{"an outage that lasts", Outage{Signal: "live01", Since: arrived.UTC().Truncate(time.Millisecond), LengthMS: 12345, Again: true, Reason: "connection refused"}},
		{"an outage that is over", EndedOutageOf("live01", arrived, arrived.Add(1500*time.Millisecond))},
		{"what becomes of a film", Film{File: "My Movie (1).mp4", Signal: "my-movie-1", State: FilmRefused, Reason: "moov atom not found"}},
		{"the word of a viewer that has seen nothing yet", Viewing{Signal: "live01", LatencyMS: -1, MSN: -1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := line(t, c.in)
			if l.Message != "something happened" || l.Module != "proxy" || KindOf(l) != c.in.Kind() {
				t.Errorf("got the line %+v, want the message, the module and the event's kind", l)
			}
			got, ok, err := EventOf(l)
			if !ok || err != nil {
				t.Fatalf("got %t, %v, want an event", ok, err)
			}
			if diff := cmp.Diff(c.in, got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestEventOf(t *testing.T) {
	for _, c := range []struct{ name, in, wantErr string }{
		{"no event", `{"@level":"info","@message":"m","from":"a"}`, ""},
		{"an event of a later version", `{"@level":"info","@message":"m","event":"hold"}`, ""},
		{"a field that is not what it should be", `{"@level":"info","@message":"m","event":"failover","msn_before":"many"}`, "msn_before"},
		{"a state that is none", `{"@level":"info","@message":"m","event":"viewing","state":"dancing"}`, "dancing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, ok, err := EventOf(ParseLine([]byte(c.in), arrived))
			if ok {
				t.Errorf("got %+v, want no event", e)
			}
			if (err != nil) != (c.wantErr != "") || err != nil && !strings.Contains(err.Error(), c.wantErr) {
				t.Errorf("got error %v, want one with %q", err, c.wantErr)
			}
		})
	}
}

// TestEveryKindDecodesToItself holds the table of kinds to the types in it.
func TestEveryKindDecodesToItself(t *testing.T) {
	for kind := range kinds {
		e, known, err := Decode(kind, []byte("{}"))
		if !known || err != nil || e.Kind() != kind {
			t.Errorf("%s: got %v, %t, %v", kind, e, known, err)
		}
	}
}
