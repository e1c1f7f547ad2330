package trouble

// Finding is what a fetch saw of a packager.
type Finding struct {
	Kind  Kind
	Cause string // in words, of a failure
}

// Kind is what sort of thing was seen.
type Kind uint8

const (
	Good   Kind = iota // it gave a whole, valid resource
	Late               // a peer had to be asked as well, and won
	Failed             // it failed: error, silence, wrong bytes, slowness
	Absent             // it says that it does not have what it lists
	Saved              // it was asked first, and a peer answered
)

// String is the kind in a word, as logs show it.
func (k Kind) String() string {
	return [...]string{"good", "late", "failed", "absent", "saved"}[k]
}
