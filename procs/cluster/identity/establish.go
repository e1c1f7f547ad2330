package identity

import (
	"cmp"
	"errors"
	"fmt"

	"livestream-tui/services/kit/service"
)

// Wish is what an operator has set of an identity; each field may be empty.
type Wish struct {
	// Token is CLUSTER_TOKEN, Machine --machine or MACHINE, Address CLUSTER_ADDRESS.
	Token, Machine, Address string
	// Host is the name of the host, from which that of the machine is made where it is not set.
	Host string
	// Owns says why an address is not one of this machine; nil takes every address. The address
	// is that which the machine is about to have.
	Owns func(address string) error
}

// Establish returns the identity of this machine as a platform starts: the one in the folder,
// with the address that is wished, or one by the token, or else a new cluster. It waits for
// nobody. The error is a *service.ConfigError that names the setting, or that of a file.
func Establish(folder string, w Wish) (Identity, error) {
	t, err := w.check()
	if err != nil {
		return Identity{}, err
	}
	i, err := Open(folder)
	switch {
	case errors.Is(err, ErrNone) && w.Token == "":
		if err := w.owns("CLUSTER_ADDRESS", w.Address, "", cmp.Or(w.Address, Loopback)); err != nil {
			return Identity{}, err
		}
		return Create(folder, cmp.Or(w.Machine, NameFrom(w.Host)), cmp.Or(w.Address, Loopback))
	case errors.Is(err, ErrNone):
		return w.join(folder, t)
	case err != nil:
		return Identity{}, err
	case w.Machine != "" && w.Machine != i.Machine:
		return Identity{}, bad("MACHINE", w.Machine, fmt.Sprintf("this machine is %s of cluster %s; to change its name, run first: livestream-tui remove %s", i.Machine, i.Cluster, i.Machine))
	case w.Token != "" && !i.belongs(t):
		return Identity{}, bad("CLUSTER_TOKEN", w.Token, fmt.Sprintf("it is of cluster %s, and this is machine %s of cluster %s; to leave that for good, run: livestream-tui remove %s", t.Cluster, i.Machine, i.Cluster, i.Machine))
	case i.Edge != nil:
		return i, nil
	}
	address := cmp.Or(w.Address, i.Address)
	before := ""
	if w.Address == "" {
		before = fmt.Sprintf("not set, and machine %s was last at %s: ", i.Machine, i.Address)
	}
	if err := w.owns("CLUSTER_ADDRESS", w.Address, before, address); err != nil {
		return Identity{}, err
	}
	if err := i.Apart(address); err != nil && w.Address != "" {
		return Identity{}, bad("CLUSTER_ADDRESS", w.Address, err.Error())
	}
	return i.WithAddress(address)
}

// owns says that an address is not one of this machine, as an error of the setting from which
// it comes.
func (w Wish) owns(variable, value, before, address string) error {
	if w.Owns == nil {
		return nil
	}
	if err := w.Owns(address); err != nil {
		return bad(variable, value, before+err.Error())
	}
	return nil
}

// bad is the error of one setting.
func bad(variable, value, why string) error {
	var p service.Problems
	p.Add(variable, value, why)
	return p.Err()
}

// check says what is wrong with each of the settings, and reads the token.
func (w Wish) check() (t Token, err error) {
	var p service.Problems
	if w.Token != "" {
		if t, err = ParseToken(w.Token); err != nil {
			p.Add("CLUSTER_TOKEN", w.Token, err.Error())
		}
	}
	if w.Machine != "" && CheckName(w.Machine) != nil {
		p.Add("MACHINE", w.Machine, allowedNames)
	}
	if w.Address != "" && CheckAddress(w.Address) != nil {
		p.Add("CLUSTER_ADDRESS", w.Address, allowedAddresses)
	}
	return t, p.Err()
}

// join makes the identity by the token.
func (w Wish) join(folder string, t Token) (Identity, error) {
	name := cmp.Or(w.Machine, NameFrom(w.Host))
	m, known := t.member(name)
	if w.Address == "" && !known && t.Edge == nil {
		return Identity{}, bad("CLUSTER_ADDRESS", "", fmt.Sprintf("not set, and CLUSTER_TOKEN has no machine %s; set it to the address of this machine, or MACHINE to a name that the token has", name))
	}
	_, err := t.Check(folder, name, w.Address)
	var taken *TakenError
	var apart *ApartError
	switch {
	case errors.As(err, &taken):
		err = bad("MACHINE", name, err.Error())
	case errors.As(err, &apart):
		err = bad("CLUSTER_ADDRESS", w.Address, err.Error())
	case err == nil && t.Edge == nil && w.Address != "":
		err = w.owns("CLUSTER_ADDRESS", w.Address, "", w.Address)
	case err == nil && t.Edge == nil:
		err = w.owns("MACHINE", name, fmt.Sprintf("CLUSTER_TOKEN has it at %s: ", m.Address), m.Address)
	}
	if err != nil {
		return Identity{}, err
	}
	return t.Join(folder, name, w.Address)
}
