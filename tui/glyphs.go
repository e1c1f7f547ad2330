package tui

// glyphs are what is drawn with: one cell each, whatever the set.
type glyphs struct {
	ascii                                   bool
	full, half, quarter, ring, dotted       string // states, from well to not yet
	cross, tick, pause, question            string
	pointer, arrow, ellipsis, dash, dot, up string
	// box is horizontal, vertical, then the corners clockwise from the upper left.
	box, heavyBox [6]string
	// levels are the columns of a sparkline, lowest first; gap is a missing sample.
	levels [8]string
	gap    string
	// barFull and barEmpty make a bar.
	barFull, barEmpty string
	// broken and waiting stand in a link of the pipeline.
	broken, waiting, vertical string
}

func unicodeGlyphs() glyphs {
	return glyphs{
		full: "●", half: "◐", quarter: "◔", ring: "○", dotted: "◌", cross: "✗", tick: "✓", pause: "‖", question: "?",
		pointer: "▸", arrow: "▶", ellipsis: "…", dash: "–", dot: "·", up: "↑↓",
		box: [6]string{"─", "│", "╭", "╮", "╯", "╰"}, heavyBox: [6]string{"━", "┃", "┏", "┓", "┛", "┗"},
		levels: [8]string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}, gap: "·",
		barFull: "█", barEmpty: "░", broken: "✗", waiting: "‖", vertical: "╎",
	}
}

func asciiGlyphs() glyphs {
	return glyphs{
		ascii: true,
		full:  "*", half: "%", quarter: "+", ring: "o", dotted: ".", cross: "x", tick: "v", pause: "=", question: "?",
		pointer: ">", arrow: ">", ellipsis: "~", dash: "-", dot: "|", up: "up/dn",
		box: [6]string{"-", "|", "+", "+", "+", "+"}, heavyBox: [6]string{"=", "#", "#", "#", "#", "#"},
		levels: [8]string{"_", "_", ".", ".", "-", "-", "=", "#"}, gap: " ",
		barFull: "#", barEmpty: ".", broken: "x", waiting: "=", vertical: ":",
	}
}

// joint is a cell of a drawn line: for each direction 0 for none, 1 for light, 2
// for heavy.
type joint struct{ up, right, down, left uint8 }

// lightHeavy are the box drawing characters from U+250C on, each as its joint in
// the order up, right, down, left.
const lightHeavy = "0110 0210 0120 0220 0011 0012 0021 0022 1100 1200 2100 2200 1001 1002 2001 2002 " +
	"1110 1210 2110 1120 2120 2210 1220 2220 1011 1012 2011 1021 2021 2012 1022 2022 " +
	"0111 0112 0211 0212 0121 0122 0221 0222 1101 1102 1201 1202 2101 2102 2201 2202 " +
	"1111 1112 1211 1212 2111 1121 2121 2112 2211 1122 1221 2212 1222 2122 2221 2222"

// draw returns the character for a joint.
func (g glyphs) draw(j joint) string {
	vertical, horizontal := j.up != 0 || j.down != 0, j.left != 0 || j.right != 0
	heavy := max(j.up, j.right, j.down, j.left) == 2
	if g.ascii {
		switch {
		case vertical && horizontal && heavy:
			return "#"
		case vertical && horizontal:
			return "+"
		case vertical:
			return "|"
		case heavy:
			return "="
		}
		return "-"
	}
	switch j {
	case joint{0, 1, 1, 0}:
		return g.box[2]
	case joint{0, 0, 1, 1}:
		return g.box[3]
	case joint{1, 0, 0, 1}:
		return g.box[4]
	case joint{1, 1, 0, 0}:
		return g.box[5]
	}
	switch {
	case !vertical && heavy:
		return g.heavyBox[0]
	case !vertical:
		return g.box[0]
	case !horizontal && heavy:
		return g.heavyBox[1]
	case !horizontal:
		return g.box[1]
	}
	for i := 0; i*5 < len(lightHeavy); i++ {
		k := lightHeavy[i*5:]
		if (joint{k[0] - '0', k[1] - '0', k[2] - '0', k[3] - '0'}) == j {
			return string(rune(0x250C + i))
		}
	}
	return g.box[0]
}
