package webhook

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Target is a receiver of alerts.
type Target struct {
	// url is where alerts are POSTed. It may be a secret, and is never shown.
	url    string
	format format
}

// FormatError is a fault of the formats of receivers, and not of their addresses.
type FormatError struct{ error }

// ParseTargets returns the receivers at addresses that are separated by blanks or commas.
// names has one format for all of them, or one for each. The error is a *FormatError where
// names is wrong. It does not repeat an address, which may be a secret.
func ParseTargets(addresses, names string) ([]Target, error) {
	split := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
	}
	list, chosen := split(addresses), split(names)
	if len(list) == 0 {
		return nil, nil
	}
	if len(chosen) != 1 && len(chosen) != len(list) {
		return nil, &FormatError{fmt.Errorf("%d formats for %d addresses; allowed are one for all, or one for each", len(chosen), len(list))}
	}
	var targets []Target
	for i, address := range list {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, fmt.Errorf("address %d is no URL; allowed are http://HOST/PATH and https://HOST/PATH, separated by commas", i+1)
		}
		name := chosen[min(i, len(chosen)-1)]
		at := slices.IndexFunc(formats(), func(f format) bool { return f.name == name })
		if at < 0 {
			return nil, &FormatError{fmt.Errorf("format %q: allowed are %s", name, formatNames())}
		}
		targets = append(targets, Target{address, formats()[at]})
	}
	return targets, nil
}

// host is what may be shown of the address.
func (t Target) host() string {
	u, err := url.Parse(t.url)
	if err != nil {
		return "?"
	}
	return u.Host
}
