// Package input is where pictures come from. Each kind of input is a package below it with
// an Input, which finds signals and airs a Source for each:
//
//   - films: the films of the input folder. The transcoder makes a mezzanine of each,
//     which is the Source.
//
// A new kind is another package here and a line in the worker's table, inputs.go.
package input
