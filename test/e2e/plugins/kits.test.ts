import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { QANAT } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'
import { describeWhere, type Requirement } from '../../support/e2e/requirements.js'

const PLUGINS = join(import.meta.dirname, '../../../plugins')
/** Milliseconds for all cases of a kit, whose programs begin anew for each, on a busy machine. */
const TIMEOUT = 120_000
/** What kits need of the machine. */
const NEEDS: Readonly<Record<string, readonly Requirement[]>> = {
  'cipher-xchacha20': [],
  'packets-filter': [],
  'packets-rate': [],
  'rot13-cipher': [],
  'transport-nats': ['program nats-server', 'program openssl'],
  'transport-pt': ['program obfs4proxy', 'program python3', 'program setpriv'],
  'unix-transport': [],
}

describeWhere([], 'the kits of plugins', () => {
  it('are those of all plugins that there are', () => {
    const folders = readdirSync(PLUGINS, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(folders.map(({ name }) => name).toSorted()).toEqual(Object.keys(NEEDS))
  })
})

for (const [name, needs] of Object.entries(NEEDS)) {
  describeWhere(needs, `the kit of ${name}`, () => {
    it(
      'finds every promise kept',
      async () => {
        const test = new Program(process.execPath, [QANAT, 'plugin', 'test', join(PLUGINS, name, 'index.js')])
        await test.ending(TIMEOUT)
        expect(test.stdout.filter((line) => !line.startsWith('kept  ')).join('\n')).toMatch(
          /^(\d{2}) of \1 promises are kept; the seed was \d+$/,
        )
      },
      TIMEOUT,
    )
  })
}
