package m3u8

import (
	"fmt"
	"slices"
	"strings"
)

// maxOddities bounds what is told of one playlist: who mends it reads no more.
const maxOddities = 8

// oddities collects what in a playlist is not as RFC 8216 has it though it can be
// read: the first of each kind. Players bear such things (RFC 8216, 6.3.1: what is
// not understood is passed over), so one of them must not take a stream off air.
type oddities struct {
	line  int // the number of the line that is read, from 1
	list  []string
	kinds []string
}

// note says of the tag what, which has value, how it is odd and how it is read. how
// is the same for all of a kind.
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
