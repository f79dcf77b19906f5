# What one does with this repository. Everything works without just, too.

default:
    @just --list

# Run a job file: just run jobs/words.yaml -p top=3
run *args:
    go run ./cmd/sluice run {{args}}

# All tests
test *args:
    go test ./... {{args}}

# Formatting and static checks
lint:
    test -z "$(gofmt -l $(git ls-files '*.go'))"
    go vet ./...
    go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

# What takes long: more crashes, and 20,000 jobs in one run
soak:
    SLUICE_LONG=1 go test -v -run 'TestSoak|TestF22' ./cmd/sluice

# Speed, as ratios against baselines of the same run
bench:
    go test -run '^$' -bench . -benchtime 1x ./cmd/sluice
    go test -run '^$' -bench . ./validate ./runner ./runner/proc

# What decides whether a change lands
ci:
    bash .ci/run
