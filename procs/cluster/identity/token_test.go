package identity

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"livestream-tui/services/cluster"
)

func TestATokenThatIsWrong(t *testing.T) {
	a := first(t)
	good := tokenOf(t, a, false)
	middle := len(good) / 2
	other := byte('A')
	if good[middle] == other {
		other = 'B'
	}
	for _, c := range []struct{ name, token, want string }{
		{"empty", " \n", "empty"},
		{"something else", "eyJhbGciOi", "no token"},
		{"a later version", "lt2." + good[4:], "version 2"},
		{"cut", good[:middle], "damaged"},
		{"without its end", good[:len(good)-1], "damaged"},
		{"a changed character", good[:middle] + string(other) + good[middle+1:], "damaged"},
		{"two at once", good + good, "damaged"},
		{"of nothing", Token{}.Encode(), "damaged"},
		{"with a secret that is too short", Token{Cluster: "x", Secret: []byte("short"), Members: a.Members}.Encode(), "damaged"},
		{"with a bad machine", Token{Cluster: "x", Secret: a.Secret, Members: []cluster.Member{{Name: "A.B", Address: "10.0.0.1", EnginePort: 1, RoutePort: 1}}}.Encode(), "damaged"},
		{"too long", strings.Repeat("a", tokenMost+1), "too long"},
	} {
		_, err := ParseToken(c.token)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		} else if len(c.token) > 40 && strings.Contains(err.Error(), c.token[10:20]) {
			t.Errorf("%s: the error quotes the token: %v", c.name, err)
		}
	}
	broken := "  " + good[:40] + "\r\n  " + good[40:] + "\n"
	if got, err := ParseToken(broken); err != nil || got.Cluster != a.Cluster {
		t.Errorf("broken into lines: got %v, %v, want it read", got, err)
	}
}

// goBytes are bytes as %#v shows them.
func goBytes(b []byte) string { return strings.TrimPrefix(fmt.Sprintf("%#v", b), "[]byte") }

func TestNoFormatShowsTheSecret(t *testing.T) {
	a := first(t)
	secret := []string{string(a.Secret), base64.StdEncoding.EncodeToString(a.Secret), fmt.Sprint(a.Secret), fmt.Sprintf("%x", a.Secret), goBytes(a.Secret), fmt.Sprint(a.edgeKey()), goBytes(a.edgeKey())}
	full, _ := a.Invitation(false)
	edge, _ := a.Invitation(true)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{a, &a, full, &full, edge, &edge, edge.Edge, *edge.Edge} {
			shown := fmt.Sprintf(format, v)
			for _, s := range secret {
				if strings.Contains(shown, s) {
					t.Errorf("%s of %T shows a secret", format, v)
				}
			}
		}
	}
}

func TestATokenOfAClusterThatIsToBe(t *testing.T) {
	token, err := NewToken([]cluster.Member{{Name: "a", Address: "10.0.0.1"}, {Name: "b", Address: "b.example.com", EnginePort: 5222}})
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseToken(token.Encode())
	if err != nil {
		t.Fatal(err)
	}
	want := []cluster.Member{
		{Name: "a", Address: "10.0.0.1", EnginePort: 4222, RoutePort: 6222, Order: 1},
		{Name: "b", Address: "b.example.com", EnginePort: 5222, RoutePort: 6222, Order: 2},
	}
	if fmt.Sprint(read.Members) != fmt.Sprint(want) {
		t.Errorf("got %+v, want %+v", read.Members, want)
	}
	b, err := Establish(t.TempDir(), Wish{Token: token.Encode(), Machine: "b", Host: "pod-7"})
	if err != nil || b.Address != "b.example.com" || b.Member().Order != 2 {
		t.Errorf("got %+v, %v, want the place that the token has for b", b.Member(), err)
	}
	for _, c := range []struct {
		name string
		list []cluster.Member
		want string
	}{
		{"nothing", nil, "at least one"},
		{"a name twice", []cluster.Member{{Name: "a", Address: "10.0.0.1"}, {Name: "a", Address: "10.0.0.2"}}, "name a"},
		{"an address twice", []cluster.Member{{Name: "a", Address: "10.0.0.1"}, {Name: "b", Address: "10.0.0.1"}}, "address 10.0.0.1: a and b"},
		{"a bad name", []cluster.Member{{Name: "-", Address: "10.0.0.1"}}, `name "-"`},
		{"a bad address", []cluster.Member{{Name: "a", Address: "10.0.0"}}, `address "10.0.0"`},
	} {
		if _, err := NewToken(c.list); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	full, err := NewToken([]cluster.Member{{Name: "a", Address: "10.0.0.1"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full.Encode())
	f.Add("lt1.e30." + sumOf([]byte("{}")))
	f.Add("lt2.x")
	f.Fuzz(func(t *testing.T, s string) {
		token, err := ParseToken(s)
		if err != nil {
			return
		}
		if again, err := ParseToken(token.Encode()); err != nil || again.Cluster != token.Cluster {
			t.Errorf("what was read is not written so that it can be read: %v", err)
		}
	})
}
