package picture

import (
	"fmt"
	"strings"
)

// Depth is how many colours a picture has.
type Depth uint8

// The depths.
const (
	TrueColour Depth = iota
	Colours256
	Grey // ASCII characters, brighter or darker
)

// ramp are characters from dark to bright.
const ramp = " .:-=+*#%@"

// Render draws a picture as lines of W cells, two pixels a cell: an upper half block whose
// colour is the upper pixel's, and its background the lower one's. It returns nil when there
// are not enough pixels.
func Render(p Picture, d Depth) []string {
	if p.W < 1 || p.H < 1 || len(p.Pixels) < p.W*p.H*3 {
		return nil
	}
	at := func(x, y int) [3]byte { i := (y*p.W + x) * 3; return [3]byte(p.Pixels[i : i+3]) }
	out := make([]string, (p.H+1)/2)
	var b strings.Builder
	for row := range out {
		b.Reset()
		half := 2*row+1 == p.H // the last row of an odd number has no lower pixels
		var last [2][3]byte
		for x := range p.W {
			upper := at(x, 2*row)
			lower := upper
			if !half {
				lower = at(x, 2*row+1)
			}
			if d == Grey {
				b.WriteByte(ramp[(luma(upper)+luma(lower))/2*len(ramp)/256])
				continue
			}
			if x == 0 || upper != last[0] {
				b.WriteString(colourCode(38, upper, d))
			}
			if !half && (x == 0 || lower != last[1]) {
				b.WriteString(colourCode(48, lower, d))
			}
			last = [2][3]byte{upper, lower}
			b.WriteString("▀")
		}
		if d != Grey {
			b.WriteString("\x1b[0m")
		}
		out[row] = b.String()
	}
	return out
}

// luma returns how bright a pixel is, from 0 to 255 (ITU-R BT.601).
func luma(c [3]byte) int { return (299*int(c[0]) + 587*int(c[1]) + 114*int(c[2])) / 1000 }

// colourCode returns the sequence that sets a colour; layer is 38 for the character and
// 48 for the background.
func colourCode(layer int, c [3]byte, d Depth) string {
	if d == TrueColour {
		return fmt.Sprintf("\x1b[%d;2;%d;%d;%dm", layer, c[0], c[1], c[2])
	}
	// The cube of 6 by 6 by 6 colours begins at 16.
	step := func(v byte) int { return (int(v)*5 + 127) / 255 }
	return fmt.Sprintf("\x1b[%d;5;%dm", layer, 16+36*step(c[0])+6*step(c[1])+step(c[2]))
}
