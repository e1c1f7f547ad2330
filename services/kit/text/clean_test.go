package text

import (
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain text stays", "segment published, 100%", "segment published, 100%"},
		{"other scripts stay", "прямой эфир 生放送 ●", "прямой эфир 生放送 ●"},
		{"colours go", "\x1b[31;1mred\x1b[0m alert", "red alert"},
		{"moves of the cursor go", "a\x1b[2J\x1b[10;20Hb", "ab"},
		{"a title set in a terminal goes", "a\x1b]0;owned\x07b", "ab"},
		{"a string sequence that ends with ST goes", "a\x1bP1$r\x1b\\b", "ab"},
		{"a sequence that never ends takes the rest", "a\x1b]0;title and text", "a"},
		{"a choice of character set goes whole", "a\x1b(Bb", "ab"},
		{"a lone escape at the end goes", "a\x1b", "a"},
		{"an escape before an escape hides nothing", "a\x1b\x1b[31mb", "ab"},
		{"tabs and line ends become spaces", "a\tb\r\nc", "a b  c"},
		{"the line ends of Unicode become spaces", "a\u2028b\u2029c", "a b c"},
		{"bells and backspaces go", "a\x07\x08b", "ab"},
		{"C1 controls go", "a\u009b31mb\u0085", "a31mb"},
		{"marks that turn text around go", "a\u202eb\u2066c\u200fd\u061ce", "abcde"},
		{"what has no width goes", "a\u200bb\ufeffc", "abc"},
		{"what is not UTF-8 is shown as such", "a\xff\xfeb", "a\uFFFDb"},
		{"DEL goes", "a\x7fb", "ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Clean(c.in); got != c.want {
				t.Errorf("Clean(%q): got %q, want %q", c.in, got, c.want)
			}
		})
	}
}

// wantClean fails the test where s could move a cursor or hide what it says.
func wantClean(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("got %q, want valid UTF-8", s)
	}
	for _, r := range s {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			t.Errorf("got %q, want no control character; it has %U", s, r)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"", "plain", "\x1b[31mred\x1b[0m", "\x1b]0;t\x07", "\x1b", "\x1b(B", "a\xffb", "\u202e\u2028", "\x1b\x1b[", "\u009b1m"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Clean(s)
		wantClean(t, once)
		if twice := Clean(once); twice != once {
			t.Errorf("cleaning again: got %q, want %q", twice, once)
		}
	})
}
