package identity

import (
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"livestream-tui/services/cluster"
)

// ErrNone says that this machine belongs to no cluster yet.
var ErrNone = errors.New("this machine belongs to no cluster")

// The ports of an engine that nobody has set otherwise.
const (
	EnginePort = 4222
	RoutePort  = 6222
)

// Loopback is the address of a machine that has been given none. Others cannot reach it.
const Loopback = "127.0.0.1"

// secretSize is how many bytes a secret has.
const secretSize = 32

// Identity is a machine in a cluster. Its files are in Folder, which only its user can read.
type Identity struct {
	// Folder is STATE_PATH/cluster.
	Folder string `json:"-"`
	// Machine and Address are its name, and the address by which other machines reach it.
	Machine string `json:"machine"`
	Address string `json:"address"`
	// Cluster is the name of the cluster: a random word.
	Cluster string `json:"cluster"`
	// Secret is what all keys follow from: 32 bytes. An edge has none.
	Secret []byte `json:"secret,omitempty"`
	// Edge is what a machine has that joined by an edge token; nil for any other machine.
	Edge *Edge `json:"edge,omitempty"`
	// Members are the machines as last known, this one among them, in their order. Those of an
	// edge lack the edge itself.
	Members []cluster.Member `json:"members"`
}

// Edge is what an edge knows of a cluster instead of its secret. An edge may subscribe to what
// packagers and machines say, and nothing else.
type Edge struct {
	// Key is the raw seed of the role edge, CA the certificate of the cluster as DER.
	Key []byte `json:"key"`
	CA  []byte `json:"ca"`
	// Packagers and Origins are base URLs, as they were when the token was made.
	Packagers []string `json:"packagers,omitempty"`
	Origins   []string `json:"origins,omitempty"`
}

// String names the machine and its cluster, without any secret.
func (i Identity) String() string { return "machine " + i.Machine + " of cluster " + i.Cluster }

// GoString is String, so that no format shows the secret.
func (i Identity) GoString() string { return i.String() }

// String hides the key.
func (e Edge) String() string { return "an edge" }

// GoString is String, so that no format shows the key.
func (e Edge) GoString() string { return e.String() }

// Create makes a new cluster with this machine as its first. Folder is made where it is missing.
// The error is a bad name or address, or that of a file.
func Create(folder, machine, address string) (Identity, error) {
	i := Identity{Folder: folder, Machine: machine, Address: address}
	i.Cluster, i.Secret = newCluster()
	if err := i.check(); err != nil {
		return Identity{}, err
	}
	i.Members = []cluster.Member{i.newMember()}
	return i, i.save()
}

// newCluster makes up the name and the secret of a cluster.
func newCluster() (name string, secret []byte) {
	secret = make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails: it ends the program instead
	return strings.ToLower(rand.Text())[:8], secret
}

// FromToken makes this machine one of the cluster that a token is of. Machine and address may be
// empty where the token has them: its list has the machine, or only one has the address. Where
// the machine belongs to that cluster already, under the same name and address, it stays as it
// is. The error is that of ParseToken, a name that a machine of another address has, another
// cluster, or that of a file.
func FromToken(folder, token, machine, address string) (Identity, error) {
	t, err := ParseToken(token)
	if err != nil {
		return Identity{}, err
	}
	return t.Join(folder, machine, address)
}

// Join is FromToken with a token that has been read.
func (t Token) Join(folder, machine, address string) (Identity, error) {
	i, err := t.Check(folder, machine, address)
	if err != nil {
		return Identity{}, err
	}
	return i, i.save()
}

// Check returns what Join would, and writes nothing.
func (t Token) Check(folder, machine, address string) (Identity, error) {
	i, err := t.Identity(machine, address)
	if err != nil {
		return Identity{}, err
	}
	i.Folder = folder
	switch old, err := read(folder); {
	case errors.Is(err, ErrNone):
		return i, nil
	case err != nil:
		return Identity{}, err
	case !old.belongs(t):
		return Identity{}, fmt.Errorf("%s: this is machine %s of another cluster, %s; to leave it for good, run: livestream-tui remove %s",
			folder, old.Machine, old.Cluster, old.Machine)
	case old.Machine != i.Machine:
		return Identity{}, fmt.Errorf("name %q: this machine is %s of the cluster already; to change its name, run first: livestream-tui remove %s",
			i.Machine, old.Machine, old.Machine)
	default:
		return old.at(i.Address), nil
	}
}

// Identity is what the machine of this name and address has in the token's cluster. It writes
// nothing, and its Folder is empty.
func (t Token) Identity(machine, address string) (Identity, error) {
	if m, known := t.member(machine); known && t.Edge == nil {
		if address = cmp.Or(address, m.Address); address != m.Address {
			return Identity{}, &TakenError{Name: machine, By: m.Address, Own: address}
		}
	}
	if t.Edge != nil {
		address = cmp.Or(address, Loopback) // nobody calls an edge but its players
	}
	i := Identity{Machine: machine, Address: address, Cluster: t.Cluster, Secret: t.Secret, Edge: t.Edge, Members: slices.Clone(t.Members)}
	if err := i.check(); err != nil {
		return Identity{}, err
	}
	if i.Edge == nil {
		i.Members = i.withOwn(i.Members)
		if err := i.Apart(i.Address); err != nil {
			return Identity{}, err
		}
	}
	return i, nil
}

// member is a machine of the token.
func (t Token) member(name string) (cluster.Member, bool) {
	at := slices.IndexFunc(t.Members, func(m cluster.Member) bool { return m.Name == name })
	if at < 0 {
		return cluster.Member{}, false
	}
	return t.Members[at], true
}

// TakenError says that a machine at another address has a name.
type TakenError struct {
	// Name is the name, By the address of the machine that has it, Own that of this one.
	Name, By, Own string
}

// Error says what is allowed.
func (e *TakenError) Error() string {
	return fmt.Sprintf("name %q: the machine at %s has it, and this one is at %s; allowed is a name that no other machine has", e.Name, e.By, e.Own)
}

// belongs reports whether a token is of the same cluster, and gives the same rights.
func (i Identity) belongs(t Token) bool {
	if i.Cluster != t.Cluster || (i.Edge == nil) != (t.Edge == nil) {
		return false
	}
	if i.Edge != nil {
		return subtle.ConstantTimeCompare(i.Edge.Key, t.Edge.Key) == 1
	}
	return subtle.ConstantTimeCompare(i.Secret, t.Secret) == 1
}

// check says what is wrong with an identity.
func (i Identity) check() error {
	if err := CheckName(i.Machine); err != nil {
		return err
	}
	return CheckAddress(i.Address)
}

// newMember is this machine as a member that comes last.
func (i Identity) newMember() cluster.Member {
	last := 0
	for _, m := range i.Members {
		last = max(last, m.Order)
	}
	return cluster.Member{Name: i.Machine, Address: i.Address, EnginePort: EnginePort, RoutePort: RoutePort, Order: last + 1, Joined: time.Now().UTC().Truncate(time.Second)}
}

// Member is this machine as the others know it. Its order is only what this machine knows: the
// Store decides.
func (i Identity) Member() cluster.Member {
	for _, m := range i.Members {
		if m.Name == i.Machine {
			m.Address = i.Address
			return m
		}
	}
	return i.newMember()
}

// withOwn returns a list of machines in order, with this one in it.
func (i Identity) withOwn(list []cluster.Member) []cluster.Member {
	list = slices.Clone(list)
	if !slices.ContainsFunc(list, func(m cluster.Member) bool { return m.Name == i.Machine }) {
		list = append(list, i.Member())
	}
	slices.SortFunc(list, func(a, b cluster.Member) int { return cmp.Or(a.Order-b.Order, strings.Compare(a.Name, b.Name)) })
	return list
}

// WithMembers returns the identity with another list of machines, and keeps it in its file. This
// machine stays in the list, with the order that it has there, or that it had. The error is that
// of the file; what is returned is right all the same.
func (i Identity) WithMembers(list []cluster.Member) (Identity, error) {
	if i.Edge == nil {
		list = i.withOwn(list)
	}
	if slices.Equal(list, i.Members) {
		return i, nil
	}
	i.Members = slices.Clone(list)
	return i, i.save()
}

// WithAddress returns the identity with another address of this machine, with a certificate for
// it, and keeps both in their files. The error is a bad address, or that of a file.
func (i Identity) WithAddress(address string) (Identity, error) {
	if err := CheckAddress(address); err != nil || address == i.Address {
		return i, err
	}
	i = i.at(address)
	return i, i.save()
}

// at returns the identity with another address.
func (i Identity) at(address string) Identity {
	i.Address, i.Members = address, slices.Clone(i.Members)
	for at := range i.Members {
		if i.Members[at].Name == i.Machine {
			i.Members[at].Address = address
		}
	}
	return i
}
