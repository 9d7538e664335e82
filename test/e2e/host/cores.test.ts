import { spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { QANAT } from '../../../lab/lab.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const KEY = '5ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4'
/** Lets whoever is started have cores of any size, in the current folder. */
const WITH_CORES = ['-c', 'ulimit -c unlimited && exec "$0" "$@"']
const PATTERN = '/proc/sys/kernel/core_pattern'

/** A folder that anybody can write a core into. */
function openFolder(): string {
  const folder = temporaryFolder()
  chmodSync(folder, 0o777)
  return folder
}

/** Whether cores are written where this test finds them. */
function findsCores(): boolean {
  const folder = openFolder()
  spawnSync('sh', [...WITH_CORES, 'sh', '-c', 'kill -ABRT $$'], { cwd: folder })
  return readdirSync(folder).length > 0
}

describeWhere(['root', 'koffi', '/dev/net/tun', 'program ip'], 'a tunnel that dies by SIGABRT', () => {
  const lab = groupLab()

  it.skipIf(!findsCores()).each([
    ['as root', [], 'listening'],
    ['without root', ['--user', 'nobody'], 'dropped root'],
  ])(
    `leaves no core with its key behind, %s (cores go to ${readFileSync(PATTERN, 'utf8').trim()})`,
    async (_how, user, line) => {
      const cwd = openFolder()
      const command = [process.execPath, QANAT, '10.0.0.1', '10.0.0.2', ...user]
      const env = { ...process.env, QANAT_KEY: KEY, RUNTIME_DIRECTORY: join(cwd, 'run') }
      const tunnel = lab.near.start('sh', [...WITH_CORES, ...command], { cwd, env })
      await tunnel.line(line)
      tunnel.kill('SIGABRT')
      expect(await tunnel.ending()).toEqual({ code: null, signal: 'SIGABRT' })
      expect(readdirSync(cwd).filter((name) => name.startsWith('core'))).toEqual([])
    },
  )
})
