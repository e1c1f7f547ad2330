package text

import (
	"regexp"
	"strings"
)

// longValue is the length in bytes from which a parameter's value may be a secret,
// whatever its name.
const longValue = 24

var (
	// credentials matches a URL up to the last @ of its authority.
	credentials = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s"']*@`)
	// parameter matches a parameter of a query, anywhere in a text.
	parameter = regexp.MustCompile(`([?&;]|%3F|%26)([^=&?#\s"']{1,64})=([^&#\s"',]+)`)
	// secretName matches the names of parameters that hold secrets.
	secretName = regexp.MustCompile(`(?i)token|secret|pass|pwd|sig|auth|key|hmac|hash|jwt|sess|sid|cred|polic|hdn|user|code`)
)

// Shown returns foreign text as logs, events and screens may show it: clean, and with the
// secrets of the URLs in it masked. Secrets are credentials and the values of parameters
// that have a secret's name or are long.
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
