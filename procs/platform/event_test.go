package platform

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/kit/event"
)

func TestEveryKindOfEventGoesOverTheWire(t *testing.T) {
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for kind, what := range map[event.Kind]What{
		"status":   Changed{Status{Name: "proxy", State: Ready, PID: 7}},
		"failover": event.Failover{Signal: "live01", From: "http://a", To: "http://b"},
		"serving":  event.Serving{Playlist: "/a.m3u8", Mode: event.ServingMerged},
		"outage":   event.Outage{Signal: "live01", Since: at},
		"film":     event.Film{File: "a.mp4", State: event.FilmAired},
		"averted":  Averted{Signal: "live01", Cause: NoPackager, LeftMS: 4200, LengthMS: 9100},
		"log":      Logged{event.Line{Time: at, Level: event.LevelWarn, Message: "m", Fields: []event.Field{{Key: "n", Value: json.Number("12345678901234567890")}}}},
	} {
		want := Event{Time: at, Process: "proxy", What: what, Dropped: 3}
		b, err := json.Marshal(want)
		var got Event
		if err == nil {
			err = json.Unmarshal(b, &got)
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" || what.Kind() != kind || !strings.Contains(string(b), `"`+string(kind)+`":{`) {
			t.Errorf("%s: %v, as %s (-want +got):\n%s", kind, err, b, diff)
		}
	}
	if _, err := json.Marshal(Event{What: event.Progress{}}); err == nil {
		t.Error("got no error for an event that is not a platform's")
	}
	var later Event
	if err := json.Unmarshal([]byte(`{"process":"x","of_a_later_version":{}}`), &later); err != nil || later.What != nil || later.Process != "x" {
		t.Errorf("an event of a later version: got %+v, %v", later, err)
	}
}
