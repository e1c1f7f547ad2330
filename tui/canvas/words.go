package canvas

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Shortened leaves out the last words of a text so that it has w cells at most. A word that is
// too long by itself is cut.
func Shortened(text string, w int, ellipsis string) string {
	if ansi.StringWidth(text) <= w {
		return text
	}
	cut := ansi.Truncate(text, max(0, w-ansi.StringWidth(ellipsis)-1), "")
	if !strings.HasPrefix(text[len(cut):], " ") {
		if i := strings.LastIndex(cut, " "); i > 0 {
			cut = cut[:i]
		} else {
			return ansi.Truncate(text, max(0, w), ellipsis)
		}
	}
	return strings.TrimRight(cut, " ,;:") + " " + ellipsis
}
