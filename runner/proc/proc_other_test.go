//go:build unix && !linux

package proc

const (
	zombiesKeepGroups = false
	umaskOfTest       = -1
)

func platformPrograms() map[string]func([]string) int { return nil }
