package film

import (
	"fmt"
	"strings"
)

// Film is a live picture being decoded. Next is called by one command at a time;
// Close ends it and any Next, and may be called from anywhere.
type Film interface {
	// Next waits for the next picture: width times height pixels of three bytes.
	Next() ([]byte, error)
	Close()
}

// Depth is how many colours a picture may have.
type Depth uint8

const (
	DepthTrue Depth = iota
	Depth256
	DepthGrey // characters of ASCII, brighter or darker
)

// ramp are characters from dark to bright.
const ramp = " .:-=+*#%@"

// Rendered draws w by h pixels as h/2 lines: each cell an upper half block, its
// colour the upper pixel's and its background the lower one's.
func Rendered(pixels []byte, w, h int, d Depth) []string {
	if w < 1 || h < 2 || len(pixels) < w*h*3 {
		return nil
	}
	at := func(x, y int) [3]byte { i := (y*w + x) * 3; return [3]byte{pixels[i], pixels[i+1], pixels[i+2]} }
	out := make([]string, h/2)
	var b strings.Builder
	for row := range out {
		b.Reset()
		var last [2][3]byte
		for x := range w {
			upper, lower := at(x, 2*row), at(x, 2*row+1)
			if d == DepthGrey {
				b.WriteByte(ramp[(luma(upper)+luma(lower))/2*len(ramp)/256])
				continue
			}
			if x == 0 || upper != last[0] {
				b.WriteString(colourCode(38, upper, d))
			}
			if x == 0 || lower != last[1] {
				b.WriteString(colourCode(48, lower, d))
			}
			last = [2][3]byte{upper, lower}
			b.WriteString("▀")
		}
		if d != DepthGrey {
			b.WriteString("\x1b[0m")
		}
		out[row] = b.String()
	}
	return out
}

// luma is how bright a pixel is, 0 to 255 (ITU-R BT.601).
func luma(c [3]byte) int { return (299*int(c[0]) + 587*int(c[1]) + 114*int(c[2])) / 1000 }

// colourCode is the sequence that sets a colour; layer is 38 for the character's
// and 48 for the background's.
func colourCode(layer int, c [3]byte, d Depth) string {
	if d == DepthTrue {
		return fmt.Sprintf("\x1b[%d;2;%d;%d;%dm", layer, c[0], c[1], c[2])
	}
	// The cube of 6 by 6 by 6 colours begins at 16.
	step := func(v byte) int { return (int(v)*5 + 127) / 255 }
	return fmt.Sprintf("\x1b[%d;5;%dm", layer, 16+36*step(c[0])+6*step(c[1])+step(c[2]))
}
