package canvas

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// leastContrast is what WCAG 2.2 asks for between text and its ground (1.4.3, level AA).
const leastContrast = 4.5

// rgb is a colour of the screen.
type rgb [3]float64

// luminance is the relative luminance of WCAG 2.2.
func (c rgb) luminance() float64 {
	linear := func(v float64) float64 {
		if v /= 255; v <= 0.04045 {
			return v / 12.92
		} else {
			return math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

var (
	foreground = regexp.MustCompile(`38;2;(\d+);(\d+);(\d+)`)
	background = regexp.MustCompile(`48;2;(\d+);(\d+);(\d+)`)
	reversed   = regexp.MustCompile(`[\[;]7[;m]`)
)

// painted returns the colours of the sequences before a text: text on ground where they say,
// else the given ones.
func painted(on string, text, ground rgb) (rgb, rgb) {
	read := func(by *regexp.Regexp, otherwise rgb) rgb {
		m := by.FindStringSubmatch(on)
		if m == nil {
			return otherwise
		}
		var c rgb
		for i := range c {
			c[i], _ = strconv.ParseFloat(m[i+1], 64)
		}
		return c
	}
	text, ground = read(foreground, text), read(background, ground)
	if reversed.MatchString(on) {
		return ground, text
	}
	return text, ground
}

func TestEachInkCanBeReadOnItsGround(t *testing.T) {
	for _, dark := range []bool{true, false} {
		r := lipgloss.NewRenderer(io.Discard)
		r.SetColorProfile(termenv.TrueColor)
		r.SetHasDarkBackground(dark)
		// What a terminal draws where the theme leaves it the choice.
		text, ground := rgb{230, 230, 230}, rgb{13, 17, 23}
		if !dark {
			text, ground = rgb{20, 20, 20}, rgb{255, 255, 255}
		}
		for _, name := range ThemeNames() {
			theme := NewTheme(r, name, false)
			for i := range inkCount {
				for line, b := range map[string]brush{"plain": theme.inks[i], "selected": theme.selected[i]} {
					t.Run(fmt.Sprintf("%s, dark %t, ink %d, %s", name, dark, i, line), func(t *testing.T) {
						on, below := painted(b.on, text, ground)
						if got := contrast(on, below); got < leastContrast {
							t.Errorf("got a contrast of %.2f of %v on %v, want %.1f", got, on, below, leastContrast)
						}
					})
				}
			}
		}
	}
}

func TestContrastIsThatOfTheStandard(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b rgb
		want float64
	}{
		{"black on white", rgb{}, rgb{255, 255, 255}, 21},
		{"one colour", rgb{9, 9, 9}, rgb{9, 9, 9}, 1},
		{"the grey of the standard's examples", rgb{118, 118, 118}, rgb{255, 255, 255}, 4.54},
	} {
		if got := contrast(c.a, c.b); math.Abs(got-c.want) > 0.01 {
			t.Errorf("%s: got %.2f, want %.2f", c.name, got, c.want)
		}
	}
}
