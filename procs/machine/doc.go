// Package machine is the life of one supervised process as a value: its states, what an
// operator can ask of it, and Reduce, which takes an event and returns the next machine
// with the effects to carry out. It starts nothing and reads no clock.
package machine
