package tail

import (
	"bytes"
	"slices"
	"testing"
)

func FuzzSplit(f *testing.F) {
	f.Add([]byte("one\ntwo\n"), uint16(3))
	f.Add([]byte("\n\n"), uint16(1))
	f.Add(bytes.Repeat([]byte("x"), LineMost+2), uint16(LineMost-1))
	f.Fuzz(func(t *testing.T, b []byte, piece uint16) {
		var whole, pieces []string
		lost := new(source).split(b, func(l []byte) { whole = append(whole, string(l)) })
		var other source
		for c := range slices.Chunk(b, int(piece)+1) {
			lost -= other.split(c, func(l []byte) { pieces = append(pieces, string(l)) })
		}
		if !slices.Equal(whole, pieces) || lost != 0 {
			t.Errorf("got %.200q in pieces, %.200q as a whole", pieces, whole)
		}
	})
}
