package stream

// Finding is what a fetch saw of a packager.
type Finding struct {
	Kind  FindingKind
	Cause string // in words, of a failure
}

// FindingKind is what sort of thing was seen.
type FindingKind uint8

// The kinds of findings.
const (
	FindingGood   FindingKind = iota // it gave a whole, valid resource
	FindingLate                      // a peer had to be asked as well, and won
	FindingFailed                    // it failed: error, silence, wrong bytes, slowness
	FindingAbsent                    // it says that it does not have what it lists
	FindingSaved                     // it was asked first, and a peer answered
)
