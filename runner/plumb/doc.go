// Package plumb makes the descriptors that children are joined by: pipes,
// inputs, output files that appear whole or not at all, the readers of what
// sluice itself is to hear, and the copier of one pipe to several.
//
// A child gets descriptors in blocking mode. O_NONBLOCK belongs to the open
// file and not to the descriptor, so each function here opens its own and
// leaves the flag on nothing that a child gets. What a child gets is
// close-on-exec all the same: it is handed on by number, and to no other.
package plumb
