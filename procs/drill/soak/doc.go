// Package soak injects random faults at random moments, several at once. A seed alone
// decides what happens when.
package soak
