package m3u8

import (
	"fmt"
	"slices"
	"strings"
)

// maxOddities bounds the oddities of one playlist: more would not be read.
const maxOddities = 8

// oddities collects the deviations of a readable playlist from RFC 8216, the first of
// each kind. Players ignore what they do not understand (RFC 8216, 6.3.1), so an oddity
// must not take a signal off air.
type oddities struct {
	line  int // the number of the current line, from 1
	list  []string
	kinds []string
}

// note adds an oddity: how the value of the tag what is odd, and how it is read. how is
// the same text for all of a kind.
func (o *oddities) note(what, value, how string) {
	if len(o.list) == maxOddities {
		return
	}
	what = strings.TrimPrefix(what, "#")
	kind := what + how
	if slices.Contains(o.kinds, kind) {
		return
	}
	o.kinds = append(o.kinds, kind)
	o.list = append(o.list, fmt.Sprintf("line %d: %.*s %.*q: %s", o.line, quotable, what, quotable, value, how))
}
