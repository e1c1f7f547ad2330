package scene

import (
	"livestream-tui/tui/canvas"
)

// history keeps samples of named things, one a second, newest last.
type history struct {
	Samples map[string][]float64
}

// historyMost is how many samples are kept of each: what the widest panel shows.
const historyMost = 240

func NewHistory() history { return history{Samples: map[string][]float64{}} }

// add appends a value for each name, missing to those that are not in values.
func (h history) add(values map[string]float64) {
	for name := range values {
		if _, ok := h.Samples[name]; !ok {
			h.Samples[name] = nil
		}
	}
	for name, list := range h.Samples {
		v, ok := values[name]
		if !ok {
			v = canvas.Missing
		}
		list = append(list, v)
		h.Samples[name] = list[max(0, len(list)-historyMost):]
	}
}

// Last returns the newest n samples of name, fewer when there are not as many.
func (h history) Last(name string, n int) []float64 {
	list := h.Samples[name]
	return list[max(0, len(list)-n):]
}
