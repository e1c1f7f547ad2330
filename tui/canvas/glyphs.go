package canvas

// Glyphs are the characters of a drawing, one cell each except UpDown in ASCII.
type Glyphs struct {
	// ASCII tells that text is drawn in ASCII only, too.
	ASCII bool
	// Full to Dotted are states, from well to not yet begun.
	Full, Half, Quarter, Ring, Dotted string
	Cross, Tick, Pause, Question      string
	// Alert marks what will fail soon.
	Alert string
	// Key marks a command, Switch a failover.
	Key, Switch string
	// Pointer marks the selected row, Arrow ends a link, To stands between a failover's
	// two packagers.
	Pointer, Arrow, To, Ellipsis, Dash, Dot string
	// Times stands before how many there are.
	Times string
	// UpDown are the two arrow keys, Up and Down the directions of hidden rows.
	UpDown, Up, Down string
	// Cursor stands behind text that is being typed.
	Cursor string
	// Box is horizontal, vertical, then the corners clockwise from the upper left.
	Box, HeavyBox [6]string
	// Gap is a missing sample of a sparkline.
	Gap string
	// levels are the columns of a sparkline, lowest first.
	levels [8]string
	// barFull and barEmpty make a bar.
	barFull, barEmpty string
	// Broken and Waiting stand in a link of the pipeline, Vertical draws a dotted one.
	Broken, Waiting, Vertical string
}

// UnicodeGlyphs returns the glyphs for terminals with UTF-8.
func UnicodeGlyphs() Glyphs {
	return Glyphs{
		Full: "●", Half: "◐", Quarter: "◔", Ring: "○", Dotted: "◌", Cross: "✗", Tick: "✓", Pause: "‖", Question: "?", Alert: "▲",
		Key: "⌁", Switch: "⇄",
		Pointer: "▸", Arrow: "▶", To: "→", Ellipsis: "…", Dash: "–", Dot: "·", Times: "×", UpDown: "↑↓", Up: "↑", Down: "↓", Cursor: "▏",
		Box: [6]string{"─", "│", "╭", "╮", "╯", "╰"}, HeavyBox: [6]string{"━", "┃", "┏", "┓", "┛", "┗"},
		levels: [8]string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}, Gap: "·",
		barFull: "█", barEmpty: "░", Broken: "✗", Waiting: "‖", Vertical: "╎",
	}
}

// ASCIIGlyphs returns the glyphs for all other terminals.
func ASCIIGlyphs() Glyphs {
	return Glyphs{
		ASCII: true,
		Full:  "*", Half: "%", Quarter: "+", Ring: "o", Dotted: ".", Cross: "x", Tick: "v", Pause: "=", Question: "?", Alert: "!",
		Key: "$", Switch: "&",
		Pointer: ">", Arrow: ">", To: ">", Ellipsis: "~", Dash: "-", Dot: "|", Times: "x", UpDown: "up/dn", Up: "^", Down: "v", Cursor: "_",
		Box: [6]string{"-", "|", "+", "+", "+", "+"}, HeavyBox: [6]string{"=", "#", "#", "#", "#", "#"},
		levels: [8]string{"_", "_", ".", ".", "-", "-", "=", "#"}, Gap: " ",
		barFull: "#", barEmpty: ".", Broken: "x", Waiting: "=", Vertical: ":",
	}
}

// Joint is a cell of a drawn line: in each direction 0 is no line, 1 a light and 2 a
// heavy one.
type Joint struct{ Up, Right, Down, Left uint8 }

// lightHeavy are the joints of the box drawing characters from U+250C on, in the order
// up, right, down, left.
const lightHeavy = "0110 0210 0120 0220 0011 0012 0021 0022 1100 1200 2100 2200 1001 1002 2001 2002 " +
	"1110 1210 2110 1120 2120 2210 1220 2220 1011 1012 2011 1021 2021 2012 1022 2022 " +
	"0111 0112 0211 0212 0121 0122 0221 0222 1101 1102 1201 1202 2101 2102 2201 2202 " +
	"1111 1112 1211 1212 2111 1121 2121 2112 2211 1122 1221 2212 1222 2122 2221 2222"

// Level returns the column of a sparkline for v, where most is the highest value.
func (g Glyphs) Level(v, most float64) string {
	if most <= 0 {
		return g.levels[0]
	}
	return g.levels[min(max(int(v/most*8), 0), 7)]
}

// Joint returns the character for a joint.
func (g Glyphs) Joint(j Joint) string {
	vertical, horizontal := j.Up != 0 || j.Down != 0, j.Left != 0 || j.Right != 0
	heavy := max(j.Up, j.Right, j.Down, j.Left) == 2
	if g.ASCII {
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
	case Joint{0, 1, 1, 0}:
		return g.Box[2]
	case Joint{0, 0, 1, 1}:
		return g.Box[3]
	case Joint{1, 0, 0, 1}:
		return g.Box[4]
	case Joint{1, 1, 0, 0}:
		return g.Box[5]
	}
	switch {
	case !vertical && heavy:
		return g.HeavyBox[0]
	case !vertical:
		return g.Box[0]
	case !horizontal && heavy:
		return g.HeavyBox[1]
	case !horizontal:
		return g.Box[1]
	}
	for i := 0; i*5 < len(lightHeavy); i++ {
		k := lightHeavy[i*5:]
		if (Joint{k[0] - '0', k[1] - '0', k[2] - '0', k[3] - '0'}) == j {
			return string(rune(0x250C + i))
		}
	}
	return g.Box[0]
}
