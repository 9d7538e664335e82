/** An example of a function or of a member, as docs/api.md has it. */
export interface Example {
  readonly name: string
  /** What exports the function; undefined of a member. */
  readonly entry: string | undefined
  readonly code: string
}

/** Headings of entries and of exports, and the blocks of code below them. */
const PARTS = /^## (?<entry>\S+)\n|^#### (?<name>\w+)\n|^```ts\n(?<code>.*?)^```/gms
/** The example in the comment before a member, whose name comes next. */
const OF_MEMBER = / \* @example\n(?<lines>(?: +\* .*\n)+?) +\*\/\n +(?<name>\w+)\(/g

/** All examples of the page: the second block below a name is one, and so is what a comment in a declaration has. */
export function examplesIn(page: string): Example[] {
  const examples: Example[] = []
  let entry: string | undefined
  let name: string | undefined
  let blocks = 0
  for (const { groups = {} } of page.matchAll(PARTS)) {
    const { code } = groups
    if (groups.entry !== undefined) entry = groups.entry
    if (groups.name !== undefined) [name, blocks] = [groups.name, 0]
    if (code === undefined || name === undefined) continue
    if (++blocks === 2) examples.push({ name, entry, code })
    else examples.push(...ofMembers(code, name))
  }
  return examples
}

function ofMembers(declaration: string, of: string): Example[] {
  return [...declaration.matchAll(OF_MEMBER)].map(({ groups }) => ({
    name: `${of}.${groups!.name}`,
    entry: undefined,
    code: groups!.lines!.replace(/^ +\* /gm, ''),
  }))
}
