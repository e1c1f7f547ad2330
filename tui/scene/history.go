package scene

import "livestream-tui/tui/canvas"

// History keeps the last samples of named values, one a second.
type History struct {
	samples map[string][]float64 // newest last
}

// historyMost is how many samples are kept of each value: what the widest panel shows.
const historyMost = 240

func newHistory() History { return History{map[string][]float64{}} }

// add appends the values of a second; a name without a value gets canvas.Missing.
func (h History) add(values map[string]float64) {
	for name := range values {
		if _, ok := h.samples[name]; !ok {
			h.samples[name] = nil
		}
	}
	for name, list := range h.samples {
		v, ok := values[name]
		if !ok {
			v = canvas.Missing
		}
		list = append(list, v)
		h.samples[name] = list[max(0, len(list)-historyMost):]
	}
}

// All returns every sample of a value, oldest first.
func (h History) All(name string) []float64 { return h.samples[name] }

// Last returns at most the n newest samples of a value, oldest first.
func (h History) Last(name string, n int) []float64 {
	list := h.samples[name]
	return list[max(0, len(list)-n):]
}
