module sluice

go 1.26

require (
	github.com/bmatcuk/doublestar/v4 v4.10.4
	github.com/go-playground/validator/v10 v10.30.6
	github.com/hashicorp/go-multierror v1.1.1
	github.com/lmittmann/tint v1.2.1
	github.com/mattn/go-runewidth v0.0.31
	github.com/mattn/go-shellwords v1.0.16
	github.com/rogpeppe/go-internal v1.16.0
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.2
	github.com/spf13/cobra v1.10.2
	golang.org/x/sys v0.49.0
	gopkg.in/yaml.v3 v3.0.1
	mvdan.cc/sh/v3 v3.14.1
)
