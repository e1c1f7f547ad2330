package codec

// ParseAVC reads a sequence parameter set of H.264 (7.3.2.1.1), a NAL unit with its
// header; false when it is none. What cannot be read stays unknown.
func ParseAVC(unit []byte) (Picture, bool) {
	if len(unit) < 5 || unit[0]&0x1f != 7 {
		return Picture{}, false
	}
	p := Picture{Codec: AVC("avc1", unit[1], unit[2], unit[3])}
	r := &bits{b: unescaped(unit), at: 32}
	r.ue() // its ID
	chroma, separate := 1, false
	if isHigh(unit[1]) {
		if chroma = r.ue(); chroma == 3 {
			separate = r.flag()
		}
		r.ue() // bit depths
		r.ue()
		r.u(1)
		if r.flag() {
			skipScaling(r, chroma)
		}
	}
	r.ue() // frame numbers
	skipOrder(r)
	r.ue() // references
	r.u(1)
	columns, rows := r.ue()+1, r.ue()+1
	frames := r.flag()
	if !frames {
		rows *= 2
		r.u(1)
	}
	r.u(1)
	width, height := 16*columns, 16*rows
	if r.flag() { // cropping
		across, down := units(chroma, separate, frames)
		width -= across * (r.ue() + r.ue())
		height -= down * (r.ue() + r.ue())
	}
	if r.short {
		return p, true
	}
	p.size(width, height)
	if r.flag() {
		p.Rate = rateOf(r)
	}
	return p, true
}

// isHigh reports whether a profile's parameter set says how colours are coded.
func isHigh(profile byte) bool {
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		return true
	}
	return false
}

// units are how many pixels one step of cropping is.
func units(chroma int, separate, frames bool) (across, down int) {
	across, down = 1, 1
	if !separate && (chroma == 1 || chroma == 2) {
		across = 2
	}
	if !separate && chroma == 1 {
		down = 2
	}
	if !frames {
		down *= 2
	}
	return across, down
}

func skipScaling(r *bits, chroma int) {
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if !r.flag() {
			continue
		}
		size := 16
		if i >= 6 {
			size = 64
		}
		last, next := 8, 8
		for range size {
			if next != 0 {
				next = (last + r.se() + 256) % 256
			}
			if next != 0 {
				last = next
			}
		}
	}
}

// skipOrder skips what says in which order pictures are shown.
func skipOrder(r *bits) {
	switch r.ue() {
	case 0:
		r.ue()
	case 1:
		r.u(1)
		r.se()
		r.se()
		for n := r.ue(); n > 0 && !r.short; n-- {
			r.se()
		}
	}
}

// rateOf reads the timing of the usability information (E.1.1). Each picture has two
// ticks.
func rateOf(r *bits) float64 {
	const extendedSAR = 255
	if r.flag() && r.u(8) == extendedSAR {
		r.skip(32)
	}
	if r.flag() { // overscan
		r.u(1)
	}
	if r.flag() { // video signal type
		r.skip(4)
		if r.flag() {
			r.skip(24)
		}
	}
	if r.flag() { // chroma position
		r.ue()
		r.ue()
	}
	if !r.flag() {
		return 0
	}
	tick, scale := r.u(32), r.u(32)
	if r.short || tick == 0 {
		return 0
	}
	return float64(scale) / float64(tick) / 2
}
