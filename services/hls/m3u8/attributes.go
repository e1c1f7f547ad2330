package m3u8

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxAttributes bounds an attribute list: RFC 8216 knows fewer than 20 for any tag.
const maxAttributes = 128

// attributes is an attribute list being read. Attributes are removed as they are taken,
// so that the rest are those that the model does not know.
type attributes struct {
	list []Attribute
	tag  string
	odd  *oddities
}

// parseAttributes reads the attribute list of a tag (RFC 8216, 4.2). It accepts spaces
// around commas, and missing or needless quotes. It ignores what it cannot read, as
// players do.
func parseAttributes(tag, s string, odd *oddities) attributes {
	a := attributes{tag: tag, odd: odd}
	for i := 0; i < len(s); {
		var x attributeAt
		x, i = nextAttribute(s, i)
		switch {
		case x.name == "" || strings.Contains(x.name, `"`):
			odd.note(tag, s, "the parts of it that are not NAME=VALUE are ignored")
			continue
		case len(a.list) == maxAttributes:
			odd.note(tag, s, "it has too many attributes; the rest are ignored")
			return a
		case x.odd:
			odd.note(tag, s, "a quoted string in it is not closed, or is followed by text, which is ignored")
		}
		value := Attribute{Name: x.name, Value: s[x.from:x.to], Quoted: x.quoted}
		if strings.Contains(value.Value, `"`) {
			odd.note(tag, s, "quotes within a value are ignored")
			value.Value = strings.Trim(strings.ReplaceAll(value.Value, `"`, ""), blanks)
		}
		if at := slices.IndexFunc(a.list, func(o Attribute) bool { return o.Name == x.name }); at >= 0 {
			odd.note(tag, s, "an attribute appears twice; the last one counts")
			a.list[at] = value
			continue
		}
		a.list = append(a.list, value)
	}
	if s == "" || s[len(s)-1] == ',' {
		odd.note(tag, s, "an attribute is missing")
	}
	return a
}

// attributeAt is the place of an attribute in its list: its value, without quotes, reaches
// from from to to. The name is empty when there is no attribute.
type attributeAt struct {
	name     string
	from, to int
	quoted   bool
	odd      bool // the quoted string is not closed, or is followed by text
}

// nextAttribute finds the attribute of s that begins at i; next is the beginning of the
// one after it.
func nextAttribute(s string, i int) (a attributeAt, next int) {
	end := strings.IndexAny(s[i:], "=,")
	if end < 0 {
		return a, len(s)
	}
	if s[i+end] == ',' {
		return a, i + end + 1
	}
	a.name = strings.Trim(s[i:i+end], blanks)
	a.from = i + end + 1
	for a.from < len(s) && strings.IndexByte(blanks, s[a.from]) >= 0 {
		a.from++
	}
	if a.from < len(s) && s[a.from] == '"' {
		return a.closed(s)
	}
	if comma := strings.IndexByte(s[a.from:], ','); comma >= 0 {
		a.to, next = a.from+comma, a.from+comma+1
	} else {
		a.to, next = len(s), len(s)
	}
	a.to = a.from + len(strings.TrimRight(s[a.from:a.to], blanks))
	return a, next
}

// closed finds the end of a quoted string.
func (a attributeAt) closed(s string) (attributeAt, int) {
	a.from, a.quoted = a.from+1, true
	length := strings.IndexByte(s[a.from:], '"')
	if length < 0 {
		a.to, a.odd = len(s), true
		return a, len(s)
	}
	a.to = a.from + length
	behind, next := a.to+1, len(s)
	if comma := strings.IndexByte(s[behind:], ','); comma >= 0 {
		next = behind + comma + 1
		a.odd = strings.Trim(s[behind:next-1], blanks) != ""
	} else {
		a.odd = strings.Trim(s[behind:], blanks) != ""
	}
	return a, next
}

// blanks are tolerated around the parts of an attribute list.
const blanks = " \t"

// take returns the value of an attribute, quoted or not and in upper or lower case:
// servers are careless about both.
func (a *attributes) take(name string) (string, bool) {
	value, found := "", false
	exact := slices.IndexFunc(a.list, func(x Attribute) bool { return x.Name == name })
	if exact >= 0 {
		value, found = a.list[exact].Value, true
		a.list = slices.Delete(a.list, exact, exact+1)
	}
	a.list = slices.DeleteFunc(a.list, func(x Attribute) bool {
		if !strings.EqualFold(x.Name, name) {
			return false
		}
		a.odd.note(a.tag, x.Name, "the name of an attribute is read in capitals")
		if exact < 0 {
			value, found = x.Value, true
		}
		return true
	})
	return value, found
}

func (a *attributes) text(name string) string {
	v, _ := a.take(name)
	return v
}

func (a *attributes) yes(name string) bool {
	v, ok := a.take(name)
	if ok && v != "YES" && v != "NO" {
		a.odd.note(a.tag+", "+name, v, "it is read as NO")
	}
	return v == "YES"
}

// integer reads a number that is not negative; 0 when there is none.
func (a *attributes) integer(name string) int64 {
	v, ok := a.take(name)
	if !ok {
		return 0
	}
	n, err := parseInteger(v, math.MaxInt64)
	if err == nil {
		return n
	}
	if n, ok = leadingInteger(v); !ok {
		a.odd.note(a.tag+", "+name, v, "it is not a whole number and is ignored")
		return 0
	}
	a.odd.note(a.tag+", "+name, v, "it is not a whole number; only its leading whole number is read")
	return n
}

// seconds reads a duration; false when there is none.
func (a *attributes) seconds(name string) (time.Duration, bool) {
	v, ok := a.take(name)
	if !ok {
		return 0, false
	}
	d, err := parseSeconds(v)
	if err == nil {
		return d, true
	}
	if d, _, ok = leadingSeconds(v); !ok {
		a.odd.note(a.tag+", "+name, v, "it is not a number of seconds and is ignored")
		return 0, false
	}
	a.odd.note(a.tag+", "+name, v, "it is not a number of seconds; only its leading number is read")
	return d, true
}

// positive reads a duration that is not negative; 0 when there is none.
func (a *attributes) positive(name string) time.Duration {
	d, _ := a.seconds(name)
	if d < 0 {
		a.odd.note(a.tag+", "+name, d.String(), "a negative duration is ignored")
		return 0
	}
	return d
}

// rest returns the attributes that were not taken, or nil.
func (a *attributes) rest() []Attribute {
	if len(a.list) == 0 {
		return nil
	}
	return a.list
}

// attributeList writes a tag with its attribute list. Empty and zero values are
// omitted.
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

// plain writes an enumerated value, in quotes when it could not be read back without
// them: careless servers have such values.
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
