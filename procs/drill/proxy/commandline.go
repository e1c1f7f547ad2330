package proxy

import (
	"errors"
	"fmt"
	"strings"
)

// Words splits a command line at blanks. Quotes protect blanks, and a backslash protects
// the next character, except in single quotes. No shell is involved.
func Words(line string) ([]string, error) {
	var list []string
	var word strings.Builder
	quote, begun, kept := rune(0), false, false
	for _, r := range line {
		switch {
		case kept:
			word.WriteRune(r)
			kept = false
		case r == '\\' && quote != '\'':
			kept, begun = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, begun = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if begun {
				list = append(list, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a %c is open at the end", quote)
	}
	if begun {
		list = append(list, word.String())
	}
	if len(list) == 0 {
		return nil, errors.New("it is empty")
	}
	return list, nil
}
