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
