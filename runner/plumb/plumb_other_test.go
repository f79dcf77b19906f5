//go:build unix && !linux

package plumb

const canSeeWriters = false
