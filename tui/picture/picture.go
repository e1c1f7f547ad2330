package picture

import "time"

// Picture is a decoded picture in the shape that its film has.
type Picture struct {
	// W and H are its size in pixels, which are square.
	W, H int
	// Pixels are its rows from the top, three bytes a pixel: red, green, blue.
	Pixels []byte
	// At is the moment that it shows, by the clock of the playlist. It is zero where that is
	// not known.
	At time.Time
}

// cropped returns the picture within pixels of four bytes whose bars are transparent.
func cropped(rgba []byte, w, h int) Picture {
	opaque := func(x, y int) bool { return rgba[(y*w+x)*4+3] != 0 }
	left, right, top, bottom := 0, w, 0, h
	for left < right && !opaque(left, h/2) {
		left++
	}
	for right > left && !opaque(right-1, h/2) {
		right--
	}
	for top < bottom && !opaque(w/2, top) {
		top++
	}
	for bottom > top && !opaque(w/2, bottom-1) {
		bottom--
	}
	p := Picture{W: right - left, H: bottom - top}
	p.Pixels = make([]byte, 0, p.W*p.H*3)
	for y := top; y < bottom; y++ {
		for x := left; x < right; x++ {
			i := (y*w + x) * 4
			p.Pixels = append(p.Pixels, rgba[i], rgba[i+1], rgba[i+2])
		}
	}
	return p
}

// Fit returns the picture as large as w by h pixels allow, in its own shape. Another size than
// it has is made of its nearest pixels.
func (p Picture) Fit(w, h int) Picture {
	if p.W < 1 || p.H < 1 || w < 1 || h < 1 {
		return Picture{}
	}
	to := Picture{W: w, H: max(1, (w*p.H+p.W/2)/p.W), At: p.At}
	if to.H > h {
		to.W, to.H = min(w, max(1, (h*p.W+p.H/2)/p.H)), h
	}
	if p.W <= to.W && p.W >= to.W-1 && p.H <= to.H && p.H >= to.H-1 {
		return p // it was decoded in this size, and rounded otherwise
	}
	to.Pixels = make([]byte, 0, to.W*to.H*3)
	for y := range to.H {
		for x := range to.W {
			i := (y*p.H/to.H*p.W + x*p.W/to.W) * 3
			to.Pixels = append(to.Pixels, p.Pixels[i:i+3]...)
		}
	}
	return to
}
