// Package webhook tells other programs what an operator would want to be woken for: it POSTs
// alerts to addresses that the operator has set. What is an alert is a table of conditions,
// each a look at the platform's snapshot. Each address has a queue of its own, so that a
// receiver that hangs or is gone holds up nothing: alerts wait, and are tried again.
package webhook
