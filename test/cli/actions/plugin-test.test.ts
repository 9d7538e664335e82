import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it } from 'vitest'
import { QANAT } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { expectRefusal } from '../../support/refusal.js'

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
})

function qanat(...args: string[]): Program {
  return new Program(process.execPath, [QANAT, ...args], { cwd: folder })
}

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text)
}

/** A plugin with one hook, whose function for outgoing packets has such a body. */
function writeHook(body: string): void {
  const hook = `{ summary: '', create: () => ({ outgoing(packets) { ${body} } }) }`
  write('x.js', `export default { api: 1, name: 'mine', packetHooks: { tested: ${hook} } }`)
  write('x.kit.js', 'export default { packetHooks: { tested: { setup: () => ({}) } } }')
}

describe('qanat plugin test', () => {
  it('ends well if every promise is kept, and tells the seed', async () => {
    writeHook('')
    const test = qanat('plugin', 'test', './x.js', '--seed', '4711')
    expect(await test.output()).toMatch(/\n(\d+) of \1 promises are kept; the seed was 4711$/)
  })

  it('tells what is promised and not kept, what was found, and where to read of it', async () => {
    writeHook('return Promise.resolve()')
    const test = qanat('plugin', 'test', './x.js', '--json')
    expect(await test.ending()).toEqual({ code: 1, signal: null })
    const { broken, seed, cases } = JSON.parse(test.stdout.join('\n'))
    expect([broken, Number.isInteger(seed)]).toEqual([1, true])
    const [found] = cases.filter(({ kept }: { kept: boolean }) => !kept)
    expect(found).toMatchObject({
      name: 'packet hook tested: answers at once, by packets or nothing',
      promise: 'A hook returns nothing, or an object with `packets`, `replies` or both; never a promise.',
      found: "'outgoing' returned a promise",
    })
    const [page, heading] = found.link.split('#')
    const headings = [...readFileSync(fileURLToPath(page), 'utf8').matchAll(/^## (.*)$/gm)]
    expect(headings.map(([, text]) => text!.toLowerCase().replaceAll(' ', '-'))).toContain(heading)
  })

  it('finds what is thrown when nobody called, and goes on', async () => {
    writeHook("if (packets.length > 30) setImmediate(() => { throw new Error('too late') })")
    const test = qanat('plugin', 'test', './x.js')
    expect(await test.ending()).toEqual({ code: 1, signal: null })
    expect(test.stdout.join('\n')).toContain('what nobody called threw: too late')
    expect(test.stdout.at(-1)).toMatch(/^\d+ of \d+ promises are kept; the seed was \d+$/)
  })

  it('takes a kit that is named after the plugin, or given', async () => {
    writeHook('')
    write('mine.kit.js', "export { default } from './x.kit.js'")
    write('other.kit.js', 'export default { packetHooks: { none: {} } }')
    write('y.js', "export { default } from './x.js'")
    expect(await qanat('plugin', 'test', './y.js').output()).toMatch(/\n(\d+) of \1 promises are kept/)
    await expectRefusal(qanat('plugin', 'test', './x.js', '--kit', './other.kit.js'), [
      "Cannot test plugin 'mine'",
      "about the packet hook 'none', which the plugin does not offer",
    ])
    write('empty.kit.js', 'export default {}')
    await expectRefusal(qanat('plugin', 'test', './x.js', '--kit', './empty.kit.js'), [
      "Cannot test plugin 'mine'",
      "its kit names none of its parts, so that nothing is tested; there is the packet hook 'tested'",
    ])
  })

  it.each([
    [['./none.js'], ["Cannot test './none.js'", 'no such file']],
    [['./alone.js'], ['there is no kit at', 'alone.kit.js or', 'alone-plugin.kit.js']],
    [['./broken.js'], ["Cannot test './broken.js': 'import' failed: ", 'broken.js:2: Unexpected']],
    [['./nothing.js'], ['Cannot use plugin', "neither 'default'"]],
    [
      ['./alone.js', '--seed', '-1'],
      ['Cannot read --seed', '0 to 4294967295'],
    ],
    [[], ['missing required argument', 'path|package']],
  ])('refuses %j in one line', async (args, says) => {
    const cipher = "{ none: { summary: '', create() {} } }"
    write('alone.js', `export default { api: 1, name: 'alone-plugin', ciphers: ${cipher} }`)
    write('nothing.js', 'export {}')
    write('broken.js', '\nexport {')
    write('nothing.kit.js', 'export default {}')
    await expectRefusal(qanat('plugin', 'test', ...args), says)
  })
})
