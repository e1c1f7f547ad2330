package cmcd

import "bytes"

// Argument is the query argument that carries a report.
const Argument = "CMCD"

// Cut takes the arguments of CMCD out of a target, which is path and query as sent. rest is
// all else byte for byte, and said the value of the first one, still escaped; nil when
// there is none. rest may share memory with target.
func Cut(target []byte) (rest, said []byte) {
	query := bytes.IndexByte(target, '?') + 1
	if query == 0 {
		return target, nil
	}
	copied := false // rest is memory of its own
	kept := query   // how much of target is in rest, while it is not copied
	for at := query; at <= len(target); {
		end := at + bytes.IndexByte(target[at:], '&')
		if end < at {
			end = len(target)
		}
		argument := target[at:end]
		name, value, _ := bytes.Cut(argument, equals)
		switch is := isArgument(name); {
		case is && said == nil:
			said = value
			if said == nil {
				said = []byte{}
			}
			if kept = max(query, at-1); end < len(target) {
				rest, copied = append(make([]byte, 0, len(target)), target[:kept]...), true
			}
		case !is && copied:
			if len(rest) > query {
				rest = append(rest, '&')
			}
			rest = append(rest, argument...)
		}
		at = end + 1
	}
	switch {
	case said == nil:
		return target, nil
	case !copied:
		rest = target[:kept]
	}
	if len(rest) == query {
		rest = rest[:query-1] // nothing is left of the query
	}
	return rest, said
}

var equals = []byte{'='}

// isArgument reports whether an escaped name is CMCD.
func isArgument(name []byte) bool {
	if len(name) < len(Argument) || name[0] != 'C' && name[0] != '%' {
		return false
	}
	i := 0
	for ; len(name) > 0; i++ {
		c := name[0]
		name = name[1:]
		if c == '%' {
			var ok bool
			if c, ok = unescape(name); !ok {
				return false
			}
			name = name[2:]
		}
		if i >= len(Argument) || c != Argument[i] {
			return false
		}
	}
	return i == len(Argument)
}

// unescape is the byte that two hexadecimal digits stand for.
func unescape(b []byte) (byte, bool) {
	if len(b) < 2 {
		return 0, false
	}
	hi, lo := digit(b[0]), digit(b[1])
	return hi<<4 | lo, hi < 16 && lo < 16
}

func digit(c byte) byte { return digits[c] }

// digits are the values of hexadecimal digits, 255 for all else.
var digits = func() (of [256]byte) {
	for i := range of {
		of[i] = 255
	}
	for i, c := range "0123456789abcdef" {
		of[c] = byte(i)
	}
	for i, c := range "ABCDEF" {
		of[c] = byte(10 + i)
	}
	return of
}()
