package text

import (
	"regexp"
	"strings"
)

// longValue is the length in bytes from which the value of a parameter may be a
// secret, whatever its name.
const longValue = 24

var (
	// credentials are those of a URL: all between its scheme and the last @ of its
	// authority.
	credentials = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s"']*@`)
	// parameter is one of a query, anywhere in a text.
	parameter = regexp.MustCompile(`([?&;]|%3F|%26)([^=&?#\s"']{1,64})=([^&#\s"',]+)`)
	// secretName is what the name of a parameter has in it that is to be known to few.
	secretName = regexp.MustCompile(`(?i)token|secret|pass|pwd|sig|auth|key|hmac|hash|jwt|sess|sid|cred|polic|hdn|user|code`)
)

// Shown is foreign text as logs, events and screens may show it: clean, and of the URLs
// in it neither credentials nor the values of parameters that may be a secret, which
// are those with a name that says so and long ones.
func Shown(s string) string {
	s = Clean(s)
	if strings.Contains(s, "://") && strings.Contains(s, "@") {
		s = credentials.ReplaceAllString(s, "${1}"+Masked+"@")
	}
	if !strings.Contains(s, "=") {
		return s
	}
	return parameter.ReplaceAllStringFunc(s, func(p string) string {
		m := parameter.FindStringSubmatch(p)
		if len(m[3]) < longValue && !secretName.MatchString(m[2]) {
			return p
		}
		return m[1] + m[2] + "=" + Masked
	})
}
