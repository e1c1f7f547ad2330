package m3u8

import (
	"fmt"
	"slices"
	"strings"
)

// maxOddities bounds the oddities of one playlist: more would not be read.
const maxOddities = 8

// oddities collects the deviations of a readable playlist from RFC 8216, the first one of
// each kind. Players ignore what they do not understand (RFC 8216, 6.3.1), so an oddity
// must not take a signal off air.
type oddities struct {
	line  int // the number of the current line, from 1
	list  []string
	kinds []string
}

// note adds an oddity: what names the tag or attribute and value is its odd value. how says
// how the parser reads it; oddities of one kind have the same text.
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
