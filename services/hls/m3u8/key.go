package m3u8

import "slices"

// Succeed returns the keys that are in force after newer ones: a key ends with the
// next of its format, and all end with METHOD=NONE (RFC 8216, 4.3.2.4). One without a
// method says nothing. Neither slice is changed.
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
