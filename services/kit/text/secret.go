package text

import (
	"regexp"
	"slices"
	"strings"
)

// Masked stands for a secret in logs and on screens.
const Masked = "********"

// element matches the beginning of a further address in a list separated by commas.
var element = regexp.MustCompile(`,\s*[A-Za-z][A-Za-z0-9+.-]*://`)

// isSecret tells by a variable's name that its value is a secret. The path of a webhook is one.
func isSecret(variable string) bool {
	switch variable {
	case "WEBHOOK_FORMAT", "WEBHOOK_STILL_ON", "PROXY_TLS_KEY", "ENGINE_KEY", "ENGINE_EDGE_KEY", "ENGINE_CERT_KEY": // those that end in KEY are paths of files
		return false
	}
	return slices.ContainsFunc([]string{"TOKEN", "SECRET", "PASSWORD", "WEBHOOK", "_KEY"}, func(word string) bool { return strings.Contains(variable, word) })
}

// WithoutSecrets returns the value of a variable as it may be shown: masked when the
// name says that it is a secret, else with the
// credentials and the query of each address in it masked.
func WithoutSecrets(variable, value string) string {
	if value == "" {
		return ""
	}
	if isSecret(variable) {
		return Masked
	}
	if !strings.ContainsAny(value, "@?#") {
		return value
	}
	var b strings.Builder
	for rest := value; rest != ""; {
		end := len(rest)
		if at := element.FindStringIndex(rest); at != nil {
			end = at[0] + 1 // with the comma
		}
		b.WriteString(maskedAddress(rest[:end]))
		rest = rest[end:]
	}
	return b.String()
}

// maskedAddress masks one address without parsing it: it may be malformed, and a password
// may hold any character.
func maskedAddress(s string) string {
	s, comma := strings.CutSuffix(s, ",")
	begin := 0
	if i := strings.Index(s, "://"); i >= 0 {
		begin = i + len("://")
	}
	if at := strings.LastIndexByte(s, '@'); at >= begin {
		s = s[:begin] + Masked + s[at:]
	}
	if i := strings.IndexAny(s[begin:], "?#"); i >= 0 {
		s = s[:begin+i] + "?" + Masked
	}
	if comma {
		s += ","
	}
	return s
}
