# What is asked before a change is taken.
test:
    scripts/test

# The same, with the slow tests, the mutants and the dependency rules.
long:
    scripts/test --long

# Talk to a brand: `just chat pizza`.
chat *arguments:
    cargo run --quiet -- chat {{arguments}}

# What the build server runs.
ci:
    .ci/run
