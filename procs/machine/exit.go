package machine

import "livestream-tui/procs/child"

// misconfigured is the exit status of a bad configuration (EX_CONFIG of sysexits.h): a
// restart cannot help.
const misconfigured = 78

// ExitKind is how an incarnation ended, as a code.
type ExitKind uint8

// The kinds of exits. The zero value is ExitUnknown.
const (
	ExitUnknown       ExitKind = iota // of a version that has no codes
	ExitSuccess                       // status 0
	ExitConfiguration                 // the status of a bad configuration
	ExitFailure                       // any other status
	ExitSignal                        // a signal ended it
)

var exitNames = []string{"unknown", "success", "configuration", "failure", "signal"}

// ExitKindOf returns the kind of an exit.
func ExitKindOf(e child.Exit) ExitKind {
	switch {
	case e.Signal != 0:
		return ExitSignal
	case e.Code == 0:
		return ExitSuccess
	case e.Code == misconfigured:
		return ExitConfiguration
	}
	return ExitFailure
}

// String returns the code, as JSON has it.
func (k ExitKind) String() string { return nameOf("exit", exitNames, uint8(k)) }

// MarshalText implements encoding.TextMarshaler.
func (k ExitKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. A code that only a later version
// knows is read as ExitUnknown.
func (k *ExitKind) UnmarshalText(b []byte) error {
	i, _ := valueOf("exit", exitNames, b)
	*k = ExitKind(i)
	return nil
}
