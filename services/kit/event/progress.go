package event

// Progress reports how far a long piece of work is. The supervisor's start
// timeout runs from the last one.
type Progress struct {
	Signal string `json:"signal,omitempty"`
	// Stage is the work in words: "mezzanine", "test film".
	Stage string `json:"stage"`
	// Percent is 0 to 100, or -1 when it is not known.
	Percent float64 `json:"percent"`
}

// Kind returns KindProgress.
func (Progress) Kind() Kind { return KindProgress }

func (Progress) isEvent() {}
