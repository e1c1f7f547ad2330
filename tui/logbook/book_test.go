package logbook

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
)

var noon = time.Date(2024, 4, 5, 12, 0, 0, 0, time.UTC)

// line is a line of log, some time after noon.
func line(seq uint64, after time.Duration, process, message string, fields ...event.Field) platform.LogLine {
	return platform.LogLine{Seq: seq, Process: process, Line: event.Line{Time: noon.Add(after), Level: event.LevelInfo, Message: message, Fields: fields}}
}

// shown is the messages of the rows, each with how often it came.
func shown(b *Book) string {
	var list []string
	for i := range b.Rows() {
		text := b.Row(i).Line.Message
		if n := b.Row(i).Times; n > 1 {
			text += fmt.Sprintf("x%d", n)
		}
		list = append(list, text)
	}
	return strings.Join(list, " ")
}

func TestLinesAreInTheOrderOfTime(t *testing.T) {
	for _, c := range []struct {
		name  string
		after []time.Duration // of a, b, c and so on
		want  string
	}{
		{"as they came", []time.Duration{1, 2, 3}, "a b c"},
		{"at the same time, as they came", []time.Duration{1, 1, 1}, "a b c"},
		{"one is late", []time.Duration{10, 30, 20}, "a c b"},
		{"the clock was set back: what is new stays at the end", []time.Duration{time.Hour, 1, 2}, "a b c"},
		{"one is from the future", []time.Duration{1, 24 * time.Hour, 2, 3}, "a b c d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := New()
			for i, after := range c.after {
				b.Take([]platform.LogLine{line(uint64(i+1), after, "proxy", string(rune('a'+i)))})
			}
			if got := shown(b); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			b.Only("")
			if got := shown(b); got != c.want {
				t.Errorf("filtered again: got %s, want %s", got, c.want)
			}
		})
	}
}

func TestRepeatsAreCountedWhereTheyAreStillSeen(t *testing.T) {
	for in, want := range map[string]string{
		"a a a":                 "ax3",
		"a b a b":               "ax2 bx2",
		"a b c d e f g h a":     "ax2 b c d e f g h",
		"a b c d e f g h i a a": "a b c d e f g h i ax2",
	} {
		b := New()
		for i, m := range strings.Fields(in) {
			b.Take([]platform.LogLine{line(uint64(i+1), time.Duration(i), "proxy", m)})
		}
		if got := shown(b); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
		if n, _ := b.Counts(); n != len(strings.Fields(in)) {
			t.Errorf("%s: got %d lines, want each counted", in, n)
		}
	}
	b := New()
	b.Take([]platform.LogLine{
		line(1, 1, "proxy", "a", event.Field{Key: "n", Value: "1"}), line(2, 2, "proxy", "a", event.Field{Key: "n", Value: "2"}), line(3, 3, "origin", "a"),
		line(4, 4, "proxy", "a", event.Field{Key: "n", Value: []any{"1"}}), line(5, 5, "proxy", "a", event.Field{Key: "n", Value: []any{"1"}}),
	})
	if got := shown(b); got != "a a a ax2" {
		t.Errorf("got %s, want lines of other fields and services on their own", got)
	}
}

func TestChangedIsAgainstTheSameMessageOfTheSameService(t *testing.T) {
	f := func(pairs ...string) (list []event.Field) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, event.Field{Key: pairs[i], Value: pairs[i+1]})
		}
		return list
	}
	b := New()
	b.Take([]platform.LogLine{
		line(1, 1, "server1", "m", f("signal", "a", "n", "1")...), line(2, 2, "server2", "m", f("signal", "a", "n", "1")...),
		line(3, 3, "server1", "other", f("n", "1")...), line(4, 4, "server1", "m", f("signal", "a", "n", "2")...),
	})
	for i, want := range []string{"signal=a n=1", "signal=a n=1", "n=1", "n=2"} {
		if got := (event.Line{Fields: b.Changed(i)}).FieldText(); got != want {
			t.Errorf("line %d: got %s, want %s", i+1, got, want)
		}
	}
}

func TestTheOldestLinesAreForgottenWithWhatIsShownOfThem(t *testing.T) {
	b := New()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 3 * Most {
		l := line(uint64(i+1), time.Duration(i)*time.Millisecond-time.Duration(r.IntN(100))*time.Millisecond, "proxy", fmt.Sprint(r.IntN(20)))
		l.Level = event.Level(r.IntN(5))
		b.Take([]platform.LogLine{l})
	}
	if _, n := b.Counts(); n > Most+Most/4 {
		t.Errorf("%d lines are kept, want %d at most", n, Most+Most/4)
	}
	if !slices.IsSortedFunc(b.kept, func(x, y kept) int { return x.compare(y.Mark) }) {
		t.Error("the lines are not in order")
	}
	for i := range b.Rows() {
		if b.Row(i).last.before(b.kept[0].Mark) {
			t.Fatalf("row %d is shown and not kept", i)
		}
		if i > 0 && b.Row(i).before(b.Row(i-1).Mark) {
			t.Fatalf("row %d is not in order", i)
		}
	}
	errors, warnings := b.Trouble()
	b.refilter()
	if e, w := b.Trouble(); e != errors || w != warnings {
		t.Errorf("got %d errors and %d warnings, want %d and %d", errors, warnings, e, w)
	}
}

func TestFilters(t *testing.T) {
	b := New()
	b.SetNames(Names{{Port: 8080}: "server1", {Port: 8081}: "server2"})
	b.Take([]platform.LogLine{
		line(1, 1, "proxy", "chosen", event.Field{Key: "packager", Value: "http://localhost:8081"}), line(2, 2, "worker", "starts"), line(3, time.Minute, "worker", "Ends"),
	})
	for _, c := range []struct {
		name string
		by   func()
		want string
	}{
		{"by the name in place of an address", func() { b.SetFilter("server2") }, "chosen"},
		{"by the address", func() { b.SetFilter("localhost:8081") }, "chosen"},
		{"an expression ignores case", func() { b.SetFilter("starts|ends") }, "starts Ends"},
		{"unless it has a capital letter", func() { b.SetFilter("E") }, "Ends"},
		{"what is no expression is text", func() { b.SetFilter("a(") }, ""},
		{"nothing", func() { b.SetFilter("") }, "chosen starts Ends"},
		{"one service", func() { b.Only("worker") }, "starts Ends"},
		{"since a time", func() { b.SetSince(noon.Add(time.Second), "its start") }, "Ends"},
	} {
		if c.by(); shown(b) != c.want {
			t.Errorf("%s: got %q, want %q", c.name, shown(b), c.want)
		}
	}
}

func TestNamesStandInPlaceOfAddresses(t *testing.T) {
	n := Names{{Port: 8080}: "server1", {Port: 8002}: "proxy", {"b", 8080}: "b/server1", {"10.0.0.2", 8080}: "b/server1", {"[fd00::2]", 8080}: "b/server1"}
	for in, want := range map[string]string{
		"http://localhost:8080/live01/a.m4s":       "server1/live01/a.m4s",
		"from http://localhost:8080 to [::1]:8002": "from server1 to proxy",
		"dial tcp 127.0.0.1:8080: refused":         "dial tcp server1: refused",
		"http://localhost:80801":                   "http://localhost:80801",
		"http://notlocalhost:8080":                 "http://notlocalhost:8080",
		"http://10.127.0.0.1:8080":                 "http://10.127.0.0.1:8080",
		"https://localhost:8080":                   "https://server1",
		"localhost: 8080":                          "localhost: 8080",
		"14:02:31 localhost":                       "14:02:31 localhost",
		"listening on localhost:7777":              "listening on localhost:7777",
		"http://10.0.0.2:8080/live01/a.m4s":        "b/server1/live01/a.m4s",
		"http://110.0.0.2:8080":                    "http://110.0.0.2:8080",
		"http://[fd00::2]:8080 ":                   "b/server1 ",
		"":                                         "",
	} {
		if got := n.In(in, "origin"); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	if got := n.In("listening on localhost:8002", "proxy"); got != "listening on localhost:8002" {
		t.Errorf("got %s, want a service's own address as it is", got)
	}
	if got := n.In("from http://localhost:8080", "b/proxy"); got != "from b/server1" {
		t.Errorf("got %s, want the service of the machine that says it", got)
	}
}

func TestLinesThatAreLeftOutAreCounted(t *testing.T) {
	b := New()
	for _, c := range []struct {
		seqs   []uint64
		missed uint64
	}{
		{[]uint64{100, 101}, 0}, {[]uint64{102}, 0}, {[]uint64{105}, 2}, {[]uint64{106, 109, 110}, 4}, {[]uint64{112, 120}, 12},
	} {
		var lines []platform.LogLine
		for _, seq := range c.seqs {
			lines = append(lines, platform.LogLine{Seq: seq})
		}
		if b.Take(lines); b.Missed() != c.missed {
			t.Errorf("after %v: got %d missed, want %d", c.seqs, b.Missed(), c.missed)
		}
	}
}
