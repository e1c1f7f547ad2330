// Package document reads a file of YAML that people write. Its errors name the file, the
// line, the field, the value and what is allowed.
package document
