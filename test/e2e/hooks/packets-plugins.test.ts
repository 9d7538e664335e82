import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { INNER, REACHED } from '../../../lab/lab.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { generateSharedKey } from '../../../src/ciphers/keys/keys.js'
import { lossOf, XOR } from '../../support/e2e/connect.js'
import { copy } from '../../support/e2e/labs/copy.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const [NEAR, FAR] = INNER.ipv4
const PINGS = 3
const COPIED = 20_000_000

/** The options that give an end one of the plugins. */
function plugin(name: string, setting: string): string[] {
  const path = join(import.meta.dirname, `../../../plugins/${name}/index.js`)
  return ['--plugin', path, '--hook', name, '--set', `${name}.${setting}`]
}

describeWhere(['root', '/dev/net/tun', 'program ip', 'program ping'], 'the plugins with packet hooks', () => {
  const lab = groupLab()

  it('let pass what an end begins and what a rule allows, fragments too, and no more than a rate, also after kill −9', async () => {
    const filter = plugin('packets-filter', 'rules=allow out,allow in tcp port 8000')
    const rate = plugin('packets-rate', 'rates=in 200Mbit burst 64KiB')
    const start = () => lab.near.qanat('-p', lab.far.ipv4, NEAR, FAR, ...XOR, ...filter)
    const far = lab.far.qanat('-p', lab.near.ipv4, FAR, NEAR, ...XOR, ...rate)
    const first = start()
    await Promise.all([first, far].map((end) => end.line(REACHED)))
    expect(await lossOf(lab.near, FAR, PINGS)).toBe('0%')
    const quick = ['-n', '-q', '-c', '3', '-i', '0.01']
    await lab.near.run('ping', ...quick, '-w', '10', '-s', '8000', FAR)
    const unasked = lab.far.start('ping', [...quick, '-W', '1', NEAR])
    await unasked.ending()
    expect(unasked.stdout.join()).toContain(' 100% packet loss')
    await copy(lab.far, lab.near, FAR, COPIED)
    await copy(lab.near, lab.far, NEAR, COPIED)
    first.kill('SIGKILL')
    await first.ending()
    const second = start()
    await second.line(REACHED)
    expect(await lossOf(lab.near, FAR, PINGS)).toBe('0%')
    for (const end of [second, far]) end.kill('SIGTERM')
    await Promise.all([second.ending(), far.ending()])
    const dropped = { 'hooks.packets-rate.exceeded': expect.any(Number) }
    expect(logOf(far).find(({ message }) => message === 'tunnel carried')).toMatchObject({ dropped })
  })

  it('have their rules checked with the file that they stand in', async () => {
    const file = join(temporaryFolder(), 'wrong.toml')
    const [, module, , name] = plugin('packets-filter', '')
    writeFileSync(
      file,
      `interface = { key = "${generateSharedKey()}", address = ["${NEAR}/24"], plugins = ["${module}"], hooks = ["${name}"] }
peer = [{ endpoints = ["udp://192.0.2.1:1"] }]
plugin.${name}.rules = ["allow out", "permit in"]
`,
      { mode: 0o600 },
    )
    const program = lab.near.qanat('check', file)
    expect(await program.ending()).toMatchObject({ code: 2 })
    const said = `Cannot use packet hook '${name}' of plugin '${name}': 'create' failed: Cannot read the rule 'permit in': 'permit' is neither allow nor drop`
    expect(program.stderr.join()).toContain(said)
  })
})
