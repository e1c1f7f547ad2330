// Package layouts says which processes run and how the screen shows them: the catalogue
// of services and their roles, the YAML files (the built-in ones are embedded), their
// parser, and the geometry of a screen.
package layouts
