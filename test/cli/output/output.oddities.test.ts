import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { QANAT } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'

const PLUGIN = `export default {
  api: 1,
  name: 'odd',
  packetHooks: { odd: { summary: 'odd', see: 'packets', create: () => ({}) } },
}`

const MEANT =
  "its packet hook 'odd' has the member 'see', which this version of Qanat does not know; did you mean 'sees'?"

it('check and plugins tell of members of a plugin that are not known', async () => {
  const folder = temporaryFolder()
  const plugin = join(folder, 'odd.mjs')
  const file = join(folder, 'tunnel.toml')
  writeFileSync(plugin, PLUGIN)
  const key = Buffer.alloc(32, 7).toString('hex')
  writeFileSync(
    file,
    `[interface]\nkey = "${key}"\naddress = ["10.0.0.1/24"]\nplugins = ["./odd.mjs"]\n[[peer]]\nendpoints = ["udp://192.0.2.1:1"]\n`,
    { mode: 0o600 },
  )
  const checked = new Program(process.execPath, [QANAT, 'check', file])
  expect(await checked.line(MEANT)).toContain(`Plugin '${plugin}'`)
  expect(await checked.output()).toContain('valid')
  const listed = new Program(process.execPath, [QANAT, 'plugins', '--plugin', plugin])
  expect(await listed.line(MEANT)).toContain(plugin)
  expect(await listed.output()).toContain('odd')
})
