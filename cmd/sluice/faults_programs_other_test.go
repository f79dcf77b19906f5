//go:build !linux

package main

// faultPrograms are for faults that only Linux can be made to have.
func faultPrograms() map[string]func() { return nil }
