package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs"
	"livestream-tui/procs/journal"
	"livestream-tui/procs/machine"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/platformtest"
)

// kindsOf lists what happened, a word each.
func kindsOf(events []platform.Event) string {
	var list []string
	for _, e := range events {
		list = append(list, strings.TrimSpace(e.Process+" "+string(e.What.Kind())))
	}
	return strings.Join(list, ", ")
}

func TestAJournalOutlivesThePlatform(t *testing.T) {
	folder := t.TempDir()
	hooked := filepath.Join(t.TempDir(), "hooked")
	// run is one run of a platform, in which it flaps and an operator kills it.
	run := func() *Local {
		var l *Local
		l = platformOf(t, platformtest.Supervisor{OnRun: func(ctx context.Context) error {
			for i := range 2 {
				l.OnStatus(platform.Status{Name: "proxy", State: procs.Backoff, Cause: machine.CauseExit, Reason: "exit status 1", Incarnation: i + 1})
			}
			<-ctx.Done()
			return nil
		}})
		l.chronicle = newChronicle(folder, "cat >> "+hooked, hclog.NewNullLogger())
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- l.Run(ctx) }()
		platformtest.Await(t, "two ends", func() bool {
			events, _ := l.Journal(ctx, time.Time{}, 100)
			return strings.HasSuffix(kindsOf(events), "proxy exit, proxy exit")
		})
		if err := l.Command(ctx, platform.Command{Process: "proxy", Action: platform.Kill}); err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		return l
	}
	const once = "started, proxy exit, proxy exit, proxy command, ended"
	first := run()
	past, err := journal.Read(folder, time.Now())
	if err != nil || kindsOf(past.Events) != once {
		t.Fatalf("after one run: got %s, %v, want %s", kindsOf(past.Events), err, once)
	}
	b, err := os.ReadFile(hooked)
	if err != nil {
		t.Fatal(err)
	}
	var given []platform.Event
	for line := range bytes.Lines(b) {
		var e platform.Event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		given = append(given, e)
	}
	if got := kindsOf(given); got != once {
		t.Errorf("the operator's command was given %s, want %s", got, once)
	}
	second := run()
	events, err := second.Journal(t.Context(), time.Time{}, 100)
	if err != nil || kindsOf(events) != once+", "+once {
		t.Errorf("after a restart: got %s, %v, want both runs", kindsOf(events), err)
	}
	if events, _ := first.Journal(t.Context(), time.Time{}, 100); kindsOf(events) != once {
		t.Errorf("the first run: got %s, want its own", kindsOf(events))
	}
	if exit, is := events[7].What.(platform.Exit); !is || exit.Times != 2 {
		t.Errorf("the second end: got %+v, want it told as one of two", events[7])
	}
}

// TestAJournalThatCannotBeWrittenDoesNotStopThePlatform has a folder in the file's place.
func TestAJournalThatCannotBeWrittenDoesNotStopThePlatform(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(journal.Path(folder), 0o700); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	l := platformOf(t, platformtest.Supervisor{})
	l.chronicle = newChronicle(folder, "", hclog.New(&hclog.LoggerOptions{Output: &log}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Run(ctx); err != nil {
		t.Error(err)
	}
	if got := log.String(); !strings.Contains(got, "the journal cannot be written") {
		t.Errorf("got %q, want a warning", got)
	}
	if events, _ := l.Journal(t.Context(), time.Time{}, 10); kindsOf(events) != "started, ended" {
		t.Errorf("in memory: got %s", kindsOf(events))
	}
}

func TestADrillThatIsMissingCannotBeNoted(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	if err := l.Command(t.Context(), platform.Command{Action: platform.NoteDrill}); !errors.Is(err, errNoDrill) {
		t.Errorf("got %v, want %v", err, errNoDrill)
	}
}

// TestAFloodOfEventsDoesNotHoldUpThePlatform publishes far more than the file can take.
func TestAFloodOfEventsDoesNotHoldUpThePlatform(t *testing.T) {
	l := platformOf(t, platformtest.Supervisor{})
	l.chronicle = newChronicle(t.TempDir(), "sleep 1000", hclog.NewNullLogger()) // and nothing writes it
	for i := range 3000 {
		l.Update(func(m *model.Model) { m.Announce(0, "", fmt.Sprint("message ", i), time.Now()) })
	}
	if events, _ := l.Journal(t.Context(), time.Time{}, 5000); len(events) != 3000 {
		t.Errorf("got %d events, want all", len(events))
	}
}
