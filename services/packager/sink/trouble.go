package sink

import (
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
)

// trouble logs what is wrong with a signal: when it begins, again while it lasts, and when
// it is over. Texts that differ in digits only are the same trouble, since the numbers
// of segments change. Guarded by the Sink's mu.
type trouble struct {
	log    hclog.Logger
	signal string
	lasts  event.Recurring
	texts  map[string]string // the text as last seen, by the text without digits
}

// QuietFor is how long a trouble must not be seen to be over.
const QuietFor = 30 * time.Second

func newTrouble(log hclog.Logger, signal string) *trouble {
	return &trouble{log: log, signal: signal, lasts: event.Recurring{Quiet: QuietFor}, texts: map[string]string{}}
}

// seen notes a trouble; args are logged when it begins.
func (t *trouble) seen(text string, now time.Time, args ...any) {
	text = strings.ReplaceAll(text, "\n", "; ")
	key := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '#'
		}
		return r
	}, text)
	n, due := t.lasts.Seen(key, now)
	if !due {
		return
	}
	t.texts[key] = text
	args = append([]any{"signal", t.signal, "error", text}, args...)
	if n.Phase == event.Lasts {
		t.log.Warn("signal still has trouble", append(args, "times", n.Times, "since", n.Since.UTC().Format(time.TimeOnly))...)
		return
	}
	t.log.Warn("signal has trouble", args...)
}

// look logs what is over.
func (t *trouble) look(now time.Time) {
	for _, n := range t.lasts.Ended(now) {
		t.log.Info("signal no longer has that trouble", "signal", t.signal, "error", t.texts[n.Text], "times", n.Times)
		delete(t.texts, n.Text)
	}
}
