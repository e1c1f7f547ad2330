package cmcd

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// eventsMost is how many reports one POST may have.
const eventsMost = 500

// parseEvents calls each for every report in the body of a POST: JSON objects, one after
// the other or in arrays, or lines of keys and values. err is that of a report that cannot
// be read. It returns an error when the body goes on beyond what can be read.
func parseEvents(body []byte, each func(r Report, err error)) error {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && (body[0] == '{' || body[0] == '[') {
		return parseJSON(body, each)
	}
	n := 0
	for line := range bytes.Lines(body) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if n++; n > eventsMost {
			return errLong
		}
		r := said()
		err := parse(&r, line)
		each(r, err)
	}
	if n == 0 {
		return errSyntax
	}
	return nil
}

func parseJSON(body []byte, each func(r Report, err error)) error {
	in := json.NewDecoder(bytes.NewReader(body))
	n := 0
	for {
		var raw json.RawMessage
		if err := in.Decode(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return errSyntax
		}
		list := []json.RawMessage{raw}
		if raw[0] == '[' && json.Unmarshal(raw, &list) != nil {
			return errSyntax
		}
		for _, one := range list {
			if n++; n > eventsMost {
				return errLong
			}
			r, err := parseObject(one)
			each(r, err)
		}
	}
}

// parseObject reads a report that is a JSON object.
func parseObject(raw json.RawMessage) (Report, error) {
	r := said()
	var object map[string]any
	if err := json.Unmarshal(raw, &object); err != nil || object == nil {
		return r, errSyntax
	}
	for key, v := range object {
		if v == nil {
			continue
		}
		if !r.set([]byte(key), valueOf(v)) {
			return r, errValue
		}
	}
	return r, nil
}

// valueOf is a value of JSON. A list is its least number, as in brackets.
func valueOf(v any) value {
	switch v := v.(type) {
	case bool:
		if v {
			return value{kind: isFlag, number: 1}
		}
		return value{kind: isFlag}
	case float64:
		return value{kind: isNumber, number: v}
	case string:
		return value{kind: isString, text: []byte(v)}
	case []any:
		least := value{kind: isOther}
		for _, one := range v {
			if n := valueOf(one); n.kind == isNumber && (least.kind != isNumber || n.number < least.number) {
				least = n
			}
		}
		return least
	}
	return value{kind: isOther}
}
