package codec

import "testing"

// The flags of compatibility are one number in reverse order of bits, and the constraints
// end with the last byte that is not zero (ISO/IEC 14496-15, E.3). FFmpeg writes
// "hvc1.1.4.L60.B01" into a multivariant playlist whatever the constraints are.
func TestHEVC(t *testing.T) {
	for _, c := range []struct {
		name, entry string
		general     []byte
		want        string
	}{
		{"Main, by x265", "hvc1", []byte{0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 60}, "hvc1.1.6.L60.90"},
		{"Main 10, by x265", "hev1", []byte{0x02, 0x20, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 60}, "hev1.2.4.L60.90"},
		{"Main 10, high tier", "hvc1", []byte{0x22, 0x20, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 153}, "hvc1.2.4.H153.B0"},
		{"a profile space, constraints with a zero between", "hvc1", []byte{0x41, 0x80, 0, 0, 0x01, 0xb0, 0, 0x23, 0, 0, 0, 93}, "hvc1.A1.80000001.L93.B0.0.23"},
		{"no constraint", "hvc1", []byte{0x01, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 93}, "hvc1.1.6.L93"},
		{"too short", "hvc1", []byte{0x01, 0x60}, ""},
	} {
		if got := HEVC(c.entry, c.general); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
