package drill

import (
	"slices"
	"strings"
	"testing"
)

func TestSelect(t *testing.T) {
	if list, err := Select(nil, true); err != nil || len(list) != len(Faults()) {
		t.Errorf("no names, more: got %d faults, %v, want all", len(list), err)
	}
	if list, err := Select(nil, false); err != nil || len(list) == len(Faults()) || slices.ContainsFunc(list, func(f Fault) bool { return f.More }) {
		t.Errorf("no names: got %d faults, %v, want the ordinary ones", len(list), err)
	}
	list, err := Select([]string{"flap", "kill-active"}, false)
	if err != nil || len(list) != 2 || list[0].Name != "flap" || list[1].Name != "kill-active" {
		t.Errorf("got %v, %v, want those named, in that order", list, err)
	}
	if _, err := Select([]string{"kill-actve"}, false); err == nil || !strings.Contains(err.Error(), "kill-actve") || !strings.Contains(err.Error(), "kill-active-in-mid-body") {
		t.Errorf("an unknown name: got %v, want an error with the name and those that there are", err)
	}
}

// The issues name these; others may be added.
func TestEveryFaultOfTheIssuesIsThere(t *testing.T) {
	var names []string
	for _, f := range Faults() {
		if slices.Contains(names, f.Name) || f.About == "" || f.inject == nil {
			t.Errorf("%s: named twice, or without words, or without a fault", f.Name)
		}
		names = append(names, f.Name)
	}
	for _, want := range []string{"kill-active", "kill-standby", "kill-active-in-mid-body", "pause-active", "stale-active", "lag-active", "slow-active",
		"truncate-active", "error-active", "html-active", "empty-active", "not-found-active", "restart-active", "flap", "kill-both-for-3s",
		"kill-discovery", "kill-reporter", "kill-origin", "kill-each-in-turn",
		"kill-worker", "pause-worker", "kill-all-workers-3s", "kill-proxy", "restart-proxy", "upgrade", "kill-ffmpeg", "clock-step", "disk-full",
		"fd-exhaustion"} {
		if !slices.Contains(names, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string // nil: refused
	}{
		{"nginx -c /etc/x", []string{"nginx", "-c", "/etc/x"}},
		{` nginx  -g "daemon off;" `, []string{"nginx", "-g", "daemon off;"}},
		{`a '' b"c d"e`, []string{"a", "", "bc de"}},
		{`sh -c "a \"b c\" d" e\ f 'g\h'`, []string{"sh", "-c", `a "b c" d`, "e f", `g\h`}},
		{"", nil},
		{"a 'b", nil},
	} {
		got, err := Words(c.line)
		if (err != nil) != (c.want == nil) || !slices.Equal(got, c.want) {
			t.Errorf("Words(%q): got %q, %v, want %q", c.line, got, err, c.want)
		}
	}
}
