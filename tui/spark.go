package tui

// history keeps samples of named things, one a second, newest last.
type history struct {
	samples map[string][]float64
}

// historyMost is how many samples are kept of each: what the widest panel shows.
const historyMost = 240

// missing is a second without a sample.
const missing = -1

func newHistory() history { return history{samples: map[string][]float64{}} }

// add appends a value for each name, missing to those that are not in values.
func (h history) add(values map[string]float64) {
	for name := range values {
		if _, ok := h.samples[name]; !ok {
			h.samples[name] = nil
		}
	}
	for name, list := range h.samples {
		v, ok := values[name]
		if !ok {
			v = missing
		}
		list = append(list, v)
		h.samples[name] = list[max(0, len(list)-historyMost):]
	}
}

// last returns the newest n samples of name, fewer when there are not as many.
func (h history) last(name string, n int) []float64 {
	list := h.samples[name]
	return list[max(0, len(list)-n):]
}

// present drops what is missing.
func present(list []float64) []float64 {
	var kept []float64
	for _, v := range list {
		if v >= 0 {
			kept = append(kept, v)
		}
	}
	return kept
}

// spark appends a sparkline of w cells, newest at the right; most is the value of
// the highest column. Values from mid and from high on are drawn as such.
func (l *line) spark(g glyphs, values []float64, w int, most, mid, high float64) {
	if w <= 0 {
		return
	}
	values = values[max(0, len(values)-w):]
	l.put(inkFaint, blanks(w-len(values)))
	for _, v := range values {
		if v < 0 {
			l.put(inkFaint, g.gap)
			continue
		}
		k := inkSparkLow
		switch {
		case v >= high:
			k = inkSparkHigh
		case v >= mid:
			k = inkSparkMid
		}
		l.put(k, g.levels[level(v, most)])
	}
}

func level(v, most float64) int {
	if most <= 0 {
		return 0
	}
	return min(max(int(v/most*8), 0), 7)
}

// bar appends a bar of w cells, full at 1.
func (l *line) bar(g glyphs, k ink, part float64, w int) *line {
	full := min(max(int(part*float64(w)+0.5), 0), w)
	for range full {
		l.put(k, g.barFull)
	}
	for range w - full {
		l.put(inkFaint, g.barEmpty)
	}
	return l
}
