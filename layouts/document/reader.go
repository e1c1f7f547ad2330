package document

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Reader walks the nodes of one file and collects what is wrong with them, with lines
// and paths: a decoder that only fills structs loses the lines. Not safe for concurrent use.
type Reader struct {
	// File is the file's name, for errors.
	File     string
	problems []problem
	warnings []problem
}

type problem struct {
	line int
	path string // empty for what concerns the whole file
	text string
}

// Field is one key that a mapping may have, with the function that reads its value.
type Field struct {
	Name string
	Read func(n ast.Node, path string)
}

// Body parses the file's text and returns its only document, or nil if there is none.
// expected says for the error what the document is to have.
func (r *Reader) Body(b []byte, expected string) ast.Node {
	file, err := parser.ParseBytes(b, 0)
	var syntax yaml.Error
	switch {
	case errors.As(err, &syntax) && syntax.GetToken() != nil:
		r.problems = append(r.problems, problem{syntax.GetToken().Position.Line, "", syntax.GetMessage()})
	case err != nil:
		r.problems = append(r.problems, problem{1, "", err.Error()})
	case len(file.Docs) != 1 || file.Docs[0].Body == nil:
		r.problems = append(r.problems, problem{1, "", "one document is expected, with " + expected})
	default:
		return file.Docs[0].Body
	}
	return nil
}

// Bad notes what is wrong with the value at path, and only the first problem: the others
// mostly follow from it.
func (r *Reader) Bad(n ast.Node, path, format string, args ...any) {
	if path != "" && slices.ContainsFunc(r.problems, func(p problem) bool { return p.path == path }) {
		return
	}
	r.problems = append(r.problems, problem{line(n), path, fmt.Sprintf(format, args...)})
}

// Warn notes what is wrong with the value at path, and is read all the same.
func (r *Reader) Warn(n ast.Node, path, format string, args ...any) {
	r.warnings = append(r.warnings, problem{line(n), path, fmt.Sprintf(format, args...)})
}

// Problems reports how many things are wrong so far.
func (r *Reader) Problems() int { return len(r.problems) }

// line is where n begins. A block's own token is its first colon or dash, which is on
// that line too.
func line(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 1
}

// Mapping reads the fields of n, each key at most once and no other.
func (r *Reader) Mapping(n ast.Node, path string, fields ...Field) {
	for _, pair := range r.Pairs(n, path) {
		key := pair.Key.GetToken().Value
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == key })
		if i < 0 {
			var names []string
			for _, f := range fields {
				names = append(names, f.Name)
			}
			r.Bad(pair.Key, Join(path, key), "unknown field; allowed are %s", strings.Join(names, ", "))
			continue
		}
		fields[i].Read(pair.Value, Join(path, key))
	}
}

// Pairs returns the keys and values of n.
func (r *Reader) Pairs(n ast.Node, path string) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	r.Bad(n, path, "fields and values are expected, such as name: main")
	return nil
}

// List reads every item of n.
func (r *Reader) List(n ast.Node, path string, item func(n ast.Node, path string)) {
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		r.Bad(n, path, "a list is expected")
		return
	}
	for i, v := range sequence.Values {
		item(v, fmt.Sprintf("%s[%d]", path, i))
	}
}

// Text reads a single value as it is written.
func (r *Reader) Text(n ast.Node, path string) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value
	}
	r.Bad(n, path, "a single value is expected")
	return ""
}

// Number reads a whole number from 1 to most.
func (r *Reader) Number(n ast.Node, path string, most int) int {
	s := r.Text(n, path)
	i, err := strconv.Atoi(s)
	if err != nil || i < 1 || i > most {
		r.Bad(n, path, "%q: allowed is a number from 1 to %d", s, most)
	}
	return i
}

// OneOf reads one of the allowed words.
func (r *Reader) OneOf(n ast.Node, path string, allowed []string) string {
	s := r.Text(n, path)
	if !slices.Contains(allowed, s) {
		r.Bad(n, path, "%q: allowed are %s", s, strings.Join(allowed, ", "))
	}
	return s
}

// Err is every problem in the order of the lines, or nil.
func (r *Reader) Err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(r.lines(r.problems), "\n"))
}

// Warnings are what Warn has noted, in the order of the lines; nil for nothing.
func (r *Reader) Warnings() []string { return r.lines(r.warnings) }

func (r *Reader) lines(list []problem) []string {
	slices.SortStableFunc(list, func(a, b problem) int { return a.line - b.line })
	var lines []string
	for _, p := range list {
		if p.path != "" {
			p.text = p.path + ": " + p.text
		}
		lines = append(lines, fmt.Sprintf("%s:%d: %s", r.File, p.line, p.text))
	}
	return lines
}

// Join returns the path of a key in the mapping at path.
func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
