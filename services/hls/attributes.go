package hls

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxAttributes bounds an attribute list: RFC 8216 knows fewer than 20 for any tag.
const maxAttributes = 128

// attributes is an attribute list being read: what is taken by name is removed,
// so that the rest are those that the model does not know.
type attributes struct{ list []Attribute }

// parseAttributes reads an attribute list (RFC 8216, 4.2). It does not mind spaces
// around commas.
func parseAttributes(s string) (attributes, error) {
	var a attributes
	for rest := s; ; {
		name, after, ok := strings.Cut(rest, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.ContainsAny(name, "\", \t") {
			return a, fmt.Errorf("NAME=VALUE is due at %.*q", quotable, rest)
		}
		if a.has(name) {
			return a, fmt.Errorf("attribute %.*s is there twice", quotable, name)
		}
		if len(a.list) == maxAttributes {
			return a, fmt.Errorf("more than %d attributes", maxAttributes)
		}
		value, more, err := parseValue(after)
		if err != nil {
			return a, fmt.Errorf("attribute %.*s: %w", quotable, name, err)
		}
		value.Name = name
		a.list = append(a.list, value)
		if more == "" {
			return a, nil
		}
		rest = more[1:]
	}
}

// parseValue reads a value; more is what follows it, from its comma on.
func parseValue(s string) (value Attribute, more string, err error) {
	if quoted, ok := strings.CutPrefix(strings.TrimLeft(s, " \t"), `"`); ok {
		text, more, ok := strings.Cut(quoted, `"`)
		if !ok {
			return value, "", errors.New("its quoted string has no end")
		}
		if more = strings.TrimLeft(more, " \t"); more != "" && more[0] != ',' {
			return value, "", fmt.Errorf("a comma is due at %.*q", quotable, more)
		}
		return Attribute{Value: text, Quoted: true}, more, nil
	}
	end := strings.IndexByte(s, ',')
	if end < 0 {
		end = len(s)
	}
	text := strings.TrimSpace(s[:end])
	if strings.Contains(text, `"`) {
		return value, "", fmt.Errorf("a quote within %.*q", quotable, text)
	}
	return Attribute{Value: text}, s[end:], nil
}

func (a *attributes) index(name string) int {
	return slices.IndexFunc(a.list, func(x Attribute) bool { return x.Name == name })
}

func (a *attributes) has(name string) bool { return a.index(name) >= 0 }

// take returns the value of an attribute, whether it was quoted or not: servers
// are careless there.
func (a *attributes) take(name string) (string, bool) {
	i := a.index(name)
	if i < 0 {
		return "", false
	}
	v := a.list[i].Value
	a.list = slices.Delete(a.list, i, i+1)
	return v, true
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
	n, err := parseInteger(v, math.MaxInt64)
	return n, in(name, err)
}

func (a *attributes) seconds(name string) (time.Duration, error) {
	v, ok := a.take(name)
	if !ok {
		return 0, nil
	}
	d, err := parsePositive(v)
	return d, in(name, err)
}

// rest is what nobody took; nil for nothing.
func (a *attributes) rest() []Attribute {
	if len(a.list) == 0 {
		return nil
	}
	return a.list
}

// in says which attribute an error is about.
func in(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("attribute %s: %w", name, err)
}

// attributeList writes a tag with its attribute list. Empty and zero values are
// left out.
type attributeList struct {
	b     []byte
	begun bool
}

func beginList(b []byte, tag string) attributeList { return attributeList{b: append(b, tag...)} }

func (l *attributeList) name(name string) {
	if l.begun {
		l.b = append(l.b, ',')
	}
	l.begun = true
	l.b = append(append(l.b, name...), '=')
}

// plain writes an enumerated value; one that would not come back without quotes,
// which is not the model's but a careless server's, gets them.
func (l *attributeList) plain(name, value string) {
	if strings.ContainsAny(value, ", \t") {
		l.quoted(name, value)
	} else if value != "" {
		l.name(name)
		l.b = append(l.b, value...)
	}
}

func (l *attributeList) quoted(name, value string) {
	if value != "" {
		l.name(name)
		l.quote(value)
	}
}

func (l *attributeList) quote(value string) {
	l.b = append(append(append(l.b, '"'), value...), '"')
}

func (l *attributeList) integer(name string, n int64) {
	if n != 0 {
		l.name(name)
		l.b = strconv.AppendInt(l.b, n, 10)
	}
}

func (l *attributeList) seconds(name string, d time.Duration) {
	if d != 0 {
		l.name(name)
		l.b = appendSeconds(l.b, d)
	}
}

func (l *attributeList) yes(name string, is bool) {
	if is {
		l.plain(name, "YES")
	}
}

func (l *attributeList) byteRange(name string, r *ByteRange) {
	if r != nil {
		l.name(name)
		l.b = append(r.append(append(l.b, '"')), '"')
	}
}

func (l *attributeList) all(list []Attribute) {
	for _, a := range list {
		l.name(a.Name)
		if a.Quoted {
			l.quote(a.Value)
		} else {
			l.b = append(l.b, a.Value...)
		}
	}
}

func (l *attributeList) end() []byte { return append(l.b, '\n') }
