import fc from 'fast-check'
import { parse, stringify } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { TomlPositions } from '../../../src/config/toml/positions.js'

const TEXT = `# comment with = and [
top = 1

[interface] # "quoted" comment
address = [ # a list
  "10.0.0.1/24", # ]
  'fd00::1/64',
]
note = """
[peer]
x = 1 \\""" """
raw = '''
y = ' ''
'''
tls.pin = "a\\"b" # dotted
'quoted key' = { a = 1, b = ["x", "y"] }

[[peer]]
name = "a"
[[peer]]
  name = "b"
  [peer.inner]
  z = 1979-05-27T07:32:00Z
`

describe('TomlPositions', () => {
  const positions = new TomlPositions(TEXT)

  it.each([
    [['top'], 2],
    [['interface'], 4],
    [['interface', 'address'], 5],
    [['interface', 'address', 1], 7],
    [['interface', 'note'], 9],
    [['interface', 'raw'], 12],
    [['interface', 'tls', 'pin'], 15],
    [['interface', 'quoted key', 'b', 1], 16],
    [['peer', 0, 'name'], 19],
    [['peer', 1], 20],
    [['peer', 1, 'name'], 21],
    [['peer', 1, 'inner', 'z'], 23],
  ] as const)('finds %j in line %i', (path, line) => {
    expect(parse(TEXT)).toBeDefined()
    expect(positions.lines.lineOf(path)).toBe(line)
  })

  it('names the nearest thing around what is missing', () => {
    expect(positions.lines.lineOf(['peer', 1, 'public-key'])).toBe(20)
    expect(positions.lines.lineOf(['nothing'])).toBeUndefined()
  })

  it('finds every key of any table that smol-toml writes', () => {
    const name = fc.stringMatching(/^[a-z-]{1,8}$/)
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { minLength: 1 }))
    const table = fc.dictionary(name, leaf, { minKeys: 1 })
    const file = fc.dictionary(name, fc.oneof(leaf, table, fc.array(table, { minLength: 1 })), { minKeys: 1 })
    fc.assert(
      fc.property(file, (value) => {
        const text = stringify(value)
        const lines = text.split('\n')
        const found = new TomlPositions(text)
        for (const path of pathsOf(value)) {
          const key = path.findLast((step) => typeof step === 'string')!
          const line = found.lines.lineOf(path)
          expect(line, `${JSON.stringify(path)} in ${text}`).toBeDefined()
          expect(lines[line! - 1]).toContain(key)
        }
      }),
    )
  })

  it('ends whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'[]{}="\'\\#\n\r ,.a1') }), (text) => {
        expect(new TomlPositions(text).lines.lineOf([])).toBeUndefined()
      }),
      { numRuns: 2_000 },
    )
  })
})

/** All paths to keys and their items. */
function pathsOf(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return path.length === 0 ? [] : [[...path]]
  const below = Array.isArray(value)
    ? value.flatMap((item, index) => (typeof item === 'object' ? pathsOf(item, [...path, index]) : []))
    : Object.entries(value).flatMap(([name, held]) => pathsOf(held, [...path, name]))
  return path.length === 0 ? below : [[...path], ...below]
}
