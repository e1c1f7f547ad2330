package text

import (
	"strings"
	"unicode"
)

// Clean makes foreign text fit for a terminal: it drops escape sequences and control
// characters, and turns tabs and line ends into spaces and bytes that are not UTF-8 into
// U+FFFD. Logs, argv, file names and upstream errors pass through it.
func Clean(s string) string {
	plain := true
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	rs := []rune(s)
	for i := 0; i < len(rs); i++ {
		switch r := rs[i]; {
		case r == 0x1b:
			i = skipEscape(rs, i)
		case r == '\t', r == '\n', r == '\r', r == '\u2028', r == '\u2029':
			b.WriteByte(' ')
		case unicode.In(r, unicode.Cc, unicode.Cf):
			// C0 and C1, and the invisible marks that change what is visible: those that
			// reverse text, join characters or have no width.
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// skipEscape returns the index of the last rune of the escape sequence that
// begins at rs[i] (ECMA-48, 5.4 and 5.6; ECMA-35, 13.2). One that never ends
// swallows the rest of the text, as it would in a terminal.
func skipEscape(rs []rune, i int) int {
	if i+1 >= len(rs) {
		return i
	}
	switch rs[i+1] {
	case '[':
		return skipTo(rs, i+2, 0x40, 0x7e)
	case ']', 'P', 'X', '^', '_':
		for j := i + 2; j < len(rs); j++ {
			if rs[j] == 0x07 || rs[j] == 0x9c {
				return j
			}
			if rs[j] == 0x1b && j+1 < len(rs) && rs[j+1] == '\\' {
				return j + 1
			}
		}
		return len(rs) - 1
	}
	switch next := rs[i+1]; {
	case next >= 0x20 && next <= 0x2f: // intermediates, such as in ESC ( B
		return skipTo(rs, i+2, 0x30, 0x7e)
	case next >= 0x30 && next <= 0x7e:
		return i + 1
	}
	return i // not a sequence: only the escape goes
}

// skipTo returns the index of the first rune from rs[j] on that is between low
// and high, or the last index.
func skipTo(rs []rune, j int, low, high rune) int {
	for ; j < len(rs); j++ {
		if rs[j] >= low && rs[j] <= high {
			return j
		}
	}
	return len(rs) - 1
}
