package proxy

import (
	"slices"
	"testing"
)

func TestWords(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string // nil: refused
	}{
		{"nginx -c /etc/x", []string{"nginx", "-c", "/etc/x"}},
		{` nginx  -g "daemon off;" `, []string{"nginx", "-g", "daemon off;"}},
		{`a '' b"c d"e`, []string{"a", "", "bc de"}},
		{`sh -c "a \"b c\" d" e\ f 'g\h'`, []string{"sh", "-c", `a "b c" d`, "e f", `g\h`}},
		{"", nil},
		{"a 'b", nil},
	} {
		got, err := Words(c.line)
		if (err != nil) != (c.want == nil) || !slices.Equal(got, c.want) {
			t.Errorf("Words(%q): got %q, %v, want %q", c.line, got, err, c.want)
		}
	}
}
