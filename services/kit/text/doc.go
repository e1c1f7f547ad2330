// Package text makes foreign text fit to be shown: cleaned of control sequences, short,
// without secrets, and errors in an operator's words.
package text
