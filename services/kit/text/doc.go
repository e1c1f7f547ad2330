// Package text makes foreign text safe to show: without control sequences and secrets, and
// short. It also words errors for an operator.
package text
