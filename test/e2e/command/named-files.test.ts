import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { QANAT } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { OWN } from '../../support/keys.js'
import { expectRefusal } from '../../support/refusal.js'

/** Runs a program where $ETC is /etc. */
const INSIDE = 'mount --bind "$ETC" /etc && exec "$0" "$@"'

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program unshare'],
  'a tunnel called by its name',
  () => {
    const lab = groupLab()
    let etc: string
    let here: string
    let name: string
    beforeEach(() => {
      etc = join(temporaryFolder(), 'etc')
      here = temporaryFolder()
      name = `n${randomBytes(4).toString('hex')}`
      cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true })
      for (const folder of ['qanat', 'wireguard']) mkdirSync(join(etc, folder), { recursive: true })
    })

    function qanat(...args: string[]): Program {
      const env = { ...process.env, ETC: etc, RUNTIME_DIRECTORY: here }
      const command = ['--mount', 'sh', '-c', INSIDE, process.execPath, QANAT, ...args]
      return lab.near.start('unshare', command, { env, cwd: here })
    }
    const file = (port: number) => `[Interface]\nPrivateKey = ${OWN.privateKey}\nListenPort = ${port}\n`

    it('runs from /etc/wireguard, reloads, tells its status and ends, whatever the current folder has', async () => {
      writeFileSync(join(etc, `wireguard/${name}.conf`), file(5301), { mode: 0o600 })
      for (const trap of [name, `${name}.conf`, `${name}.toml`]) {
        writeFileSync(join(here, trap), `${file(5302)}PostUp = touch ${here}/trapped\n`, { mode: 0o600 })
      }
      const up = qanat('up', name)
      await up.line('listening')
      expect(up.stderr.join('\n')).toContain(':5301')
      const path = `/etc/wireguard/${name}.conf`
      const later = join(etc, `qanat/${name}.toml`)
      writeFileSync(later, '', { mode: 0o600 }) // it does not run
      expect(await qanat('reload', name).output()).toBe(`${path}: applied, with 0 peers`)
      rmSync(later)
      expect(await qanat('check', name).output()).toBe(`${path}: valid, with 0 peers`)
      expect(await qanat('status', name).output()).toContain(`${name}: ${path}, process`)
      rmSync(join(etc, `wireguard/${name}.conf`))
      await qanat('down', name).output()
      expect(await up.ending()).toEqual({ code: 0, signal: null })
    })

    it('is refused if no such file is there, with the places that were looked at', async () => {
      writeFileSync(join(here, `${name}.toml`), file(5302), { mode: 0o600 })
      const places = [`/etc/qanat/${name}.toml`, `/etc/qanat/${name}.conf`, `/etc/wireguard/${name}.conf`]
      for (const command of ['up', 'reload', 'down', 'check']) {
        await expectRefusal(qanat(command, name), [
          `Cannot find a tunnel '${name}'`,
          ...places,
          `./${name}.toml`,
        ])
      }
      await expectRefusal(qanat('status', name), [name])
    })
  },
)
