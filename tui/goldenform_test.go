package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// A golden file has a frame once, whatever the number of themes: its text, then for each line
// which style its cells have, then for each style what it is in each theme. That is short, and a
// difference can be read: another text, another style, another colour.

// styleNames are the names of styles, in the order in which they are first used.
const styleNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// painting is a frame in one theme: the text, and the style of each of its characters.
type painting struct {
	text   []string
	styles [][]string
}

// paintingOf reads a frame.
func paintingOf(frame string) painting {
	var p painting
	for _, line := range strings.Split(frame, "\n") {
		text, style := "", ""
		var styles []string
		for line != "" {
			if rest, is := strings.CutPrefix(line, "\x1b["); is {
				if code, after, ends := strings.Cut(rest, "m"); ends {
					if style = strings.TrimPrefix(style+";"+code, ";"); code == "" || code == "0" {
						style = ""
					}
					line = after
					continue
				}
			}
			r := []rune(line)[0]
			text += string(r)
			styles = append(styles, style)
			line = line[len(string(r)):]
		}
		p.text, p.styles = append(p.text, text), append(p.styles, styles)
	}
	return p
}

// goldenForm returns frames of the same screen in several themes as a golden file has them.
func goldenForm(t *testing.T, themes []string, frames []string) string {
	t.Helper()
	paintings := make([]painting, len(frames))
	for i, f := range frames {
		paintings[i] = paintingOf(f)
		if !slices.Equal(paintings[i].text, paintings[0].text) {
			t.Errorf("theme %s has another text than theme %s", themes[i], themes[0])
			return ""
		}
	}
	var b, lines strings.Builder
	b.WriteString(strings.Join(paintings[0].text, "\n") + "\n")
	var known [][]string // the styles, in each theme
	for y := range paintings[0].text {
		last, n := -1, 0
		put := func() {
			if n > 0 {
				fmt.Fprintf(&lines, " %d%c", n, styleNames[last])
			}
		}
		for x := range paintings[0].styles[y] {
			here := make([]string, len(paintings))
			for i := range paintings {
				here[i] = paintings[i].styles[y][x]
			}
			style := slices.IndexFunc(known, func(k []string) bool { return slices.Equal(k, here) })
			if style < 0 {
				style, known = len(known), append(known, here)
			}
			if style != last {
				put()
				last, n = style, 0
			}
			n++
		}
		put()
		fmt.Fprintf(&lines, "\n")
	}
	if len(known) == 1 && strings.Join(known[0], "") == "" {
		return b.String() // without colour
	}
	fmt.Fprintf(&b, "== styles\n%s== themes\n", lines.String())
	for i, theme := range themes {
		fmt.Fprintf(&b, "%s:", theme)
		for k, style := range known {
			if style[i] != "" {
				fmt.Fprintf(&b, " %c=%s", styleNames[k], style[i])
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestAGoldenFileHasTextStylesAndThemes(t *testing.T) {
	dark, light := "\x1b[1;31mno\x1b[0m \x1b[32m│ ok\x1b[0m", "\x1b[1;31mno\x1b[0m \x1b[36m│ ok\x1b[0m"
	const want = "no │ ok\n== styles\n 2a 1b 4c\n== themes\ndark: a=1;31 c=32\nlight: a=1;31 c=36\n"
	if got := goldenForm(t, []string{"dark", "light"}, []string{dark, light}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := goldenForm(t, []string{"none"}, []string{ansi.Strip(dark)}), "no │ ok\n"; got != want {
		t.Errorf("without colour: got %q, want %q", got, want)
	}
}
