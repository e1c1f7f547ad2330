// Package signals is the contract between the layout file, where an operator describes live
// signals, and the receiver, which takes them in. The supervisor passes it on as JSON in the
// setting SIGNALS.
package signals
