package api

import (
	"reflect"

	"livestream-tui/services/kit/text"
)

// cleanText makes every string that v points to fit for a terminal, wherever it is printed:
// it comes from another process and may contain control sequences.
func cleanText(v any) { cleanValue(reflect.ValueOf(v).Elem()) }

func cleanValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(text.Clean(v.String()))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			cleanValue(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				cleanValue(v.Field(i))
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			cleanValue(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			// An element of a map cannot be set in place.
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			cleanValue(value)
			v.SetMapIndex(key, value)
		}
	default: // interfaces contain numbers and fields of log lines, which are cleaned where they are shown
	}
}

// cleanError is an error whose text comes from another process.
type cleanError struct{ error }

func (e cleanError) Error() string { return text.Clean(e.error.Error()) }

func (e cleanError) Unwrap() error { return e.error }
