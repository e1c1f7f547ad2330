package identity

import "fmt"

// ApartError says that other machines cannot reach this one, since its address is one of
// loopback and theirs are not.
type ApartError struct {
	// Own is the address of this machine; Name and Address are those of another one.
	Own, Name, Address string
}

// Error says what is allowed.
func (e *ApartError) Error() string {
	return fmt.Sprintf("address %q: machine %s is at %s, and does not reach this one there; allowed is an address by which other machines reach this one", e.Own, e.Name, e.Address)
}

// Apart returns an *ApartError where other machines do not reach this one at an address, else
// nil. Machines that are all at addresses of loopback are on one host.
func (i Identity) Apart(address string) error {
	if !IsLoopback(address) {
		return nil
	}
	for _, m := range i.Members {
		if m.Name != i.Machine && !IsLoopback(m.Address) {
			return &ApartError{Own: address, Name: m.Name, Address: m.Address}
		}
	}
	return nil
}
