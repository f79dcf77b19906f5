package spec

import (
	"regexp"
	"sync"
)

// lazyRegexp compiles pattern when it is first used: most runs use few of
// them, and compiling all would be felt at every start.
func lazyRegexp(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
