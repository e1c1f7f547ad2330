// Package rules holds what is served against what is never broken towards a player: the
// rules of docs/FAILURES.md, by the names they have there, and two that only a player
// can check. All of it is pure but for the Ledger, which has a lock.
package rules
