package codec

// ParseHEVC reads a sequence parameter set of H.265 (7.3.2.2), a NAL unit with its header;
// false when it is none. What cannot be read stays unknown.
func ParseHEVC(unit []byte) (Picture, bool) {
	if len(unit) < 2 || unit[0]>>1&0x3f != 33 {
		return Picture{}, false
	}
	plain := unescaped(unit)
	const before = 3 // the header, and the layers below
	if len(plain) < before+profileSize {
		return Picture{}, false
	}
	p := Picture{Codec: HEVC("hvc1", plain[before:before+profileSize])}
	layers := int(plain[2] >> 1 & 7)
	r := &bits{b: plain, at: 8 * (before + profileSize)}
	skipLayers(r, layers)
	r.ue() // its ID
	chroma := r.ue()
	if chroma == 3 && r.flag() {
		chroma = 0 // planes apart: cropping is by the pixel
	}
	width, height := r.ue(), r.ue()
	if r.flag() { // the part that is shown
		across, down := units(chroma, false, true)
		width -= across * (r.ue() + r.ue())
		height -= down * (r.ue() + r.ue())
	}
	if !r.short {
		p.size(width, height)
	}
	return p, true
}

// skipLayers skips profiles and levels of the temporal layers below.
func skipLayers(r *bits, layers int) {
	if layers == 0 {
		return
	}
	var profile, level [8]bool
	for i := range layers {
		profile[i], level[i] = r.flag(), r.flag()
	}
	r.skip(2 * (8 - layers))
	for i := range layers {
		if profile[i] {
			r.skip(88)
		}
		if level[i] {
			r.skip(8)
		}
	}
}
