package text

import (
	"regexp"
	"strings"
)

// Masked stands for what nobody is to read in a log or off a screen.
const Masked = "********"

// element begins one of several addresses that are separated by commas.
var element = regexp.MustCompile(`,\s*[A-Za-z][A-Za-z0-9+.-]*://`)

// WithoutSecrets is the value of a variable as it may be shown: hidden where the name
// says that it is a secret (a webhook's path is one); else, of each address in it,
// without what may be one, credentials and the values of a query.
func WithoutSecrets(variable, value string) string {
	if value == "" {
		return ""
	}
	for _, word := range []string{"TOKEN", "SECRET", "PASSWORD", "WEBHOOK", "_KEY"} {
		if strings.Contains(variable, word) {
			return Masked
		}
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

// maskedAddress hides of one address, as it stands: nobody says that it is well formed,
// and a password may hold anything.
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
