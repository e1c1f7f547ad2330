package tui

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// ink names what a piece of text is, not how it looks.
type ink uint8

const (
	inkText ink = iota
	inkDim
	inkFaint
	inkHead // a table's head
	inkTitle
	inkFocusTitle
	inkBorder
	inkFocusBorder
	inkStrong
	inkGood
	inkGoodStrong
	inkWarn
	inkBad
	inkBadStrong
	inkInfo
	inkKey
	inkMatch
	inkSparkLow
	inkSparkMid
	inkSparkHigh
	inkOnAir
	inkOffAir
	inkAmber
	inkNeutral
	inkNames // the first of namesCount inks that tell services apart
	inkCount = inkNames + namesCount
)

const namesCount = 6

// brush is the escape sequences before and after a text.
type brush struct{ on, off string }

// theme is every ink as brushes, plain and on a selected line.
type theme struct {
	name           string
	inks, selected [inkCount]brush
	// veil is for what lies behind a dialog.
	veil brush
}

// palette is a theme's colours; empty for the terminal's own.
type palette struct {
	text, dim, faint, border, title, focus string
	good, warn, bad, info, key             string
	low, mid, high                         string
	onAir, offAir, amber, neutral, onLight string // backgrounds of the light, and the text on them
	selected, selectedText                 string
	// background is the screen's, where the operator chose the theme: a light one
	// has to be readable on a dark terminal too.
	background string
	names      [namesCount]string
	// bold stands for what colours tell where there are none.
	mono bool
}

// themeNames are the themes in the order in which the key goes through them.
func themeNames() []string { return []string{"auto", "dark", "light", "high-contrast", "mono"} }

func palettes(name string) palette {
	switch name {
	case "light":
		return palette{
			text: "#1f2328", dim: "#59636e", faint: "#8c959f", border: "#b4bcc4", title: "#0550ae", focus: "#0969da",
			good: "#1a7f37", warn: "#8a5a00", bad: "#cf222e", info: "#0b6b78", key: "#8250df",
			low: "#2da44e", mid: "#bf8700", high: "#cf222e",
			onAir: "#1a7f37", offAir: "#cf222e", amber: "#e3a008", neutral: "#6e7781", onLight: "#ffffff",
			background: "#ffffff",
			selected:   "#cfe8ff", selectedText: "#0b1f33",
			names: [namesCount]string{"#0550ae", "#8250df", "#0b6b78", "#953800", "#116329", "#99286e"},
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
		text: "#c9d1d9", dim: "#8b949e", faint: "#6e7681", border: "#3d444d", title: "#79c0ff", focus: "#58a6ff",
		good: "#3fb950", warn: "#e3b341", bad: "#ff7b72", info: "#56d4dd", key: "#d2a8ff",
		low: "#2ea043", mid: "#d29922", high: "#f85149",
		onAir: "#2ea043", offAir: "#da3633", amber: "#d29922", neutral: "#6e7681", onLight: "#0d1117",
		background: "#0d1117",
		selected:   "#1c3a5e", selectedText: "#f0f6fc",
		names: [namesCount]string{"#79c0ff", "#d2a8ff", "#56d4dd", "#ffa657", "#7ee787", "#ff9bce"},
	}
}

// newTheme makes the theme of that name for what the renderer's terminal can do;
// plain is for no colours, whatever the name.
func newTheme(r *lipgloss.Renderer, name string, plain bool) theme {
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
	t := theme{name: name}
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
		inkText: fg(p.text), inkDim: fg(p.dim), inkFaint: fg(p.faint).Faint(p.mono), inkHead: fg(p.dim).Bold(p.mono),
		inkTitle: fg(p.title).Bold(true), inkFocusTitle: fg(p.focus).Bold(true),
		inkBorder: fg(p.border).Faint(p.mono), inkFocusBorder: fg(p.focus).Bold(p.mono), inkStrong: fg(p.text).Bold(true),
		inkGood: fg(p.good), inkGoodStrong: fg(p.good).Bold(true), inkWarn: fg(p.warn).Bold(p.mono),
		inkBad: fg(p.bad).Bold(p.mono), inkBadStrong: fg(p.bad).Bold(true), inkInfo: fg(p.info), inkKey: fg(p.key).Bold(true),
		inkMatch:    fg(p.warn).Bold(true).Underline(true),
		inkSparkLow: fg(p.low), inkSparkMid: fg(p.mid), inkSparkHigh: fg(p.high),
		inkOnAir: light(p.onAir), inkOffAir: light(p.offAir), inkAmber: light(p.amber), inkNeutral: light(p.neutral),
	}
	for i, c := range p.names {
		styles[inkNames+ink(i)] = fg(c)
	}
	for i, s := range styles {
		t.inks[i] = newBrush(s)
		switch {
		case p.mono:
			s = s.Reverse(true).Faint(false)
		case kind == "high-contrast":
			s = s.Background(lipgloss.Color(p.selected)).Foreground(lipgloss.Color(p.selectedText))
		default:
			s = s.Background(lipgloss.Color(p.selected))
			if k := ink(i); k == inkText || k == inkDim || k == inkFaint {
				s = s.Foreground(lipgloss.Color(p.selectedText))
			}
		}
		t.selected[i] = newBrush(s)
	}
	t.veil = newBrush(fg(p.faint).Faint(true))
	return t
}

// newBrush takes the sequences that the renderer puts around a text.
func newBrush(s lipgloss.Style) brush {
	const mark = "x"
	on, off, _ := strings.Cut(s.Render(mark), mark)
	return brush{on, off}
}
