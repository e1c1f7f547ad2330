// Package viewer plays every signal without a screen and verifies every byte and number. It
// reports what the audience sees, and whether that breaks a rule.
package viewer
