package canvas

// Missing stands for a sample that is not there.
const Missing = -1

// Present returns the samples that are there.
func Present(list []float64) []float64 {
	var kept []float64
	for _, v := range list {
		if v >= 0 {
			kept = append(kept, v)
		}
	}
	return kept
}

// Spark appends a sparkline of w cells with the newest value at the right; most is the
// value of the highest column. Values from mid and from high on have inks of their own.
func (l *Line) Spark(g Glyphs, values []float64, w int, most, mid, high float64) {
	if w <= 0 {
		return
	}
	values = values[max(0, len(values)-w):]
	l.Put(InkFaint, Blanks(w-len(values)))
	for _, v := range values {
		if v < 0 {
			l.Put(InkFaint, g.Gap)
			continue
		}
		k := inkSparkLow
		switch {
		case v >= high:
			k = inkSparkHigh
		case v >= mid:
			k = inkSparkMid
		}
		l.Put(k, g.Level(v, most))
	}
}

// Bar appends a bar of w cells, which is full when part is 1.
func (l *Line) Bar(g Glyphs, k Ink, part float64, w int) *Line {
	full := min(max(int(part*float64(w)+0.5), 0), w)
	for range full {
		l.Put(k, g.barFull)
	}
	for range w - full {
		l.Put(InkFaint, g.barEmpty)
	}
	return l
}
