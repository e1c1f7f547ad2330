package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/api"
)

// story is what a machine's journal tells of all machines since a time: one line an event,
// without its times, which each machine corrects by what it knows of the clocks.
func (m *machine) story(since time.Time) (lines []string, err error) {
	err = m.ask(func(ctx context.Context, p *api.Remote) error {
		list, err := p.Journal(ctx, since, platform.JournalMost)
		for _, e := range list {
			if e.What != nil && e.Time.After(since) {
				lines = append(lines, m.line(e))
			}
		}
		return err
	})
	slices.Sort(lines)
	return lines, err
}

// qualified is a name that only other machines give to a process, or to the machine of it.
var qualified = regexp.MustCompile(`("machine":"[abc]",?)|(?:"[abc]/)`)

// timestamp is a time in an event.
var timestamp = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]*"`)

// line is an event, with the name of its machine wherever it was read.
func (m *machine) line(e platform.Event) string {
	on, process := platform.SplitMachine(e.Process)
	text, err := json.Marshal(e.What)
	if err != nil {
		text = []byte(err.Error())
	}
	what := qualified.ReplaceAllStringFunc(string(text), func(found string) string {
		if strings.HasSuffix(found, "/") {
			return `"`
		}
		return ""
	})
	return fmt.Sprintf("%s: %s %s %s", cmp.Or(on, e.Machine, m.name), process, e.What.Kind(), timestamp.ReplaceAllString(strings.ReplaceAll(what, ",}", "}"), `"…"`))
}

// oneStory is nil when the journals of all machines tell the same, and at least one event.
func (r *rig) oneStory(since time.Time) error {
	first, err := r.machines[0].story(since)
	if err != nil {
		return err
	}
	if len(first) == 0 {
		return fmt.Errorf("the journal of %s tells nothing", r.machines[0].name)
	}
	for _, m := range r.machines[1:] {
		other, err := m.story(since)
		if err != nil {
			return err
		}
		for _, pair := range []struct {
			by, not      *machine
			tells, heard []string
		}{{r.machines[0], m, first, other}, {m, r.machines[0], other, first}} {
			for _, line := range pair.tells {
				if !slices.Contains(pair.heard, line) {
					return fmt.Errorf("%s tells, and %s does not: %s", pair.by.name, pair.not.name, line)
				}
			}
		}
	}
	return nil
}
