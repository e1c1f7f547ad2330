package canvas

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// Ink names what a piece of text is, not how it looks.
type Ink uint8

// The inks.
const (
	InkText Ink = iota
	InkDim
	InkFaint
	inkHead // a table's head
	InkTitle
	InkFocusTitle
	InkBorder
	InkFocusBorder
	InkStrong
	InkGood
	InkGoodStrong
	InkWarn
	InkBad
	InkBadStrong
	InkInfo
	InkKey
	InkTab   // the screen shown, among the others
	InkMatch // what a filter matches
	inkSparkLow
	inkSparkMid
	inkSparkHigh
	InkOnAir // the four colours of the light
	InkOffAir
	InkAmber
	InkNeutral
	inkNames // the first of the inks that tell processes apart
	inkCount = inkNames + namesCount
)

// namesCount is how many inks tell processes apart.
const namesCount = 6

// InkOfName returns the ink of a process's name, always the same for one name.
func InkOfName(name string) Ink {
	sum := 0
	for i := range len(name) {
		sum += int(name[i]) * (i + 1)
	}
	return inkNames + Ink(sum%namesCount)
}

// brush is the escape sequences before and after a text.
type brush struct{ on, off string }

// Theme holds a brush for every ink, on plain and on selected lines.
type Theme struct {
	name           string
	inks, selected [inkCount]brush
	veil           brush
}

// Veiled returns the text of what lies behind a dialog.
func (t Theme) Veiled(text string) string { return t.veil.on + text + t.veil.off }

// palette is a theme's colours; an empty one is the terminal's own.
type palette struct {
	text, dim, faint, border, title, focus string
	good, warn, bad, info, key             string
	low, mid, high                         string // of sparklines
	onAir, offAir, amber, neutral, onLight string // backgrounds of the light, and the text on them
	selected, selectedText                 string
	// background is the screen's when the operator chose the theme: a light theme
	// has to be readable on a dark terminal too.
	background string
	names      [namesCount]string
	// mono tells with bold, faint and reversed text what the others tell with colours.
	mono bool
}

// ThemeNames returns the themes, in the order in which the key t goes through them.
func ThemeNames() []string { return []string{"auto", "dark", "light", "high-contrast", "mono"} }

func palettes(name string) palette {
	switch name {
	case "light":
		return palette{
			text: "#1f2328", dim: "#59636e", faint: "#656d76", border: "#6e7781", title: "#0550ae", focus: "#0759bd",
			good: "#116329", warn: "#7d4e00", bad: "#b31d28", info: "#0b6b78", key: "#6639ba",
			low: "#116329", mid: "#7d4e00", high: "#b31d28",
			onAir: "#1a7f37", offAir: "#cf222e", amber: "#8a5a00", neutral: "#656d76", onLight: "#ffffff",
			background: "#ffffff",
			selected:   "#cfe8ff", selectedText: "#0b1f33",
			names: [namesCount]string{"#0550ae", "#6639ba", "#0b6b78", "#953800", "#116329", "#99286e"},
		}
	case "high-contrast":
		const white, black, green, yellow, red, cyan = "#ffffff", "#000000", "#00ff00", "#ffff00", "#ff5555", "#00ffff"
		return palette{
			text: white, dim: white, faint: "#c0c0c0", border: "#c0c0c0", title: white, focus: cyan,
			good: green, warn: yellow, bad: red, info: cyan, key: yellow,
			low: green, mid: yellow, high: red,
			onAir: green, offAir: red, amber: yellow, neutral: white, onLight: black,
			background: black,
			selected:   white, selectedText: black,
			names: [namesCount]string{cyan, "#ff80ff", yellow, green, "#8080ff", white},
		}
	case "mono":
		return palette{mono: true}
	}
	return palette{ // dark
		text: "#c9d1d9", dim: "#8b949e", faint: "#7d8590", border: "#767e89", title: "#79c0ff", focus: "#58a6ff",
		good: "#3fb950", warn: "#e3b341", bad: "#ff7b72", info: "#56d4dd", key: "#d2a8ff",
		low: "#3fb950", mid: "#d29922", high: "#ff7b72",
		onAir: "#2ea043", offAir: "#f85149", amber: "#d29922", neutral: "#8b949e", onLight: "#0d1117",
		background: "#0d1117",
		selected:   "#1c3a5e", selectedText: "#f0f6fc",
		names: [namesCount]string{"#79c0ff", "#d2a8ff", "#56d4dd", "#ffa657", "#7ee787", "#ff9bce"},
	}
}

// NewTheme returns a theme for the renderer's terminal; plain turns colours off, whatever
// the name. An unknown name is dark.
func NewTheme(r *lipgloss.Renderer, name string, plain bool) Theme {
	kind := name
	if kind == "auto" {
		kind = "dark"
		if !r.HasDarkBackground() {
			kind = "light"
		}
	}
	if plain || r.ColorProfile() == termenv.Ascii {
		kind = "mono"
	}
	p := palettes(kind)
	t := Theme{name: name}
	fg := func(c string) lipgloss.Style {
		s := r.NewStyle()
		if p.background != "" && name != "auto" {
			s = s.Background(lipgloss.Color(p.background))
		}
		if c != "" {
			s = s.Foreground(lipgloss.Color(c))
		}
		return s
	}
	light := func(c string) lipgloss.Style {
		s := r.NewStyle().Bold(true)
		if p.mono {
			return s.Reverse(true)
		}
		return s.Background(lipgloss.Color(c)).Foreground(lipgloss.Color(p.onLight))
	}
	styles := [inkCount]lipgloss.Style{
		InkText: fg(p.text), InkDim: fg(p.dim), InkFaint: fg(p.faint).Faint(p.mono), inkHead: fg(p.dim).Bold(p.mono),
		InkTitle: fg(p.title).Bold(true), InkFocusTitle: fg(p.focus).Bold(true),
		InkBorder: fg(p.border).Faint(p.mono), InkFocusBorder: fg(p.focus).Bold(p.mono), InkStrong: fg(p.text).Bold(true),
		InkGood: fg(p.good), InkGoodStrong: fg(p.good).Bold(true), InkWarn: fg(p.warn).Bold(p.mono),
		InkBad: fg(p.bad).Bold(p.mono), InkBadStrong: fg(p.bad).Bold(true), InkInfo: fg(p.info), InkKey: fg(p.key).Bold(true),
		InkTab:      fg(p.focus).Bold(true).Reverse(true),
		InkMatch:    fg(p.warn).Bold(true).Underline(true),
		inkSparkLow: fg(p.low), inkSparkMid: fg(p.mid), inkSparkHigh: fg(p.high),
		InkOnAir: light(p.onAir), InkOffAir: light(p.offAir), InkAmber: light(p.amber), InkNeutral: light(p.neutral),
	}
	for i, c := range p.names {
		styles[inkNames+Ink(i)] = fg(c)
	}
	for i, s := range styles {
		t.inks[i] = newBrush(s)
		switch {
		case p.mono:
			s = s.Reverse(true).Faint(false)
		case isLight(Ink(i)): // it stays as it is
		case kind == "high-contrast":
			s = s.Background(lipgloss.Color(p.selected)).Foreground(lipgloss.Color(p.selectedText))
		default:
			s = s.Background(lipgloss.Color(p.selected))
			if isQuiet(Ink(i)) {
				s = s.Foreground(lipgloss.Color(p.selectedText))
			}
		}
		t.selected[i] = newBrush(s)
	}
	t.veil = newBrush(fg(p.faint).Faint(true))
	return t
}

// isLight reports whether an ink is one of the light, which has a ground of its own.
func isLight(k Ink) bool {
	return k == InkOnAir || k == InkOffAir || k == InkAmber || k == InkNeutral
}

// isQuiet reports whether a selected line has an ink in the colour of its text.
func isQuiet(k Ink) bool {
	return k == InkText || k == InkDim || k == InkFaint || k == inkHead || k == InkBorder
}

// newBrush takes the sequences that the renderer puts around text.
func newBrush(s lipgloss.Style) brush {
	const mark = "x"
	on, off, _ := strings.Cut(s.Render(mark), mark)
	return brush{on, off}
}
