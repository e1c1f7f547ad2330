// Package viewer plays every signal without a screen and verifies every byte and number:
// what the audience sees, and whether it should have.
package viewer
