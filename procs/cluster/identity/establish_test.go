package identity

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/cluster"
	"livestream-tui/services/kit/service"
)

func TestTheFirstStartAndTheNext(t *testing.T) {
	a := first(t)
	token := tokenOf(t, a, false)
	for _, c := range []struct {
		name                   string
		first, next            Wish
		machine, address, want string // want is in the error of the next start
	}{
		{"nothing is set", Wish{Host: "Studio.local"}, Wish{Host: "renamed"}, "studio", "127.0.0.1", ""},
		{"name and address", Wish{Machine: "a", Address: "10.0.0.9"}, Wish{}, "a", "10.0.0.9", ""},
		{"another address later", Wish{Host: "a"}, Wish{Address: "10.0.0.9"}, "a", "10.0.0.9", ""},
		{"another name later", Wish{Machine: "a"}, Wish{Machine: "b"}, "", "", `MACHINE="b": this machine is a`},
		{"a bad address later", Wish{Machine: "a"}, Wish{Address: "10.0.0.1:1"}, "", "", "10.0.0.1:1"},
		{"by a token", Wish{Token: token, Machine: "b", Address: "10.0.0.2"}, Wish{Token: token, Machine: "b", Address: "10.0.0.2"}, "b", "10.0.0.2", ""},
		{"by the same token later", Wish{Token: token, Machine: "b", Address: "10.0.0.2"}, Wish{}, "b", "10.0.0.2", ""},
		{"a token of another cluster later", Wish{Machine: "a"}, Wish{Token: token}, "", "", `CLUSTER_TOKEN="********": it is of cluster ` + a.Cluster},
		{"a bad token later", Wish{Machine: "a"}, Wish{Token: "lt1.x"}, "", "", `CLUSTER_TOKEN="********": the token is damaged`},
	} {
		folder := filepath.Join(t.TempDir(), "cluster")
		before, err := Establish(folder, c.first)
		if err != nil {
			t.Errorf("%s: first start: %v", c.name, err)
			continue
		}
		i, err := Establish(folder, c.next)
		switch {
		case c.want == "" && (err != nil || i.Machine != c.machine || i.Address != c.address || i.Cluster != before.Cluster):
			t.Errorf("%s: got %s at %s, %v, want %s at %s in the same cluster", c.name, i, i.Address, err, c.machine, c.address)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		}
	}
	for name, c := range map[string]struct {
		w    Wish
		want string
	}{
		"a bad token":                      {Wish{Token: "x", Machine: "b"}, `CLUSTER_TOKEN="********": this is no token`},
		"no address, and none in it":       {Wish{Token: token, Machine: "b"}, `CLUSTER_ADDRESS="": not set`},
		"a name that another machine has":  {Wish{Token: token, Machine: "a", Address: "10.0.0.2"}, `MACHINE="a": name "a": the machine at 10.0.0.1`},
		"a name that is not one":           {Wish{Machine: "A"}, `MACHINE="A": allowed`},
		"an address that others cannot be": {Wish{Machine: "a", Address: "::"}, `CLUSTER_ADDRESS="::": allowed`},
	} {
		var config *service.ConfigError
		if i, err := Establish(t.TempDir(), c.w); !errors.As(err, &config) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %s, %v, want %q in the error", name, i, err, c.want)
		}
	}
}

func TestAnAddressOfAnotherMachineIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	own := func(address string) error {
		if address == "127.0.0.1" || address == "10.0.0.2" {
			return nil
		}
		return errors.New(address + " is not ours")
	}
	a := first(t)
	token := tokenOf(t, a, false)
	for name, c := range map[string]struct {
		w    Wish
		want string
	}{
		"a new cluster":            {Wish{Machine: "a", Address: "10.9.9.9"}, `CLUSTER_ADDRESS="10.9.9.9": 10.9.9.9 is not ours`},
		"by a token":               {Wish{Token: token, Machine: "b", Address: "10.9.9.9"}, `CLUSTER_ADDRESS="10.9.9.9": 10.9.9.9 is not ours`},
		"a machine of the token":   {Wish{Token: token, Machine: "a"}, `MACHINE="a": CLUSTER_TOKEN has it at 10.0.0.1: 10.0.0.1 is not ours`},
		"loopback, and others not": {Wish{Token: token, Machine: "b", Address: "127.0.0.1"}, `CLUSTER_ADDRESS="127.0.0.1": address "127.0.0.1": machine a is at 10.0.0.1`},
	} {
		folder := filepath.Join(t.TempDir(), "cluster")
		c.w.Owns = own
		var config *service.ConfigError
		if i, err := Establish(folder, c.w); !errors.As(err, &config) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %s, %v, want %q in the error", name, i, err, c.want)
		}
		if _, err := os.Stat(folder); err == nil {
			t.Errorf("%s: an identity was written", name)
		}
	}
	for address, want := range map[string]string{
		"10.9.9.9": `CLUSTER_ADDRESS="10.9.9.9": 10.9.9.9 is not ours`, "": `CLUSTER_ADDRESS="": not set, and machine a was last at 10.0.0.1: 10.0.0.1 is not ours`,
	} {
		if _, err := Establish(a.Folder, Wish{Address: address, Owns: own}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("later, %q: got %v, want %q in it", address, err, want)
		}
	}
	b, err := a.WithMembers([]cluster.Member{{Name: "b", Address: "10.0.0.9", Order: 2}, a.Member()})
	if err != nil {
		t.Fatal(err)
	}
	before := contents(t, b.Folder)
	if _, err := Establish(b.Folder, Wish{Address: "127.0.0.1", Owns: own}); err == nil || !strings.Contains(err.Error(), "machine b is at 10.0.0.9") {
		t.Errorf("loopback later: got %v", err)
	}
	if diff := cmp.Diff(before, contents(t, b.Folder)); diff != "" {
		t.Errorf("its files have changed: %s", diff)
	}
	if i, err := Establish(b.Folder, Wish{Address: "10.0.0.2", Owns: own}); err != nil || i.Address != "10.0.0.2" {
		t.Errorf("an own address: got %s, %v", i.Address, err)
	}
}

func TestNamesFromHosts(t *testing.T) {
	for host, want := range map[string]string{
		"studio": "studio", "Studio_1.example.com": "studio-1", "": "a", "---": "a", "münchen": "m-nchen", "10.0.0.1": "10",
		"-x-": "x", strings.Repeat("long-", 10): "long-long-long-long-long-long-lo",
	} {
		got := NameFrom(host)
		if got != want || CheckName(got) != nil {
			t.Errorf("%q: got %q, %v, want %q", host, got, CheckName(got), want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"10.0.0.1": true, "::1": true, "2001:db8::1": true, "127.0.0.2": true, "localhost": true, "b.example.com": true, "studio-1": true, "3com.example": true,
		"": false, "0.0.0.0": false, "::": false, "224.0.0.1": false, "255.255.255.255": false, "10.0.0": false, "10.0.0.1:80": false, "10.0.0.256": false,
		"http://b": false, "a b": false, "-a": false, "a..b": false, "[::1]": false, "a,b": false, "ü": false,
	} {
		if err := CheckAddress(address); (err == nil) != ok {
			t.Errorf("%q: got %v, want allowed %t", address, err, ok)
		}
	}
}
