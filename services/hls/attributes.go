package hls

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// parseAttributes reads an attribute list (RFC 8216, 4.2).
func parseAttributes(s string) ([]Attribute, error) {
	var list []Attribute
	for rest := s; ; {
		name, after, ok := strings.Cut(rest, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.ContainsAny(name, "\",") {
			return nil, fmt.Errorf("attribute list %q: a NAME=VALUE is due at %q", s, rest)
		}
		a := Attribute{Name: name}
		if strings.HasPrefix(after, `"`) {
			end := strings.IndexByte(after[1:], '"')
			if end < 0 {
				return nil, fmt.Errorf("attribute %s: the quoted string has no end", name)
			}
			a.Value, a.Quoted = after[1:1+end], true
			rest = strings.TrimLeft(after[end+2:], " ")
		} else if i := strings.IndexByte(after, ','); i >= 0 {
			a.Value, rest = strings.TrimSpace(after[:i]), after[i:]
		} else {
			a.Value, rest = strings.TrimSpace(after), ""
		}
		list = append(list, a)
		if rest == "" {
			return list, nil
		}
		if rest[0] != ',' {
			return nil, fmt.Errorf("attribute %s: a comma is due at %q", name, rest)
		}
		rest = rest[1:]
	}
}

// attributes are read by name; what is taken is removed, so that the rest are the
// unknown ones.
type attributes struct{ list []Attribute }

func (a *attributes) take(name string) (string, bool) {
	for i, x := range a.list {
		if x.Name == name {
			a.list = append(a.list[:i:i], a.list[i+1:]...)
			return x.Value, true
		}
	}
	return "", false
}

func (a *attributes) text(name string) string {
	v, _ := a.take(name)
	return v
}

func (a *attributes) yes(name string) bool { return a.text(name) == "YES" }

func (a *attributes) integer(name string) (int64, error) {
	v, ok := a.take(name)
	if !ok {
		return 0, nil
	}
	n, err := parseInteger(v)
	if err != nil {
		return 0, fmt.Errorf("attribute %s: %w", name, err)
	}
	return n, nil
}

func (a *attributes) duration(name string) (time.Duration, error) {
	v, ok := a.take(name)
	if !ok {
		return 0, nil
	}
	d, err := parseSeconds(v)
	if err != nil {
		return 0, fmt.Errorf("attribute %s: %w", name, err)
	}
	return d, nil
}

// parseInteger reads a decimal-integer (RFC 8216, 4.2), here up to 2^63-1.
func parseInteger(s string) (int64, error) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, fmt.Errorf("%q is not a whole number", s)
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number up to 2^63-1", s)
	}
	return n, nil
}

// maxSeconds bounds a duration: a year.
const maxSeconds = 366 * 24 * 3600

// parseSeconds reads a decimal number of seconds exactly to the nanosecond; a
// sign is allowed.
func parseSeconds(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is not a number of seconds", s)
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, dot := strings.Cut(digits, ".")
	if whole == "" && fraction == "" || dot && fraction == "" && whole == "" {
		return 0, bad
	}
	var d time.Duration
	if whole != "" {
		n, err := parseInteger(whole)
		if err != nil {
			return 0, bad
		}
		if n > maxSeconds {
			return 0, fmt.Errorf("%q seconds are too many, at most %d are allowed", s, maxSeconds)
		}
		d = time.Duration(n) * time.Second
	}
	unit := time.Second
	for _, c := range fraction {
		if c < '0' || c > '9' {
			return 0, bad
		}
		unit /= 10
		d += time.Duration(c-'0') * unit
	}
	if negative {
		d = -d
	}
	return d, nil
}

// appendSeconds writes d as the shortest decimal number of seconds, with a dot
// always, as old players want it.
func appendSeconds(b []byte, d time.Duration) []byte {
	if d < 0 {
		b = append(b, '-')
		d = -d
	}
	b = strconv.AppendInt(b, int64(d/time.Second), 10)
	b = append(b, '.')
	rest := int64(d % time.Second)
	if rest == 0 {
		return append(b, '0')
	}
	for unit := int64(time.Second / 10); rest > 0; unit /= 10 {
		b = append(b, byte('0'+rest/unit))
		rest %= unit
	}
	return b
}

// writer builds an attribute list.
type writer struct {
	b     []byte
	first bool
}

func attributeList(b []byte, tag string) writer { return writer{append(b, tag...), true} }

func (w *writer) name(name string) {
	if !w.first {
		w.b = append(w.b, ',')
	}
	w.first = false
	w.b = append(append(w.b, name...), '=')
}

func (w *writer) plain(name, value string) {
	if value != "" {
		w.name(name)
		w.b = append(w.b, value...)
	}
}

func (w *writer) quoted(name, value string) {
	if value != "" {
		w.name(name)
		w.b = append(append(append(w.b, '"'), value...), '"')
	}
}

func (w *writer) integer(name string, n int64) {
	if n != 0 {
		w.name(name)
		w.b = strconv.AppendInt(w.b, n, 10)
	}
}

func (w *writer) seconds(name string, d time.Duration) {
	if d != 0 {
		w.name(name)
		w.b = appendSeconds(w.b, d)
	}
}

func (w *writer) yes(name string, is bool) {
	if is {
		w.plain(name, "YES")
	}
}

func (w *writer) rest(list []Attribute) {
	for _, a := range list {
		w.name(a.Name)
		if a.Quoted {
			w.b = append(append(append(w.b, '"'), a.Value...), '"')
		} else {
			w.b = append(w.b, a.Value...)
		}
	}
}

func (w *writer) end() []byte { return append(w.b, '\n') }
