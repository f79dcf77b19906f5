package validate

import (
	"slices"
	"strings"

	"sluice/spec"
)

// What is committed is no secret any more. These rules know the forms of
// well-known tokens, and names that say what their value is.

// leastSecret is how many characters a value has to be taken for a secret:
// fewer are a placeholder.
const leastSecret = 6

var tokenSyntax = lazyRegexp(`-----BEGIN [A-Z ]*PRIVATE KEY` +
	`|\bAKIA[0-9A-Z]{16}\b` +
	`|\bgh[pousr]_[A-Za-z0-9]{36,}` +
	`|\bgithub_pat_[A-Za-z0-9_]{40,}` +
	`|\bglpat-[A-Za-z0-9_-]{20,}` +
	`|\bxox[abprs]-[A-Za-z0-9-]{10,}` +
	`|\bAIza[0-9A-Za-z_-]{35}\b` +
	`|\bsk_live_[0-9A-Za-z]{16,}` +
	`|\bnpm_[A-Za-z0-9]{36}\b` +
	`|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}`)

// tokenKind is what a text that begins so is called.
func tokenKind(text string) string {
	switch {
	case strings.HasPrefix(text, "-----"):
		return "a private key"
	case strings.HasPrefix(text, "AKIA"):
		return "an access key of AWS"
	case strings.HasPrefix(text, "gh"), strings.HasPrefix(text, "gith"):
		return "a token of GitHub"
	case strings.HasPrefix(text, "glpat"):
		return "a token of GitLab"
	case strings.HasPrefix(text, "xox"):
		return "a token of Slack"
	case strings.HasPrefix(text, "AIza"):
		return "an API key of Google"
	case strings.HasPrefix(text, "sk_"):
		return "a key of Stripe"
	case strings.HasPrefix(text, "npm_"):
		return "a token of npm"
	}
	return "a JSON Web Token"
}

var (
	secretValue = lazyRegexp(`(?i)(?:^|[^A-Za-z])(?:password|passwd|secret|token|api[_-]?key)=([^\s"'&;]+)`)
	urlPassword = lazyRegexp(`[a-z][a-z0-9+.-]*://[^/\s:@]*:([^/\s:@]+)@`)
)

const secretHint = "let the caller have it in the environment and name it in pass_env; change it if it was ever real"

// secret judges a text of a job file: an element, a value, what a program
// reads. Most have none of the signs, and then no pattern is even compiled.
func (c *check) secret(t spec.Template) {
	text := t.Masked()
	if at := tokenIn(text); at >= 0 {
		c.at("SL504", t.String, "this has the form of "+tokenKind(text[at:]), secretHint)
		return
	}
	if hasAny(text, "=") && hasSecretWord(text) {
		if m := secretValue().FindStringSubmatchIndex(text); m != nil && m[3]-m[2] >= leastSecret && literalAt(t, m[2]) {
			c.at("SL504", t.String, "a secret stands in the text itself", secretHint)
			return
		}
	}
	if hasAny(text, "://") && hasAny(text, "@") {
		if m := urlPassword().FindStringSubmatchIndex(text); m != nil && literalAt(t, m[2]) {
			c.at("SL504", t.String, "a password stands in this URL", secretHint)
		}
	}
}

// tokenIn is where a token begins in text, or -1.
func tokenIn(text string) int {
	if !hasAny(text, "-----BEGIN ", "AKIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "AIza", "sk_live_", "npm_", "eyJ") {
		return -1
	}
	if m := tokenSyntax().FindStringIndex(text); m != nil {
		return m[0]
	}
	return -1
}

func hasAny(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(text, p) })
}

// hasSecretWord reports whether text has a word for a secret in it.
func hasSecretWord(text string) bool {
	return hasAny(strings.ToLower(text), "password", "passwd", "secret", "token", "apikey", "api_key", "api-key")
}

// isSecretName reports whether a variable called name holds a secret.
func isSecretName(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"password", "passwd", "secret", "token", "apikey", "api_key", "privatekey", "private_key"}, func(end string) bool {
		before, ok := strings.CutSuffix(name, end)
		return ok && (before == "" || before[len(before)-1] == '_')
	})
}

// literalAt reports whether the byte at index at of t, masked, was written as
// it stands: no reference covers it.
func literalAt(t spec.Template, at int) bool {
	off := 0
	for _, p := range t.Parts {
		length := len(p.Text)
		if p.Ref != nil {
			length = len([]rune(p.Ref.Text))
		}
		if at < off+length {
			return p.Ref == nil
		}
		off += length
	}
	return true
}

// secretEnv judges the value of an environment variable by its name, too.
func (c *check) secretEnv(e spec.Entry[spec.Template]) {
	v := e.Value
	if isSecretName(e.Key.Value) && len(v.Refs()) == 0 && len(v.Value) >= leastSecret && tokenIn(v.Value) < 0 {
		c.at("SL504", v.String, e.Key.Value+" has its value in the file", secretHint)
		return
	}
	c.secret(v)
}
