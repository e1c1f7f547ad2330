package fetch

import "errors"

var (
	// ErrOther: the bytes that came later are not those that were sent before.
	ErrOther = errors.New("no packager has the rest of what was sent")
	// ErrTooLarge: the resource is larger than what is kept in memory. Package forward
	// passes such a resource on.
	ErrTooLarge = errors.New("it is too large to be kept")
)
