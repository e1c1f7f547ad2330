package signals

// Spares returns how many inputs could be shown at once in place of what is on air.
func (s Status) Spares() int {
	n := 0
	for _, in := range s.Inputs {
		if in.State == Good && !in.OnAir {
			n++
		}
	}
	return n
}

// ShowsSlate reports whether the slate is on air.
func (s Status) ShowsSlate() bool { return s.Source == SlateSource }

// IsFault reports whether an input that was there before cannot be shown.
func (s State) IsFault() bool {
	switch s {
	case Lost, Frozen, Black, Silent:
		return true
	}
	return false
}

// Awaits reports whether no encoder is connected: where it has to send is what matters.
func (i InputStatus) Awaits() bool {
	return i.State == Waiting || i.State == Lost && i.Remote == "" && i.Bitrate == 0
}
