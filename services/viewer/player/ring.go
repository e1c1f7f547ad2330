package player

import "slices"

// ring keeps the newest values, limit of them; zero means that it keeps nothing.
type ring[T any] struct {
	limit int
	list  []T
	at    int // where the next value goes once the list is full
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

// all returns a copy of the values, oldest first.
func (r *ring[T]) all() []T {
	return slices.Concat(r.list[r.at:], r.list[:r.at])
}

// last returns the newest value, and false when there is none.
func (r *ring[T]) last() (v T, ok bool) {
	if len(r.list) == 0 {
		return v, false
	}
	return r.list[(r.at+len(r.list)-1)%len(r.list)], true
}
