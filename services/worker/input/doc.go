// Package input is where pictures come from. Each kind of input is a package below it,
// which finds signals and has a Source for each:
//
//   - folder: the films of the input folder. The transcoder makes a mezzanine of each,
//     which is the Source.
//
// A new kind is another package here and a line in the worker's table of inputs.
package input
