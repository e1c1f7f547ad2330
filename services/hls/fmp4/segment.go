package fmp4

import (
	"errors"
	"fmt"
)

// CheckSegment checks that b is a whole fMP4 media segment: pairs of moof and mdat that
// fill it exactly, with other boxes before a moof. It returns the fragments; the error
// says what is wrong and where.
func CheckSegment(b []byte) ([]Fragment, error) {
	boxes, err := split(b)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	var list []Fragment
	open := false // a moof waits for its mdat
	for _, box := range boxes {
		switch box.Type {
		case "moof":
			if open {
				return nil, errors.New("segment: moof without its mdat")
			}
			f, err := ParseFragment(box.Data)
			if err != nil {
				return nil, fmt.Errorf("segment: %w", err)
			}
			list = append(list, f)
			open = true
		case "mdat":
			if !open {
				return nil, errors.New("segment: mdat without its moof")
			}
			open = false
		case "styp", "sidx", "prft", "emsg", "free", "skip", "ssix", "uuid":
		default:
			return nil, fmt.Errorf("segment: box %q does not belong in one", box.Type)
		}
	}
	if open || len(list) == 0 {
		return nil, errors.New("segment: it does not end with an mdat")
	}
	return list, nil
}
