package identity

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"livestream-tui/services/cluster"
)

const (
	// tokenPrefix begins each token; the number is its version.
	tokenPrefix = "lt1."
	// tokenMost is how many characters of a token are read.
	tokenMost = 64 << 10
	// sumSize is how many bytes of a hash tell that a token was copied whole.
	sumSize = 6
)

// Token is what another machine needs to join. Whoever has one of a machine, or can read it, is a
// machine of the cluster: it has the secret.
type Token struct {
	Cluster string `json:"cluster"`
	// Secret is the cluster's; an edge token has Edge instead.
	Secret []byte `json:"secret,omitempty"`
	Edge   *Edge  `json:"edge,omitempty"`
	// Members are the machines that there are, or will be.
	Members []cluster.Member `json:"members"`
}

// String says what it is, without any secret. Encode writes it.
func (t Token) String() string { return "a token of cluster " + t.Cluster }

// GoString is String, so that no format shows the secret.
func (t Token) GoString() string { return t.String() }

// Encode writes a token as ParseToken reads it.
func (t Token) Encode() string {
	b, err := json.Marshal(t)
	if err != nil {
		panic(err) // it has nothing that cannot be written
	}
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b) + "." + sumOf(b)
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:sumSize])
}

// Token writes a token by which another machine joins, as an edge or in full. An edge can only
// make one for an edge: the error says so.
func (i Identity) Token(edge bool) (string, error) {
	t, err := i.Invitation(edge)
	if err != nil {
		return "", err
	}
	return t.Encode(), nil
}

// Invitation is Token before it is written.
func (i Identity) Invitation(edge bool) (Token, error) {
	t := Token{Cluster: i.Cluster, Secret: i.Secret, Members: i.Members}
	switch {
	case i.Edge != nil && !edge:
		return Token{}, errors.New("this machine is an edge, and does not have the cluster's secret: invite on another machine, or with --edge")
	case i.Edge != nil:
		t.Edge = i.Edge
	case edge:
		t.Secret, t.Edge = nil, &Edge{Key: i.edgeKey(), CA: i.authority()}
	}
	return t, nil
}

// NewToken makes a token of a cluster that does not exist yet, of machines that find their
// places in it by their names. Zero ports are the usual ones, and a machine's order is its place
// in the list. The error names what is wrong with a machine.
func NewToken(list []cluster.Member) (Token, error) {
	var t Token
	t.Cluster, t.Secret = newCluster()
	seen := map[string]string{}
	for at, m := range list {
		if err := errors.Join(CheckName(m.Name), CheckAddress(m.Address)); err != nil {
			return Token{}, err
		}
		for _, word := range []string{"name " + m.Name, "address " + m.Address} {
			if seen[word] != "" {
				return Token{}, fmt.Errorf("%s: %s and %s have it; allowed is one machine each", word, seen[word], m.Name)
			}
			seen[word] = m.Name
		}
		if m.EnginePort == 0 {
			m.EnginePort = EnginePort
		}
		if m.RoutePort == 0 {
			m.RoutePort = RoutePort
		}
		m.Order = at + 1
		t.Members = append(t.Members, m)
	}
	if len(t.Members) == 0 {
		return Token{}, errors.New("a cluster has at least one machine")
	}
	return t, nil
}

// version matches what any version of a token begins with.
var version = regexp.MustCompile(`^lt([0-9]+)\.`)

// ParseToken reads a token. Spaces and ends of lines in it do not matter: terminals and mail
// break lines. The error says what is wrong, and has nothing of the token.
func ParseToken(s string) (Token, error) {
	if len(s) > tokenMost {
		return Token{}, errors.New("the token is too long to be one")
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	written, ok := strings.CutPrefix(s, tokenPrefix)
	if !ok {
		switch m := version.FindStringSubmatch(s); {
		case s == "":
			return Token{}, errors.New("the token is empty")
		case m != nil:
			return Token{}, fmt.Errorf("the token is of version %.9s, and this program reads version 1; run the same version of livestream-tui on all machines", m[1])
		}
		return Token{}, fmt.Errorf("this is no token: one begins with %s, and is printed by livestream-tui invite", tokenPrefix)
	}
	damaged := errors.New("the token is damaged: a part of it is missing or changed; copy all of it")
	content, sum, _ := strings.Cut(written, ".")
	b, err := base64.RawURLEncoding.DecodeString(content)
	if err != nil || subtle.ConstantTimeCompare([]byte(sumOf(b)), []byte(sum)) != 1 {
		return Token{}, damaged
	}
	var t Token
	if json.Unmarshal(b, &t) != nil || !t.complete() {
		return Token{}, damaged
	}
	return t, nil
}

// complete reports whether a token that was read has all that it needs.
func (t Token) complete() bool {
	for _, m := range t.Members {
		if CheckName(m.Name) != nil || CheckAddress(m.Address) != nil || !isPort(m.EnginePort) || !isPort(m.RoutePort) {
			return false
		}
	}
	keys := len(t.Secret) == secretSize && t.Edge == nil || t.Edge != nil && t.Edge.complete() && len(t.Secret) == 0
	return keys && cluster.IsMachine(t.Cluster) && len(t.Members) > 0
}

func isPort(n int) bool { return n > 0 && n < 1<<16 }
