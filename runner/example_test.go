package runner_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"sluice/runner"
	"sluice/runner/plan"
	"sluice/runner/report"
	"sluice/spec"
	"sluice/spec/diag"
	"sluice/validate"
)

// A job file is read and checked, becomes a plan, and is run. Problems of the
// file are no Go errors: they are printed with their places.
func Example() {
	name := filepath.Join(os.TempDir(), "job.yaml")
	text := []byte("version: 1\njobs:\n  greet: {run: echo hello}\n")
	file, problems := validate.Parse(name, text, spec.DefaultLimits())
	if file != nil && !problems.Invalid(false) {
		var p *plan.Plan
		if p, problems = plan.Build(file, plan.Inputs{Dir: os.TempDir(), Env: os.Environ()}); p != nil {
			result, err := runner.Run(context.Background(), p, runner.Options{Stdout: os.Stdout, Stderr: os.Stderr, Direct: true})
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println(result.Status == report.Succeeded, len(result.Jobs))
		}
	}
	problems.Print(os.Stdout, func(string) []byte { return text }, diag.Style{})
	// Output:
	// hello
	// true 1
}
