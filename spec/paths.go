package spec

import (
	"slices"
	"strings"
)

// IsObeyed reports whether programs execute or obey the file called name: what is
// written there does more than stand there.
func IsObeyed(name string) bool {
	parts := strings.Split(name, "/")
	base := parts[len(parts)-1]
	if slices.Contains(parts, ".ssh") || slices.Contains(parts[:len(parts)-1], ".git") {
		return true
	}
	switch base {
	case ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".profile", ".zshrc", ".zshenv", ".zprofile", ".kshrc", ".login", ".cshrc",
		".gitconfig", ".netrc", ".npmrc", ".pypirc", "authorized_keys", "crontab":
		return true
	}
	return false
}
