import { randomBytes } from 'node:crypto'
import { chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { QANAT } from '../../lab/lab.js'
import type { Program } from '../../lab/program.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { generatePrivateKey, generateSharedKey, publicKeyOf } from '../../src/ciphers/keys/keys.js'
import { UAPI_FOLDER } from '../../src/control/uapi/socket-place.js'
import { groupLab } from '../support/e2e/labs/group-lab.js'
import { logOf } from '../support/e2e/log.js'
import { describeWhere } from '../support/e2e/requirements.js'
import { eventually } from '../support/eventually.js'

const NOBODY = 65_534

describeWhere(['root', '/dev/net/tun', 'program ip', 'program wg', 'program wg-quick'], 'SaveConfig', () => {
  const lab = groupLab()
  const [first, second] = [1, 2].map(() => publicKeyOf(generatePrivateKey())) as [string, string]
  let folder: string
  let name: string
  let file: string
  let text: string
  beforeEach(() => {
    folder = temporaryFolder()
    mkdirSync(UAPI_FOLDER, { recursive: true })
    name = `q${randomBytes(4).toString('hex')}`
    file = join(folder, `${name}.conf`)
    text = `# mine
[Interface]
PrivateKey = ${generatePrivateKey()}
ListenPort = 5199
Address = 10.7.0.1/24
PostUp = true
SaveConfig = true
[Peer]
PublicKey = ${first}
AllowedIPs = 10.7.0.2/32
Endpoint = localhost:5198
`
    writeFileSync(file, text, { mode: 0o644 })
  })
  afterEach(() => rmSync(join(UAPI_FOLDER, `${name}.sock`), { force: true }))

  it('writes at the end what wg set, as wg-quick does, for the owner alone, and says that comments are lost', async () => {
    const tunnel = await up()
    const secret = join(folder, 'secret')
    writeFileSync(secret, `${generateSharedKey()}\n`, { mode: 0o600 })
    await wg('set', name, 'peer', second, 'allowed-ips', '10.7.0.3/32,10.8.0.0/16', 'preshared-key', secret)
    await wg('set', name, 'peer', second, 'endpoint', '192.0.2.3:3', 'persistent-keepalive', '7')
    await wg('set', name, 'peer', first, 'remove')
    const shown = await wg('showconf', name)
    await end(tunnel)
    const saved = readFileSync(file, 'utf8')
    expect(saved).toMatch(
      /^\[Interface\]\n.*Address = 10\.7\.0\.1\/24\n.*PostUp = true\nSaveConfig = true\n/s,
    )
    expect(linesOf(await lab.near.run('wg-quick', 'strip', file))).toEqual(linesOf(shown))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(logOf(tunnel)).toContainEqual(
      expect.objectContaining({ message: 'saved the configuration without its comments', file }),
    )
    await end(await up()) // it is right, and nothing changed
    expect(readFileSync(file, 'utf8')).toBe(saved)
  })

  it('leaves the file as it is if nothing was set, or another user could write it', async () => {
    await end(await up())
    expect(readFileSync(file, 'utf8')).toBe(text)
    writeFileSync(file, text.replace('PostUp = true\n', ''))
    chownSync(file, NOBODY, NOBODY)
    const theirs = readFileSync(file, 'utf8')
    const tunnel = await up()
    await wg('set', name, 'peer', first, 'remove')
    await end(tunnel)
    expect(readFileSync(file, 'utf8')).toBe(theirs)
    expect(logOf(tunnel)).toContainEqual(
      expect.objectContaining({
        message: 'cannot save the configuration',
        why: `another user may write ${file}`,
      }),
    )
  })

  async function up(): Promise<Program> {
    const env = { ...process.env, RUNTIME_DIRECTORY: folder }
    const start = (...args: string[]) => lab.near.start(process.execPath, [QANAT, ...args, file], { env })
    const tunnel = start('up', '--allow-readable-keys')
    await tunnel.line('listening')
    const runs = async () => (await start('status', '--json').ending()).code === 0
    await eventually('its start is over', runs, true)
    return tunnel
  }

  async function end(tunnel: Program): Promise<void> {
    tunnel.kill('SIGTERM')
    expect(await tunnel.ending()).toEqual({ code: 0, signal: null })
  }

  const wg = (...args: readonly string[]) => lab.near.run('wg', ...args)
  const linesOf = (config: string) =>
    config
      .split('\n')
      .filter((line) => line !== '')
      .sort()
})
