package canvas

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestATextIsCutBetweenTwoWords(t *testing.T) {
	long := "the connection was refused by the packager, which has not answered for a while"
	for w := range 80 {
		got := Shortened(long, w, "…")
		if ansi.StringWidth(got) > w {
			t.Errorf("%d: got %q", w, got)
		}
		if cut, is := strings.CutSuffix(got, " …"); w > 10 && is && !strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(long, cut), ","), " ") {
			t.Errorf("%d: %q is cut in a word", w, got)
		}
	}
}

func TestAFirstWordThatIsTooLongIsLeftOutUnlessItIsAName(t *testing.T) {
	for _, c := range []struct {
		text string
		w    int
		want string
	}{
		{"connection refused", 11, "connection…"},
		{"connection refused", 10, "…"},
		{"connection refused", 0, ""},
		{"http://localhost:8080/live01 is down", 10, "http://lo…"},
		{"world-championship-final", 8, "world-c…"},
	} {
		if got := Shortened(c.text, c.w, "…"); got != c.want {
			t.Errorf("%q in %d cells: got %q, want %q", c.text, c.w, got, c.want)
		}
	}
}

func TestTheNoteOfABorderLosesWholeParts(t *testing.T) {
	b := Border{Box: UnicodeGlyphs().Box, Name: "SIGNALS", Note: "100 · 2 bad · 1 refused · most latency first", Separator: " · ", Ellipsis: "…"}
	for w, want := range map[int]string{
		70: "100 · 2 bad · 1 refused · most latency first", 50: "100 · 2 bad · 1 refused", 30: "100 · 2 bad", 24: "100",
	} {
		got := b.Upper(w).String()
		if ansi.StringWidth(got) != w || !strings.HasSuffix(got, "─ "+want+" ─╮") {
			t.Errorf("in %d cells: got %q, want the note %q", w, got, want)
		}
	}
}
