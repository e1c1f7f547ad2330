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
	f.Add(bytes.Repeat([]byte("some line of log\n"), 3000), uint16(20_000))
	f.Add(append(bytes.Repeat([]byte("x\n"), blockMost), bytes.Repeat([]byte("y"), 2*blockMost)...), uint16(40_000))
	f.Fuzz(func(t *testing.T, b []byte, piece uint16) {
		var whole, pieces []string
		lost := new(source).split(b, taker{line: func(l []byte) { whole = append(whole, string(l)) }})
		var other source
		for c := range slices.Chunk(b, int(piece)+1) {
			lost -= other.split(c, taker{line: func(l []byte) { pieces = append(pieces, string(l)) }})
		}
		// Every other block is taken as a whole.
		var blocks []string
		var third source
		take := true
		add := func(l []byte) { blocks = append(blocks, string(l)) }
		for c := range slices.Chunk(b, int(piece)+1) {
			third.split(c, taker{line: add, block: func(lines []byte) bool {
				if !bytes.HasSuffix(lines, []byte("\n")) || len(lines) > blockMost {
					t.Errorf("a block of %d bytes ends in %q, want complete lines", len(lines), lines[max(0, len(lines)-9):])
				}
				if take = !take; !take {
					for l := range bytes.Lines(lines) {
						add(l[:len(l)-1])
					}
				}
				return !take
			}})
		}
		if !slices.Equal(whole, blocks) {
			t.Errorf("got %.200q in blocks, %.200q as a whole", blocks, whole)
		}
		if !slices.Equal(whole, pieces) || lost != 0 {
			t.Errorf("got %.200q in pieces, %.200q as a whole", pieces, whole)
		}
	})
}
