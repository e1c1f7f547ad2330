package upstream

// Source is where one packager holds a resource.
type Source struct {
	From   *Upstream
	Target string // path and query, escaped
	// Range is the wanted part of it; nil means the whole.
	Range *Range
}

// Range is a part of a resource, in bytes.
type Range struct{ From, Length int64 }
