package platform

// Fault is something that a process does wrong on purpose. Its fault switch knows which
// modes there are: a packager's those of services/packager/fault, a worker's those of
// services/worker. An incarnation takes its fault with it.
type Fault struct {
	Mode string `json:"mode"`
	// BytesPerSecond is how fast a packager sends bodies in mode slow; zero means what
	// the packager itself sets.
	BytesPerSecond int64 `json:"bytes_per_s,omitempty"`
	// Seconds is how far a worker's wall clock is ahead in mode clock-step.
	Seconds float64 `json:"seconds,omitempty"`
}

// NoFault is the mode in which a process does nothing wrong.
const NoFault = "none"
