package series

// Kind is what a series is of, with its unit.
type Kind string

// The kinds, each with what Series.Of names.
const (
	// Buffer, Latency and Bitrate are what a viewer sees of a signal: the one with the least
	// buffer, if there are several.
	Buffer  Kind = "buffer_ms"
	Latency Kind = "latency_ms"
	Bitrate Kind = "bitrate_bps"
	// Usable is how many packagers of a signal players can be served from.
	Usable Kind = "usable_packagers"
	// Answer is how long a packager takes to answer for a signal: Of is what AnswerOf returns.
	Answer Kind = "answer_ms"
	// CPU is of a process, in percent of a core, and so is Memory.
	CPU    Kind = "cpu_percent"
	Memory Kind = "memory_bytes"
	// Requests are those that players make of a proxy: Of is the process.
	Requests Kind = "requests_per_second"
)

// AnswerOf returns the name of the series of a packager's answers for a signal.
func AnswerOf(signal, packager string) string { return signal + " " + packager }
