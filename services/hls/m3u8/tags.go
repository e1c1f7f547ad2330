package m3u8

import (
	"fmt"
	"slices"
	"strings"
)

// How the tags with attribute lists are read and written that both kinds of playlists, or
// several segments, share.

// parseMap returns nil when there is no URI.
func parseMap(v string, odd *oddities) (*Map, error) {
	a := parseAttributes("EXT-X-MAP", v, odd)
	m := Map{URI: a.text("URI")}
	if m.URI == "" {
		odd.note("EXT-X-MAP", v, "it has no URI and is ignored")
		return nil, nil
	}
	if r, ok := a.take("BYTERANGE"); ok {
		var err error
		if m.ByteRange, err = readByteRange("EXT-X-MAP, BYTERANGE", r, odd); err != nil {
			return nil, fmt.Errorf("attribute BYTERANGE: %w", err)
		}
	}
	m.Unknown = a.rest()
	return &m, nil
}

func (m *Map) append(b []byte) []byte {
	l := beginList(b, "#EXT-X-MAP:")
	l.quoted("URI", m.URI)
	l.byteRange("BYTERANGE", m.ByteRange)
	l.all(m.Unknown)
	return l.end()
}

// same reports whether two maps name the same section. nil names no section.
func (m *Map) same(o *Map) bool {
	if m == o {
		return true
	}
	if m == nil || o == nil || m.URI != o.URI || len(m.Unknown)+len(o.Unknown) > 0 {
		return false
	}
	if m.ByteRange == nil || o.ByteRange == nil {
		return m.ByteRange == o.ByteRange
	}
	return *m.ByteRange == *o.ByteRange
}

// parseKey leaves missing attributes empty: only a player can tell whether the media
// plays all the same.
func parseKey(tag, v string, odd *oddities) Key {
	a := parseAttributes(tag, v, odd)
	k := Key{
		Method: a.text("METHOD"), URI: a.text("URI"), IV: a.text("IV"),
		KeyFormat: a.text("KEYFORMAT"), KeyFormatVersions: a.text("KEYFORMATVERSIONS"),
	}
	for _, known := range []string{"NONE", "AES-128", "SAMPLE-AES", "SAMPLE-AES-CTR"} {
		if k.Method != known && strings.EqualFold(strings.Trim(k.Method, blanks), known) {
			odd.note(tag+", METHOD", k.Method, "it is read in capitals")
			k.Method = known
		}
	}
	switch {
	case k.Method == "":
		odd.note(tag, v, "it has no METHOD")
	case k.Method != "NONE" && k.URI == "":
		odd.note(tag, v, "it has no URI")
	}
	k.Unknown = a.rest()
	return k
}

func (k *Key) append(b []byte, tag string) []byte {
	l := beginList(b, tag)
	l.plain("METHOD", k.Method)
	l.quoted("URI", k.URI)
	l.plain("IV", k.IV)
	l.quoted("KEYFORMAT", k.KeyFormat)
	l.quoted("KEYFORMATVERSIONS", k.KeyFormatVersions)
	l.all(k.Unknown)
	return l.end()
}

// parseStart returns nil when there is no offset, as FFmpeg does.
func parseStart(v string, odd *oddities) *Start {
	a := parseAttributes("EXT-X-START", v, odd)
	s := Start{Precise: a.yes("PRECISE")}
	var ok bool
	if s.TimeOffset, ok = a.seconds("TIME-OFFSET"); !ok {
		odd.note("EXT-X-START", v, "it has no TIME-OFFSET and is ignored")
		return nil
	}
	s.Unknown = a.rest()
	return &s
}

func (s *Start) append(b []byte) []byte {
	l := beginList(b, "#EXT-X-START:")
	l.name("TIME-OFFSET")
	l.b = appendSeconds(l.b, s.TimeOffset)
	l.yes("PRECISE", s.Precise)
	l.all(s.Unknown)
	return l.end()
}

func parseServerControl(v string, odd *oddities) *ServerControl {
	a := parseAttributes("EXT-X-SERVER-CONTROL", v, odd)
	return &ServerControl{
		CanBlockReload: a.yes("CAN-BLOCK-RELOAD"), CanSkipDateRanges: a.yes("CAN-SKIP-DATERANGES"),
		CanSkipUntil: a.positive("CAN-SKIP-UNTIL"), HoldBack: a.positive("HOLD-BACK"), PartHoldBack: a.positive("PART-HOLD-BACK"),
		Unknown: a.rest(),
	}
}

func (c *ServerControl) append(b []byte) []byte {
	l := beginList(b, "#EXT-X-SERVER-CONTROL:")
	l.yes("CAN-BLOCK-RELOAD", c.CanBlockReload)
	l.seconds("CAN-SKIP-UNTIL", c.CanSkipUntil)
	l.yes("CAN-SKIP-DATERANGES", c.CanSkipDateRanges)
	l.seconds("HOLD-BACK", c.HoldBack)
	l.seconds("PART-HOLD-BACK", c.PartHoldBack)
	l.all(c.Unknown)
	if !l.begun {
		l.plain("CAN-BLOCK-RELOAD", "NO") // a list must not be empty
	}
	return l.end()
}

// parseDateRange keeps the text when the attributes would not be written as the same text.
func parseDateRange(v string, odd *oddities) DateRange {
	a := parseAttributes("EXT-X-DATERANGE", v, odd)
	r := DateRange{Attributes: a.rest()}
	l := attributeList{}
	l.all(r.Attributes)
	if string(l.b) != v {
		r.Text = v
	}
	return r
}

func (r *DateRange) append(b []byte) []byte {
	if r.Text != "" {
		return appendLine(append(b, "#EXT-X-DATERANGE:"...), r.Text)
	}
	l := beginList(b, "#EXT-X-DATERANGE:")
	l.all(r.Attributes)
	return l.end()
}

// Succeed returns the keys in force after newer ones: a key ends with the next key of
// its format, and all end with METHOD=NONE (RFC 8216, 4.3.2.4). A key without a method
// has no effect. Neither slice is changed.
func Succeed(keys, newer []Key) []Key {
	for _, k := range newer {
		switch k.Method {
		case "NONE":
			keys = nil
			continue
		case "":
			continue
		}
		keys = slices.DeleteFunc(slices.Clone(keys), func(o Key) bool { return o.KeyFormat == k.KeyFormat })
		keys = append(keys, k)
	}
	return keys
}

// Equal reports whether two keys are the same in every attribute.
func (k Key) Equal(o Key) bool {
	return k.Method == o.Method && k.URI == o.URI && k.IV == o.IV && k.KeyFormat == o.KeyFormat &&
		k.KeyFormatVersions == o.KeyFormatVersions && slices.Equal(k.Unknown, o.Unknown)
}
