// Package rules checks what a proxy serves against the promises to players: the rules of
// docs/FAILURES.md, by the names that they have there, and two that only a player can
// check. All of it is pure except for the Ledger, which has a lock.
package rules
