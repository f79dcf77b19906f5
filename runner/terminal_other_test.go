//go:build !linux

package runner

func platformPrograms() map[string]func([]string) int { return nil }
