package event

import "bytes"

// What a line of hclog's JSON begins with, and what its level may be for a line that nobody
// has to be told of.
var (
	beginning   = []byte(`{"@level":"`)
	quietLevels = [...][]byte{[]byte(`info"`), []byte(`debug"`), []byte(`trace"`)}
	eventKey    = []byte(`"` + kindField + `"`)
)

// IsQuiet reports whether a line of a child's log is certain to carry no event and to have a
// level below warn, so that it need not be parsed before someone reads it. It only looks for
// bytes, which costs a hundredth of ParseLine. A line of which it is not certain is not quiet.
func IsQuiet(b []byte) bool {
	if len(b) == 0 || b[0] != '{' {
		return true // text, whose level is info
	}
	return hasQuietLevel(b) && !bytes.Contains(b, eventKey)
}

// AreQuiet reports whether IsQuiet is true of each of several lines. It costs less than to ask
// for one after the other. Of lines of text that mention an event it is not certain.
func AreQuiet(lines []byte) bool {
	if bytes.Contains(lines, eventKey) {
		return false
	}
	for len(lines) > 0 {
		if lines[0] == '{' && !hasQuietLevel(lines) {
			return false
		}
		i := bytes.IndexByte(lines, '\n')
		if i < 0 {
			break
		}
		lines = lines[i+1:]
	}
	return true
}

// hasQuietLevel reports whether a line of JSON is hclog's and has a level below warn.
func hasQuietLevel(b []byte) bool {
	rest, is := bytes.CutPrefix(b, beginning)
	if !is {
		return false
	}
	for _, level := range quietLevels {
		if bytes.HasPrefix(rest, level) {
			return true
		}
	}
	return false
}
