package identity

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/cluster"
)

// first makes a cluster with machine a at 10.0.0.1.
func first(t *testing.T) Identity {
	t.Helper()
	i, err := Create(filepath.Join(t.TempDir(), "cluster"), "a", "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// tokenOf is a token that an identity makes.
func tokenOf(t *testing.T, i Identity, edge bool) string {
	t.Helper()
	token, err := i.Token(edge)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// contents are the files of a folder by name.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

func TestAnIdentityIsReadAsItWasMade(t *testing.T) {
	made := first(t)
	read, err := Open(made.Folder)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made, read); diff != "" {
		t.Errorf("read back:\n%s", diff)
	}
	if own := read.Member(); own.Name != "a" || own.Address != "10.0.0.1" || own.Order != 1 || own.EnginePort != 4222 || own.RoutePort != 6222 || own.Joined.IsZero() {
		t.Errorf("got member %+v", own)
	}
	if len(made.IngestToken()) != 32 || made.IngestToken() == made.AdminToken() {
		t.Error("want two tokens of 32 characters")
	}
	if other := first(t); other.Cluster == made.Cluster || other.IngestToken() == made.IngestToken() {
		t.Error("two clusters have the same name or keys")
	}
}

func TestThereIsNoIdentity(t *testing.T) {
	folder := t.TempDir()
	if _, err := Open(folder); !errors.Is(err, ErrNone) {
		t.Errorf("an empty folder: got %v, want ErrNone", err)
	}
	if _, err := Open(filepath.Join(folder, "cluster")); !errors.Is(err, ErrNone) {
		t.Errorf("no folder: got %v, want ErrNone", err)
	}
}

func TestFilesAreOnlyForTheirUser(t *testing.T) {
	i := first(t)
	if info, err := os.Stat(i.Folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: got %v, %v, want 0700", info, err)
	}
	for name := range contents(t, i.Folder) {
		if info, err := os.Stat(filepath.Join(i.Folder, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v, %v, want 0600", name, info, err)
		}
	}
}

func TestLostFilesOfKeysAreMadeAgainAsTheyWere(t *testing.T) {
	i := first(t)
	before := contents(t, i.Folder)
	want := []string{"ca.pem", "cert.pem", "cluster.json", "edge.nk", "key.pem", "machine.nk"}
	var names []string
	for name := range before {
		names = append(names, name)
	}
	if slices.Sort(names); !slices.Equal(names, want) {
		t.Errorf("got files %v, want %v", names, want)
	}
	for _, name := range names {
		if name != fileIdentity {
			if err := os.Remove(filepath.Join(i.Folder, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := Open(i.Folder); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, contents(t, i.Folder)); diff != "" {
		t.Error("files differ after they were made again")
	}
}

func TestADamagedIdentityIsNotReplaced(t *testing.T) {
	i := first(t)
	path := filepath.Join(i.Folder, fileIdentity)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]string{
		"empty": "", "cut": string(whole[:len(whole)/2]), "null": "null",
		"without a secret": `{"machine":"a","address":"10.0.0.1","cluster":"x","secret":"AAAA"}`,
	} {
		if err := os.WriteFile(path, []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(i.Folder)
		if err == nil || errors.Is(err, ErrNone) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want an error that names the file", name, err)
		}
		if _, err := Establish(i.Folder, Wish{Host: "a"}); err == nil {
			t.Errorf("%s: a start made a new cluster in its place", name)
		}
	}
}

func TestMachinesOfOneClusterHaveTheSameKeys(t *testing.T) {
	a := first(t)
	b, err := FromToken(filepath.Join(t.TempDir(), "cluster"), tokenOf(t, a, false), "b", "10.0.0.2")
	if err != nil {
		t.Fatal(err)
	}
	filesA, filesB := contents(t, a.Folder), contents(t, b.Folder)
	for _, name := range []string{fileCA, fileMachineKey, fileEdgeKey} {
		if filesA[name] != filesB[name] {
			t.Errorf("%s differs between machines", name)
		}
	}
	if filesA[fileCert] == filesB[fileCert] || filesA[fileCertKey] == filesB[fileCertKey] || filesA[fileMachineKey] == filesA[fileEdgeKey] {
		t.Error("want a certificate for each machine, and a key for each role")
	}
	if a.IngestToken() != b.IngestToken() || a.AdminToken() != b.AdminToken() || a.Fingerprint() != b.Fingerprint() {
		t.Error("tokens differ between machines")
	}
	if len(b.Members) != 2 || b.Members[0].Name != "a" || b.Members[1].Name != "b" || b.Members[1].Order != 2 {
		t.Errorf("got members %+v", b.Members)
	}
}

func TestWhatJoinRefuses(t *testing.T) {
	a := first(t)
	token, other := tokenOf(t, a, false), tokenOf(t, first(t), false)
	for _, c := range []struct{ name, token, machine, address, want string }{
		{"a name that is taken", token, "a", "10.0.0.2", `name "a": the machine at 10.0.0.1 has it`},
		{"a bad name", token, "B_1", "10.0.0.2", `name "B_1": allowed are`},
		{"a bad address", token, "b", "10.0.0.2:80", `address "10.0.0.2:80": allowed is`},
		{"no address", token, "b", "", `address "": allowed is`},
		{"every address", token, "b", "0.0.0.0", `address "0.0.0.0": no machine`},
		{"no token", "hello", "b", "10.0.0.2", "no token"},
	} {
		folder := filepath.Join(t.TempDir(), "cluster")
		if _, err := FromToken(folder, c.token, c.machine, c.address); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		}
		if _, err := os.Stat(folder); err == nil {
			t.Errorf("%s: the folder was made", c.name)
		}
	}
	folder := filepath.Join(t.TempDir(), "cluster")
	b, err := FromToken(folder, token, "b", "10.0.0.2")
	if err != nil {
		t.Fatal(err)
	}
	sameName, _ := a.Invitation(false)
	sameName.Secret = first(t).Secret
	before := contents(t, folder)
	for _, c := range []struct{ name, token, machine, want string }{
		{"another cluster", other, "b", "another cluster"},
		{"another secret", sameName.Encode(), "b", "another cluster"},
		{"another name", token, "c", `this machine is b`},
	} {
		if _, err := FromToken(folder, c.token, c.machine, "10.0.0.2"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		}
	}
	again, err := FromToken(folder, token, "b", "10.0.0.2")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, again); diff != "" || cmp.Diff(before, contents(t, folder)) != "" {
		t.Errorf("joined twice: %s", diff)
	}
}

func TestAnEdgeHasNoSecret(t *testing.T) {
	a := first(t)
	token := tokenOf(t, a, true)
	e, err := FromToken(filepath.Join(t.TempDir(), "cluster"), token, "pop", "")
	if err != nil {
		t.Fatal(err)
	}
	if e, err = Open(e.Folder); err != nil {
		t.Fatal(err)
	}
	files, inA := contents(t, e.Folder), contents(t, a.Folder)
	if len(files) != 3 || files[fileCA] != inA[fileCA] || files[fileEdgeKey] != inA[fileEdgeKey] {
		t.Errorf("got %d files, want ca.pem and edge.nk as on a machine, and cluster.json", len(files))
	}
	parsed, err := ParseToken(token)
	if err != nil || len(parsed.Secret) != 0 || len(e.Secret) != 0 {
		t.Errorf("got %v, a secret of %d bytes, want none", err, len(parsed.Secret))
	}
	if e.IngestToken() != "" || e.AdminToken() != "" || e.EngineKeyPath() != e.EdgeKeyPath() || a.EngineKeyPath() != a.MachineKeyPath() {
		t.Error("an edge has the tokens or the key of a machine")
	}
	if len(e.Members) != 1 || e.Fingerprint() != a.Fingerprint() {
		t.Errorf("got members %+v, want a alone", e.Members)
	}
	if _, err := e.Token(false); err == nil {
		t.Error("an edge made a token for a machine")
	}
	if again := tokenOf(t, e, true); again == "" {
		t.Error("an edge made no token for an edge")
	}
}

func TestMembersAndAddressAreKept(t *testing.T) {
	a := first(t)
	before := contents(t, a.Folder)
	list := []cluster.Member{{Name: "b", Address: "10.0.0.2", EnginePort: 4222, RoutePort: 6222, Order: 2}, a.Member()}
	a, err := a.WithMembers(list)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = a.WithAddress("192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	read, err := Open(a.Folder)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, read); diff != "" {
		t.Errorf("read back:\n%s", diff)
	}
	if len(read.Members) != 2 || read.Members[0].Name != "a" || read.Members[0].Address != "192.0.2.1" || read.Address != "192.0.2.1" {
		t.Errorf("got %+v", read.Members)
	}
	if after := contents(t, a.Folder); after[fileCert] == before[fileCert] || after[fileCA] != before[fileCA] {
		t.Error("want another certificate of the same cluster")
	}
	if _, err := a.WithAddress("nowhere at all"); err == nil {
		t.Error("a bad address was taken")
	}
	if a, err = a.WithMembers(nil); err != nil || len(a.Members) != 1 || a.Members[0].Name != "a" {
		t.Errorf("an empty list: got %+v, %v, want this machine in it", a.Members, err)
	}
	if err := Remove(a.Folder); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(a.Folder); err == nil {
		t.Error("the folder is still there")
	}
	if err := Remove(a.Folder); err != nil {
		t.Errorf("removed twice: %v", err)
	}
}
