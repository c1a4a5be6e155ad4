/** What a new plan begins with: it passes the check, and shows rules and tests. */
export const firstText = `version: 1

# The first rule whose match holds decides. Ctrl-Space says what may come at a place.
rules:
  - name: example
    match: { called: example }
    action: echo

# Calls, and what must come of them. A plan whose tests fail can't be published.
tests:
  - name: the example is an echo test
    call: { called: example }
    expect: { rule: example, action: echo }
`;
