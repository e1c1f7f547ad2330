package ingest

import (
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
)

// trouble tells what is wrong with a signal when it begins, again while it lasts,
// and when it is over. What differs in its digits alone is the same trouble: a
// segment's number moves. Guarded by the Sink's mu.
type trouble struct {
	log    hclog.Logger
	signal string
	lasts  event.Recurring
	texts  map[string]string // as it was seen last, by what it is told apart by
}

// quietFor is how long a trouble has not been seen when it is over.
const quietFor = 30 * time.Second

func newTrouble(log hclog.Logger, signal string) *trouble {
	return &trouble{log: log, signal: signal, lasts: event.Recurring{Quiet: quietFor}, texts: map[string]string{}}
}

// seen notes that something is wrong; args are told with its beginning.
func (t *trouble) seen(text string, now time.Time, args ...any) {
	text = strings.ReplaceAll(text, "\n", "; ")
	key := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '#'
		}
		return r
	}, text)
	told, is := t.lasts.Seen(key, now)
	if !is {
		return
	}
	t.texts[key] = text
	args = append([]any{"signal", t.signal, "error", text}, args...)
	if told.Phase == event.Lasts {
		t.log.Warn("signal has trouble still", append(args, "times", told.Times, "since", told.Since.UTC().Format(time.TimeOnly))...)
		return
	}
	t.log.Warn("signal has trouble", args...)
}

// look tells what is over.
func (t *trouble) look(now time.Time) {
	for _, told := range t.lasts.Ended(now) {
		t.log.Info("signal has that trouble no more", "signal", t.signal, "error", t.texts[told.Text], "times", told.Times)
		delete(t.texts, told.Text)
	}
}
