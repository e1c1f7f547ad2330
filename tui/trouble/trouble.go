package trouble

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/tui/scene"
)

// State is a bad state: a row of the table.
type State struct {
	// Name is the state in a few words, for a document.
	Name string
	// Means is what it means, in a sentence or two of a line. Costs is the same in the few
	// words for which the screen has room beside what is wrong.
	Means, Costs string
	// Remedy is what mends it.
	Remedy Remedy
	// Stops tells that the picture stops, soon will, or is a slate. All other states cost no
	// viewer anything now.
	Stops bool
	// Quiet states are not worth an alarm: the screen says them elsewhere.
	Quiet bool
	// find returns the troubles of the state, the worst first.
	find func(s *scene.Scene) []Trouble
}

// Remedy is what mends a trouble: a key, or what else there is to do.
type Remedy struct {
	// Key is the name of the key; empty where no key mends it.
	Key string
	// Does is what the key does, as in "starts {it}", or without a key a sentence. Short is
	// the same in a few words; empty means Does. In both, {it} is the process, and {NAME} is
	// the key of that name. The key stands before Short, unless Short names it.
	Does, Short string
	// Also is the name of another key that Short names; empty without one.
	Also string
}

// Trouble is something that is wrong now.
type Trouble struct {
	// State is its row of the table. Its Means, Costs, Remedy and Stops hold unless the
	// trouble has its own.
	*State
	// Means and Costs are those of the row.
	Means, Costs string
	// Stops is set where that of the row is, and where the picture has stopped.
	Stops bool
	// About tells it from all others: the name of a process, signal or file.
	About string
	// What is wrong, in a few words. Brief are the same in fewer words, each shorter than
	// the one before; it may be empty.
	What  string
	Brief []string
	// By is who gave the command that brought it about, as in "root (ctl)"; empty when no
	// command did.
	By string
	// Told tells that What of another trouble names this one, too.
	Told bool
	// Since is when it began; zero while that is not known.
	Since time.Time
	// Process is what the key acts on; empty where no process is.
	Process string
	// Remedy is what mends it.
	Remedy Remedy
}

// Of returns what is wrong, the worst first. What several states find is told once.
func Of(s *scene.Scene) []Trouble {
	if s.Light.State == platform.AirStopping {
		return nil
	}
	var list []Trouble
	table := States()
	for i := range table {
		row := &table[i]
		for _, t := range row.find(s) {
			if slices.ContainsFunc(list, func(o Trouble) bool { return o.About == t.About }) {
				continue
			}
			t.State, t.Stops = row, t.Stops || row.Stops
			t.Means, t.Costs = cmp.Or(t.Means, row.Means), cmp.Or(t.Costs, row.Costs)
			if t.Remedy == (Remedy{}) {
				t.Remedy = row.Remedy
			}
			list = append(list, t)
		}
	}
	return mendedFirst(s, list)
}

// mendedFirst puts the trouble first that the light offers to mend, so that the header and the
// troubles name the same key.
func mendedFirst(s *scene.Scene, list []Trouble) []Trouble {
	worst, _, _ := s.Light.Worst()
	mend, ok := s.Mend(worst)
	if !ok || s.Light.State != platform.AirOff && s.Light.State != platform.AirOffSoon {
		return list
	}
	if i := slices.IndexFunc(list, func(t Trouble) bool { return t.Process == mend.Process }); i > 0 {
		first := list[i]
		list = slices.Insert(slices.Delete(list, i, i+1), 0, first)
	}
	return list
}

// Alarms returns the troubles that are worth an alarm of their own.
func Alarms(list []Trouble) []Trouble {
	return slices.DeleteFunc(slices.Clone(list), func(t Trouble) bool { return t.Quiet || t.Told })
}

// Texts returns what is wrong and by whose command, from the most words to the fewest.
func (t Trouble) Texts() []string {
	texts := append([]string{t.What}, t.Brief...)
	if t.By != "" {
		texts = append([]string{t.What + " by " + t.By}, texts...)
	}
	return texts
}

// Words returns what the remedy does, with its placeholders replaced: {it} by the process,
// {NAME} by what key returns. In short, it returns the few words.
func (t Trouble) Words(short bool, key func(name string) string) string {
	text := t.Remedy.Does
	if short && t.Remedy.Short != "" {
		text = t.Remedy.Short
	}
	return Placed(text, t.Process, key)
}

// NamesKey reports whether the few words of the remedy name its key themselves.
func (r Remedy) NamesKey() bool { return r.Key != "" && strings.Contains(r.Short, "{"+r.Key+"}") }
