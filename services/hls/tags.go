package hls

import "errors"

// The tags with attribute lists that media and multivariant playlists share, or
// that segments share: how each is read and written.

func parseMap(v string) (*Map, error) {
	a, err := parseAttributes(v)
	if err != nil {
		return nil, err
	}
	m := Map{URI: a.text("URI")}
	if m.URI == "" {
		return nil, errors.New("no URI")
	}
	if r, ok := a.take("BYTERANGE"); ok {
		if m.ByteRange, err = parseByteRange(r); err != nil {
			return nil, in("BYTERANGE", err)
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

// same reports whether two maps name the same section; nil is none.
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

func parseKey(v string) (Key, error) {
	a, err := parseAttributes(v)
	if err != nil {
		return Key{}, err
	}
	k := Key{
		Method: a.text("METHOD"), URI: a.text("URI"), IV: a.text("IV"),
		KeyFormat: a.text("KEYFORMAT"), KeyFormatVersions: a.text("KEYFORMATVERSIONS"),
	}
	switch {
	case k.Method == "":
		return k, errors.New("no METHOD")
	case k.Method != "NONE" && k.URI == "":
		return k, errors.New("no URI")
	}
	k.Unknown = a.rest()
	return k, nil
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

func parseStart(v string) (*Start, error) {
	a, err := parseAttributes(v)
	if err != nil {
		return nil, err
	}
	offset, ok := a.take("TIME-OFFSET")
	if !ok {
		return nil, errors.New("no TIME-OFFSET")
	}
	s := Start{Precise: a.yes("PRECISE")}
	if s.TimeOffset, err = parseSeconds(offset); err != nil {
		return nil, in("TIME-OFFSET", err)
	}
	s.Unknown = a.rest()
	return &s, nil
}

func (s *Start) append(b []byte) []byte {
	l := beginList(b, "#EXT-X-START:")
	l.name("TIME-OFFSET")
	l.b = appendSeconds(l.b, s.TimeOffset)
	l.yes("PRECISE", s.Precise)
	l.all(s.Unknown)
	return l.end()
}

func parseServerControl(v string) (*ServerControl, error) {
	a, err := parseAttributes(v)
	if err != nil {
		return nil, err
	}
	c := ServerControl{CanBlockReload: a.yes("CAN-BLOCK-RELOAD"), CanSkipDateRanges: a.yes("CAN-SKIP-DATERANGES")}
	if c.CanSkipUntil, err = a.seconds("CAN-SKIP-UNTIL"); err != nil {
		return nil, err
	}
	if c.HoldBack, err = a.seconds("HOLD-BACK"); err != nil {
		return nil, err
	}
	if c.PartHoldBack, err = a.seconds("PART-HOLD-BACK"); err != nil {
		return nil, err
	}
	c.Unknown = a.rest()
	return &c, nil
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
