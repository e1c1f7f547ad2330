package viewer

import "slices"

// ring keeps the newest of what was added, up to limit; zero keeps nothing.
type ring[T any] struct {
	limit int
	list  []T
	at    int // where the next one goes once the list is full
}

func (r *ring[T]) add(v T) {
	switch {
	case r.limit <= 0:
	case len(r.list) < r.limit:
		r.list = append(r.list, v)
	default:
		r.list[r.at] = v
		r.at = (r.at + 1) % r.limit
	}
}

// all is a copy, oldest first.
func (r *ring[T]) all() []T {
	return slices.Concat(r.list[r.at:], r.list[:r.at])
}

// last is what was added last; false when there is nothing.
func (r *ring[T]) last() (v T, ok bool) {
	if len(r.list) == 0 {
		return v, false
	}
	return r.list[(r.at+len(r.list)-1)%len(r.list)], true
}
