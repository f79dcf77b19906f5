package validate

import (
	"regexp"
	"slices"
	"strings"

	"sluice/spec"
)

// What is committed is no secret any more. These rules know the forms of
// well-known tokens, and names that say what their value is.

// leastSecret is how many characters a value has to be taken for a secret:
// fewer are a placeholder.
const leastSecret = 6

// tokenForm is what the tokens of one kind look like. Most texts have none of
// the marks, and then no pattern is even compiled.
type tokenForm struct {
	kind    string
	mark    string // every one has it
	pattern string
}

func tokenForms() []tokenForm {
	return []tokenForm{
		{"a private key", "-----BEGIN ", `-----BEGIN [A-Z ]*PRIVATE KEY`},
		{"an access key of AWS", "AKIA", `\bAKIA[0-9A-Z]{16}\b`},
		{"a token of GitHub", "gh", `\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})`},
		{"a token of GitLab", "glpat-", `\bglpat-[A-Za-z0-9_-]{20,}`},
		{"a token of Slack", "xox", `\bxox[abprs]-[A-Za-z0-9-]{10,}`},
		{"an API key of Google", "AIza", `\bAIza[0-9A-Za-z_-]{35}\b`},
		{"a key of Stripe", "sk_live_", `\bsk_live_[0-9A-Za-z]{16,}`},
		{"a token of npm", "npm_", `\bnpm_[A-Za-z0-9]{36}\b`},
		{"a JSON Web Token", "eyJ", `\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}`},
	}
}

// tokenIn is what kind of token stands in text, or "".
func tokenIn(text string) (kind string) {
	if len(text) < leastToken {
		return ""
	}
	for _, form := range tokenForms() {
		if strings.Contains(text, form.mark) && regexp.MustCompile(form.pattern).MatchString(text) {
			return form.kind
		}
	}
	return ""
}

// leastToken is how many bytes the shortest of them has.
const leastToken = 15

var (
	secretValue = lazyRegexp(`(?i)(?:^|[^A-Za-z])(?:password|passwd|secret|token|api[_-]?key)=([^\s"'&;]+)`)
	urlPassword = lazyRegexp(`[a-z][a-z0-9+.-]*://[^/\s:@]*:([^/\s:@]+)@`)
)

const secretHint = "let the caller have it in the environment and name it in pass_env; change it if it was ever real"

// secret judges a text of a job file: an element, a value, what a program
// reads.
func (c *check) secret(t spec.Template) {
	for _, p := range t.Parts {
		if kind := tokenIn(p.Text); kind != "" {
			c.at("SL504", t.String, "this has the form of "+kind, secretHint)
			return
		}
	}
	text := t.Masked()
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
	if isSecretName(e.Key.Value) && len(v.Refs()) == 0 && len(v.Value) >= leastSecret && tokenIn(v.Value) == "" {
		c.at("SL504", v.String, e.Key.Value+" has its value in the file", secretHint)
		return
	}
	c.secret(v)
}
