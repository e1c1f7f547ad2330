package trouble

import (
	"strings"
	"testing"
	"unicode"
)

// A screen of 80x24 has that many cells for a sentence, and for the few words of the alarm.
const (
	sentenceMost = 71
	wordsMost    = 36
)

func TestEachStateSaysWhatItMeansAndWhatMendsItInALine(t *testing.T) {
	key := func(string) string { return "r" }
	seen := map[string]bool{}
	for _, s := range States() {
		if s.Name == "" || seen[s.Name] {
			t.Errorf("the name %q is empty, or that of two states", s.Name)
		}
		seen[s.Name] = true
		if !strings.HasSuffix(s.Means, ".") || len(Placed(s.Means, "", key)) > sentenceMost {
			t.Errorf("%s: %q is no sentence of %d cells", s.Name, s.Means, sentenceMost)
		}
		if s.Costs == "" || len(s.Costs) > wordsMost {
			t.Errorf("%s: %q does not cost what fits in %d cells", s.Name, s.Costs, wordsMost)
		}
		remedies := []Remedy{s.Remedy}
		if s.Name == "a film is refused" {
			for _, r := range refusals {
				remedies = append(remedies, r)
			}
		}
		for _, r := range append(remedies, start, resume, restart, hurry, seeLogs, seeConfiguration, elsewhere) {
			words := Placed(r.Does, "server2", key)
			if len("r "+words) > sentenceMost+1 || words == "" || strings.ContainsAny(words, "{}") {
				t.Errorf("%s: %q does not fit", s.Name, words)
			}
			if first := rune(words[0]); unicode.IsUpper(first) != (r.Key == "") {
				t.Errorf("%s: %q, want a sentence without a key, and words after one", s.Name, words)
			}
		}
		if s.find == nil {
			t.Errorf("%s: nothing finds it", s.Name)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	key := func(name string) string { return map[string]string{"logs": "l", "restart": "r"}[name] }
	for words, want := range map[string]string{
		"restarts {it}; its logs say why ({logs})": "restarts server2; its logs say why (l)",
		"{restart} and {logs}":                     "r and l",
		"nothing":                                  "nothing",
		"an open {brace":                           "an open {brace",
		"":                                         "",
	} {
		if got := Placed(words, "server2", key); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
}
