package canvas

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// Shortened leaves out the last words of a text so that it has w cells at most, with an ellipsis
// in their place. A first word that is too long by itself is cut if it is a name, or else left
// out.
func Shortened(text string, w int, ellipsis string) string {
	if ansi.StringWidth(text) <= w {
		return text
	}
	cut := ansi.Truncate(text, max(0, w-ansi.StringWidth(ellipsis)-1), "")
	if !strings.HasPrefix(text[len(cut):], " ") {
		if i := strings.LastIndex(cut, " "); i > 0 {
			cut = cut[:i]
		} else if first, _, _ := strings.Cut(text, " "); ansi.StringWidth(first)+ansi.StringWidth(ellipsis) <= w {
			return strings.TrimRight(first, ",;:") + ellipsis
		} else if isName(first) {
			return ansi.Truncate(text, max(0, w), ellipsis)
		} else {
			return ansi.Truncate(ellipsis, max(0, w), "")
		}
	}
	return strings.TrimRight(cut, " ,;:") + " " + ellipsis
}

// isName reports whether a word is a name, such as an address or a signal: it has more than
// letters.
func isName(word string) bool {
	return strings.ContainsFunc(strings.TrimRight(word, ",;:.!?"), func(r rune) bool { return !unicode.IsLetter(r) })
}

// Fitting returns the first text that has w cells at most, or else the last one, shortened. The
// texts say the same, each in fewer words than the one before.
func Fitting(w int, ellipsis string, texts ...string) string {
	for _, t := range texts {
		if ansi.StringWidth(t) <= w {
			return t
		}
	}
	return Shortened(texts[len(texts)-1], w, ellipsis)
}

// withoutLast leaves out the last parts of a text, which the separator joins, so that it has w
// cells at most. The first part is shortened where it does not fit.
func withoutLast(text, separator string, w int, ellipsis string) string {
	for ansi.StringWidth(text) > w {
		i := strings.LastIndex(text, separator)
		if i < 0 {
			return Shortened(text, w, ellipsis)
		}
		text = strings.TrimRight(text[:i], " ")
	}
	return text
}
