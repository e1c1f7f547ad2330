// Package films is the input that airs the films of a folder, each as the signal of its
// name. A film is queued, made into a mezzanine and aired; a long one by its beginning first.
// A new version of a file takes over from the former, which stays on air until then.
package films
